from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slo_world import CONTEXT, EVERY_KIND, GUARD, HTTP, NATIVE, compiled, rules_of, slo, together

from alertkit.compiler.slos.compile import compile_slo, inhibit_rule
from alertkit.compiler.slos.parts import SloContext
from alertkit.compiler.writing import render
from alertkit.errors import IsolationError
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.slo import EventsErrors, Slo, Tier
from alertkit.routing import inhibition
from alertkit.tools import promtool

EVERY = [*EVERY_KIND, NATIVE]


def alerts(one: Slo) -> dict[str, AlertingRule]:
    found = rules_of(compile_slo(one, CONTEXT).rules)
    return {rule.labels["tier"]: rule for rule in found if isinstance(rule, AlertingRule)}


def records(one: Slo) -> dict[str, RecordingRule]:
    return {rule.record: rule for rule in rules_of(compile_slo(one, CONTEXT).rules) if isinstance(rule, RecordingRule)}


def test_a_page_needs_the_long_and_the_short_window_above_an_exact_threshold() -> None:
    assert alerts(slo("a", HTTP))["page-1h"].expr == (
        '2592 / (slo:errors_per_events:ratio_rate1h{tenant="acme",slo="a"} > 0.0144)\n'
        "and\n"
        '(slo:errors_per_events:ratio_rate5m{tenant="acme",slo="a"} > 0.0144)'
    )


def test_too_little_traffic_never_pages() -> None:
    expr = alerts(slo("a", HTTP, min_rate=Decimal("0.1")))["ticket-1d"].expr
    assert expr.endswith('and\n(avg_over_time(slo:events:rate5m{tenant="acme",slo="a"}[1d]) >= 0.1)')


def test_long_windows_divide_sums_and_never_average_ratios() -> None:
    found = records(slo("a", HTTP))
    assert found["slo:errors_per_events:ratio_rate3d"].expr == (
        'sum_over_time(slo:errors:rate5m{tenant="acme",slo="a"}[3d])\n/\n'
        '(sum_over_time(slo:events:rate5m{tenant="acme",slo="a"}[3d]) > 0)'
    )
    assert not any("avg_over_time" in rule.expr for rule in found.values())


def test_windows_of_a_day_and_more_are_evaluated_more_slowly_and_the_rest_in_one_group_in_order() -> None:
    short, long = compile_slo(slo("a", HTTP), CONTEXT).rules.records
    assert (short.name, short.interval) == ("acme/slo/a", None)
    assert [rule.record for rule in short.rules if isinstance(rule, RecordingRule)] == [
        "slo:objective:ratio",
        "slo:error_budget:ratio",
        "slo:time_period:days",
        "slo:events:rate5m",
        "slo:errors:rate5m",
        *(f"slo:errors_per_events:ratio_rate{window}" for window in ("5m", "30m", "1h", "2h", "6h")),
        "slo:current_burn_rate:ratio",
    ]
    assert (long.name, long.interval) == ("acme/slo/a/long", Duration.of(minutes=3))
    assert [rule.record for rule in long.rules if isinstance(rule, RecordingRule)] == [
        *(f"slo:errors_per_events:ratio_rate{window}" for window in ("1d", "3d", "30d")),
        "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio",
    ]


def test_no_name_depends_on_whether_a_window_is_written_in_weeks() -> None:
    def parts(window: str) -> bytes:
        found = compile_slo(slo("a", HTTP, window), CONTEXT).rules
        return render.rule_file((*found.records, *found.alerts), "acme")

    assert parts("4w") == parts("28d")
    assert b"ratio_rate28d" in parts("4w")
    assert b"w" not in {name[-1:] for name in map(str.encode, records(slo("a", HTTP, "7d")))}


def test_group_by_labels_are_carried_through_every_join() -> None:
    found = records(slo("a", EventsErrors("e_total", "t_total"), group_by=("region", "zone")))
    assert found["slo:events:rate5m"].expr == 'sum by (region, zone) (rate(t_total{tenant="acme"}[5m])) >= 0'
    assert "or on (region, zone) 0 *" in found["slo:errors:rate5m"].expr


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_every_selector_of_every_rule_carries_the_tenant(one: Slo) -> None:
    for rule in rules_of(compile_slo(one, CONTEXT).rules):
        assert GUARD(rule.expr) == rule.expr
        assert list(rule.labels.items())[-1] == ("tenant", "acme")


def test_an_expression_of_another_tenant_is_refused() -> None:
    with pytest.raises(IsolationError):
        compile_slo(slo("a", EventsErrors('e_total{tenant="globex"}', "t_total")), CONTEXT)


@given(st.sampled_from(["a) or (b", "a[1h]", "a[5m]) or vector(1", "a # c", "a_total # x", "{__name__=~'.+'}", "a, b", ""]))
def test_an_authors_text_cannot_break_out_of_the_rule_that_holds_it(text: str) -> None:
    try:
        found = compile_slo(slo("a", EventsErrors(text, "t_total")), CONTEXT)
    except Exception:  # noqa: BLE001 - a refusal of any kind will do
        return
    for rule in rules_of(found.rules):
        assert GUARD(rule.expr) == rule.expr


def test_promtool_takes_the_rules_of_every_kind(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    found = together(*(one.rules for _, one in compiled(EVERY)))
    file = tmp_path / "rules.yaml"
    file.write_bytes(render.rule_file((*found.records, *found.alerts), "acme"))
    assert promtool.check_rules(file) == ""


def test_ids_are_unique_and_every_alert_has_words_in_five_languages() -> None:
    found = [compile_slo(one, CONTEXT) for one in EVERY]
    ids = [rule.id for one in found for rule in rules_of(one.rules) if isinstance(rule, AlertingRule)]
    texts = {key: text for one in found for key, text in one.texts.items()}
    assert len(set(ids)) == len(ids)
    assert set(texts) == set(ids)
    assert all(set(text.summary) == {"en", "fr", "de", "es", "it"} for text in texts.values())


def test_the_alert_says_in_plain_time_when_a_budget_is_gone() -> None:
    rule = alerts(slo("a", HTTP))["page-1h"]
    assert rule.annotations["summary"].endswith("est épuisé en {{ $value | humanizeDuration }}")
    assert (rule.annotations["alertkit_value"], rule.annotations["alertkit_unit"]) == ("{{ $value }}", "duration")


def test_an_authors_own_words_and_runbook_replace_alertkits() -> None:
    one = slo("a", HTTP, summary={"en": "Shop burns {value} {{x}}"}, description={"en": "Call us."}, runbook="https://r/{x}")
    rule = alerts(one)["page-1h"]
    assert rule.annotations["summary"] == 'Shop burns {{ $value | humanizeDuration }} {{"{"}}x}'
    assert rule.annotations["description"] == "Call us."
    assert rule.annotations["runbook_url"] == 'https://r/{{"{"}}x}'


def test_a_dashboard_is_linked_where_there_is_one() -> None:
    context = SloContext("acme", "tenant", "en", GUARD, lambda rule: f"https://grafana/{rule}")
    rule = compile_slo(slo("a", HTTP), context).rules.alerts[0].rules[0]
    assert isinstance(rule, AlertingRule)
    assert rule.annotations["dashboard_url"] == "https://grafana/slo/a/page-1h"


def test_a_tier_that_can_never_fire_is_left_out() -> None:
    assert "page-1h" not in alerts(slo("a", HTTP, objective="0.9"))


def test_absence_is_off_unless_asked_for() -> None:
    assert "absence" not in alerts(slo("a", HTTP))
    rule = alerts(slo("a", HTTP, absence=True))["absence"]
    assert (rule.alert, rule.hold, rule.labels["severity"]) == ("SLODataMissing", Duration.of(minutes=15), "warning")


def test_an_slo_without_tiers_has_records_and_no_alerts() -> None:
    found = compile_slo(slo("a", HTTP, tiers=()), CONTEXT)
    assert found.rules.alerts == ()
    assert "slo:errors_per_events:ratio_rate30d" in {r.record for r in rules_of(found.rules) if isinstance(r, RecordingRule)}


def fired(rule: AlertingRule, **labels: str) -> dict[str, str]:
    return {"alertname": rule.alert, **labels, **rule.labels}


def test_a_page_mutes_the_tickets_of_its_own_slo_group_and_tenant_alone() -> None:
    one, other = slo("a", HTTP, group_by=("region",)), slo("b", HTTP)
    mute = inhibit_rule([one, other], CONTEXT)
    assert mute is not None
    page, ticket = alerts(one)["page-1h"], alerts(one)["ticket-3d"]

    def muted(target: dict[str, str], source: dict[str, str]) -> bool:
        return bool(inhibition.inhibited_by([mute], target, [source]))

    assert muted(fired(ticket, region="eu"), fired(page, region="eu"))
    assert not muted(fired(ticket, region="eu"), fired(page, region="us"))
    assert not muted(fired(page, region="eu"), fired(ticket, region="eu"))
    assert not muted({**fired(ticket, region="eu"), "tenant": "globex"}, fired(page, region="eu"))
    assert muted(fired(alerts(other)["ticket-1d"]), fired(alerts(other)["page-6h"]))
    assert not muted(fired(alerts(other)["ticket-1d"]), fired(page, region="eu"))
    assert not muted({"alertname": "Other", "severity": "warning", "tenant": "acme"}, fired(page, region="eu"))


def test_without_pages_or_tickets_nothing_is_muted() -> None:
    assert inhibit_rule([slo("a", HTTP, "1d")], CONTEXT) is None
    assert inhibit_rule([], CONTEXT) is None


def test_the_inhibit_rule_names_the_tenant_on_both_sides() -> None:
    mute = inhibit_rule([slo("a", HTTP)], CONTEXT)
    assert mute is not None
    own = Matcher("tenant", "=", "acme")
    assert own in mute.source
    assert own in mute.target
    assert mute.equal == ("tenant", "service", "slo")


@settings(max_examples=50)
@given(
    objective=st.decimals("0.5", "0.9999", places=4),
    days=st.integers(3, 100),
    long=st.integers(60, 4_000),
    share=st.decimals("0.01", "0.5", places=2),
)
def test_the_value_of_an_alert_at_its_threshold_is_the_time_that_its_share_says(
    objective: Decimal, days: int, long: int, share: Decimal
) -> None:
    tier = Tier("page-x", "critical", Duration.of(minutes=long), Duration.of(minutes=5), share)
    one = slo("a", HTTP, f"{days}d", str(objective), tiers=(tier,))
    if one.threshold(tier) < 1 and tier.long < one.window:
        # A share burned within the long window means a whole budget within long / share.
        seconds = one.budget_seconds / one.threshold(tier)
        assert abs(seconds - tier.long.ms / (1_000 * share)) < Decimal("0.001")


def test_a_window_of_less_than_a_day_needs_no_slow_group() -> None:
    (group,) = compile_slo(slo("a", HTTP, "12h"), CONTEXT).rules.records
    assert group.rules[-1] == records(slo("a", HTTP, "12h"))["slo:period_error_budget_remaining:ratio"]
