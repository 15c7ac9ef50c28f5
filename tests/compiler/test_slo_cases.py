"""The cases of SLOs pass on what alertkit compiles, and fail on what is a little wrong. All against the real promtool."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from slo_world import (
    BAD_PART,
    CONTEXT,
    EVERY_KIND,
    HTTP,
    NATIVE,
    NOTHING,
    SUMS,
    compiled,
    failures,
    slo,
    together,
)

from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.rules.compile import Rules
from alertkit.model.cases import Cases
from alertkit.model.quantity import Duration
from alertkit.model.rules import Rule, RuleGroup
from alertkit.model.slo import BooleanGauge, EventsErrors, Sli, Slo, Tier


@pytest.fixture(autouse=True)
def _promtool(tool: Callable[[str], str]) -> None:
    tool("promtool")


def cases(every: list[Slo]) -> tuple[Rules, Cases]:
    found = compiled(every)
    return together(*(one.rules for _, one in found)), compile_cases(NOTHING, found, (), CONTEXT, isolated=True)


def changed(rules: Rules, change: Callable[[str], str]) -> Rules:
    def rule(one: Rule) -> Rule:
        return msgspec.structs.replace(one, expr=change(one.expr))

    def groups(every: tuple[RuleGroup, ...]) -> tuple[RuleGroup, ...]:
        return tuple(msgspec.structs.replace(group, rules=tuple(map(rule, group.rules))) for group in every)

    return Rules(groups(rules.records), groups(rules.alerts))


def test_every_kind_passes_its_cases(tmp_path: Path) -> None:
    rules, found = cases(EVERY_KIND)
    assert found.uncovered == {}
    assert failures(tmp_path, rules, found) == []


def test_every_alert_has_cases_at_its_threshold_in_each_window_and_when_it_recovers() -> None:
    _, found = cases([slo("a", HTTP)])
    probes = [probe for scene in found.files[0].scenes for probe in scene.probes]
    titles = [probe.title.partition(" (")[0] for probe in probes if probe.rule == "slo/a/page-1h"]
    assert titles == [
        "silent below its threshold",
        "silent when only the long window is above",
        "silent when only the short window is above",
        "fires when both windows are above",
        "resolved when the short window recovers",
    ]


def test_rules_that_no_case_can_reach_are_reported_and_not_faked() -> None:
    _, found = cases([NATIVE])
    assert "native histograms" in found.uncovered["slo/native/records"]
    assert "slo:events:rate5m" not in found.covered
    assert "slo/native/page-1h" in found.covered


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("> 0.0144", "> 0.0147"),
        ("> 0.0144", "> 0.0142"),
        ("ratio_rate1h{", "ratio_rate6h{"),
        ("\nand\n", "\nor\n"),
        ("2592 /", "2593 /"),
        (">= 0.1)", ">= 0.102)"),
        ('tenant="acme",', ""),
        ('slo="a"', 'slo=~"a|decoy"'),
        ("[30m])", "[35m])"),
        ("[3d])", "[71h])"),
        ("/ 0.001", "/ 0.0011"),
        ("vector(0.999)", "vector(0.99)"),
        (" > 0)", " >= 0)"),
        ("or on () 0 *", "or on () 1 *"),
        ('code=~"5.."', 'code=~"4.."'),
        ("[5m]", "[7m]"),
    ],
)
def test_a_small_mistake_makes_a_case_fail(tmp_path: Path, old: str, new: str) -> None:
    rules, found = cases([slo("a", HTTP, min_rate=Decimal("0.1"))])
    wrong = changed(rules, lambda expr: expr.replace(old, new))
    assert wrong != rules
    assert failures(tmp_path, wrong, found) != []


def test_a_join_that_forgets_its_groups_makes_a_case_fail(tmp_path: Path) -> None:
    grouped = slo("a", EventsErrors("e_total", "t_total"), group_by=("region",))
    rules, found = cases([grouped])
    assert failures(tmp_path, rules, found) == []
    assert failures(tmp_path, changed(rules, lambda expr: expr.replace("\nand\n", "\nand on (slo)\n")), found) != []


def test_an_absence_alert_that_reads_other_tenants_makes_a_case_fail(tmp_path: Path) -> None:
    rules, found = cases([slo("a", BAD_PART, absence=True)])
    wrong = changed(rules, lambda expr: expr.replace('tenant="acme",', "") if expr.startswith("absent") else expr)
    assert failures(tmp_path, wrong, found) != []


def test_tiers_of_ones_own_choice_that_share_windows_are_expected_together(tmp_path: Path) -> None:
    hour, minutes = Duration.of(hours=1), Duration.of(minutes=5)
    tiers = (
        Tier("page-fast", "critical", hour, minutes, Decimal("0.02")),
        Tier("ticket-fast", "warning", hour, minutes, Decimal("0.01")),
    )
    rules, found = cases([slo("a", SUMS, tiers=tiers), slo("b", HTTP, "12h", tiers=tiers, objective="0.99")])
    assert failures(tmp_path, rules, found) == []


def test_a_year_long_window_stays_within_what_promtool_reads(tmp_path: Path) -> None:
    rules, found = cases([slo("a", HTTP, "365d"), slo("b", BAD_PART, "365d", objective="0.99")])
    assert failures(tmp_path, rules, found) == []


def test_a_tenant_without_slos_has_no_cases_of_them() -> None:
    assert compile_cases(NOTHING, (), (), CONTEXT, isolated=True) == Cases((), frozenset(), {})


@pytest.mark.parametrize(
    "sli",
    [
        BooleanGauge('{job="x"}'),
        EventsErrors("topk(1, rate(e_total[{window}]))", "t_total"),
    ],
)
def test_an_sli_that_cannot_be_fed_is_reported(sli: Sli) -> None:
    _, found = cases([slo("a", sli)])
    assert "slo/a/records" in found.uncovered


def test_every_check_has_a_name_of_its_own_for_reports() -> None:
    _, found = cases(EVERY_KIND)
    every = [name for file in found.files for name in file.names]
    assert len(set(every)) == len(every) > 400
