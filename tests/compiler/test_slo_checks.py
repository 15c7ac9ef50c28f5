from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from slo_world import EVERY_KIND, HTTP, NATIVE, slo

from alertkit.compiler.slos import checks
from alertkit.compiler.slos.checks import Flaw, clashes
from alertkit.errors import Level
from alertkit.model.quantity import Duration
from alertkit.model.slo import BooleanGauge, EventsErrors, LatencyBucket, LatencyNative, RawRatio, Sli, Slo, Tier


def tier(name: str = "page-1h", long: str = "1h", short: str = "5m", share: str = "0.02") -> Tier:
    return Tier(name, "critical", Duration.parse(long), Duration.parse(short), Decimal(share))


def check(one: Slo) -> tuple[Flaw, ...]:
    return checks.check(one, "tenant")


def said(one: Slo) -> dict[tuple[str | int, ...], str]:
    return {flaw.path: flaw.message for flaw in check(one)}


@pytest.mark.parametrize("one", [*EVERY_KIND, NATIVE], ids=lambda one: one.name)
def test_a_good_slo_has_no_flaws(one: Slo) -> None:
    assert check(one) == ()


@pytest.mark.parametrize("objective", ["1", "0", "-0.5", "1.5"])
def test_an_objective_lies_between_0_and_100_percent(objective: str) -> None:
    (flaw,) = check(slo("a", HTTP, objective=objective))
    assert flaw.path == ("objective",)
    assert flaw.level is Level.ERROR
    assert "%" in flaw.message


@pytest.mark.parametrize(
    ("sli", "field", "says"),
    [
        (EventsErrors('e_total{code="5"}', ""), "total", "total is missing"),
        (EventsErrors(" ", "t_total"), "errors", "errors is missing"),
        (EventsErrors("e_total", "requests_in_flight"), "total", "seems to be no counter"),
        (EventsErrors("e_total", "job:requests:rate5m"), "total", "seems to be no counter"),
        (EventsErrors("rate(e_total[5m])", "t_total"), "errors", "neither a counter's selector nor depends on {window}"),
        (EventsErrors("e_total offset 5m", "t_total"), "errors", "neither a counter's selector"),
        (RawRatio("a / b"), "expr", "does not depend on {window}"),
        (LatencyBucket('latency_seconds{le="0.3"}', Duration.parse("300ms")), "histogram", "may not match on le"),
        (LatencyBucket('{job="x"}', Duration.parse("300ms")), "histogram", "has no name"),
        (LatencyBucket("rate(latency_seconds[{window}])", Duration.parse("1s")), "histogram", "is a selector"),
        (LatencyNative("latency_seconds", Duration(0)), "threshold", "longer than nothing"),
        (BooleanGauge("up == 1"), "gauge", "not a selector and nothing else"),
        (LatencyBucket("rate(x_bucket[5m])", Duration(300)), "histogram", "not a selector and nothing else"),
    ],
)
def test_a_wrong_sli_is_told_by_its_field(sli: Sli, field: str, says: str) -> None:
    assert says in said(slo("a", sli))["sli", field]


def test_errors_and_total_that_are_the_same_are_refused() -> None:
    assert "are the same" in said(slo("a", EventsErrors("t_total", " t_total ")))[("sli",)]


def test_what_is_not_promql_is_left_to_the_check_of_expressions() -> None:
    assert check(slo("a", EventsErrors("e_total{", "t_total"))) == ()


@pytest.mark.parametrize(
    ("wrong", "place", "says"),
    [
        (tier(long="31d"), "long", "shorter than the 31d"),
        (tier(short="1h"), "short", "not shorter than the long one"),
        (tier(short="1m"), "short", "over which rates are recorded"),
        (tier(share="0"), "share", "no share of an error budget"),
        (tier(share="1.1"), "share", "no share of an error budget"),
        (tier(name="urgent"), "name", "neither page-… nor ticket-…"),
    ],
)
def test_a_wrong_tier_is_told_by_its_number_and_field(wrong: Tier, place: str, says: str) -> None:
    assert says in said(slo("a", HTTP, tiers=(wrong,)))["tiers", 0, place]


def test_two_tiers_of_one_name_are_refused() -> None:
    assert "two tiers" in said(slo("a", HTTP, tiers=(tier(), tier())))["tiers", 1, "name"]


def test_a_tier_that_cannot_fire_is_a_warning_while_another_one_can() -> None:
    flaws = check(slo("a", HTTP, objective="0.9"))
    assert [(flaw.path, flaw.level) for flaw in flaws] == [(("tiers", 0, "share"), Level.WARNING)]
    assert "below 1.39 %" in flaws[0].hint


def test_an_slo_of_which_no_tier_can_fire_is_an_error() -> None:
    assert "no tier can ever fire" in said(slo("a", HTTP, objective="0.9", tiers=(tier(),)))[("tiers",)]


def test_a_tier_that_fires_while_the_budget_lasts_is_a_warning() -> None:
    (flaw,) = check(slo("a", HTTP, tiers=(tier(long="3d", short="6h", share="0.05"),)))
    assert (flaw.level, "at which the budget lasts" in flaw.message) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("labels", "says"),
    [(("a-b",), "no label name"), (("slo",), "set by alertkit"), (("a", "a"), "named twice"), (("__x",), "no label name")],
)
def test_wrong_labels_to_group_by_are_refused(labels: tuple[str, ...], says: str) -> None:
    assert says in said(slo("a", HTTP, group_by=labels))["group_by", len(labels) - 1]


@pytest.mark.parametrize(("sli", "rate"), [(HTTP, "0"), (RawRatio("a[{window}]"), "1")])
def test_a_least_rate_needs_events_and_a_number(sli: Sli, rate: str) -> None:
    assert ("min_rate",) in said(slo("a", sli, min_rate=Decimal(rate)))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"min_rate": Decimal(1)}, ("min_rate",)),
        ({"absence": True}, ("absence",)),
        ({"tiers": (tier(),)}, ("tiers",)),
        ({"name": "a"}, ("name",)),
    ],
)
def test_sloths_form_has_its_limits(change: dict[str, Any], place: tuple[str, ...]) -> None:
    one = msgspec.structs.replace(slo("ab", HTTP, compatibility="sloth"), **change)
    assert place in said(one)


def test_ids_that_sloth_would_join_to_the_same_are_found() -> None:
    one = slo("b-c", HTTP, compatibility="sloth")
    other = msgspec.structs.replace(one, service="shop-b", name="c")
    assert clashes([one, other, slo("b-c", HTTP)]) == ("shop-b-c",)
