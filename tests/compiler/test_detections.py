from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from slo_world import CONTEXT, GUARD, SOURCE, failures

from alertkit import names, promql
from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.rules.detections import Lowered, lower
from alertkit.model.cases import Cases
from alertkit.model.detection import Absence, Anomaly, Capacity, DetectionDefinition
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup

OWN = Matcher("tenant", "=", "acme")
EVERY = [
    *(
        Anomaly(mode, f"sum(rate(plays_{number}_total[5m]))", sensitivity, direction)
        for number, (mode, sensitivity, direction) in enumerate(
            itertools.product(("spike", "level"), ("low", "medium", "high"), ("both", "up", "down"))
        )
    ),
    Capacity('free_bytes{job="db"}'),
    Absence('heartbeat_total{job="x"}'),
    Absence('beat_total{job=~"a|b"}', by=("job", "region")),
]


def defined(looks_for: Any, name: str = "Odd", **more: Any) -> DetectionDefinition:
    return DetectionDefinition(name, "shop", "warning", looks_for, SOURCE, **more)


def lowered(looks_for: Any, **more: Any) -> Lowered:
    return lower(defined(looks_for, **more), OWN, (2, 42))


def rules_of(definition: DetectionDefinition) -> tuple[list[RecordingRule], AlertingRule]:
    """As compile_rules makes them."""
    found = lower(definition, OWN, (2, 42))
    records = [RecordingRule(r.record, GUARD(r.expr), {**r.labels, "tenant": "acme"}, SOURCE) for r in found.records]
    alert = found.alert
    labels = {"service": alert.service, "severity": alert.severity, "tenant": "acme"}
    note = {names.ANNOTATION_RULE: alert.id, names.ANNOTATION_VALUE: "{{ $value }}"}
    rule = AlertingRule(alert.id, alert.name, GUARD(alert.expr), labels, note, SOURCE, alert.hold, alert.keep_firing_for)
    return records, rule


def together(definitions: list[DetectionDefinition]) -> tuple[Rules, Cases]:
    groups, alerts = [], []
    for definition in definitions:
        records, alert = rules_of(definition)
        if records:
            groups.append(RuleGroup(f"acme/detection/{definition.id}", tuple(records)))
        alerts.append(alert)
    rules = Rules(tuple(groups), (RuleGroup("acme/shop", tuple(alerts)),))
    return rules, compile_cases(rules, (), (), CONTEXT, isolated=True, detections=definitions)


def test_every_detection_passes_its_cases(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    rules, found = together([defined(one, f"D{number}") for number, one in enumerate(EVERY)])
    assert found.uncovered == {}
    assert failures(tmp_path, rules, found) == []


@pytest.mark.parametrize(
    ("looks_for", "old", "new"),
    [
        (Anomaly("spike", "load"), "> 7 *", "> 7.7 *"),
        (Anomaly("spike", "load"), "> 0.01 *", "> 0.011 *"),
        (Anomaly("spike", "load", direction="up"), "[1h] offset 1m", "[30m] offset 1m"),
        (Anomaly("spike", "load"), "[1h] offset 1m)) > 7", "[1h])) > 7"),
        (Anomaly("spike", "load"), "[1h] offset 1m)) > 0.01", "[1h])) > 0.01"),
        (Anomaly("spike", "load"), "and\npresent_over_time", "or\npresent_over_time"),
        (Anomaly("level", "load"), "offset 1w)) > 0.01", "offset 1d)) > 0.01"),
        (Anomaly("level", "load", "high"), "> 3 *", "> 3.3 *"),
        (Anomaly("level", "load"), 'tenant="acme",', ""),
        (Anomaly("level", "load", direction="down"), "and\n((", "or\n(("),
        (Capacity("free"), "14400", "15840"),
        (Capacity("free"), "0.5 *", "0.55 *"),
        (Capacity("free"), "172800 *", "86400 *"),
        (Capacity("free"), "[3h], 14400", "[1h], 14400"),
        (Absence("up", by=("job",)), 'unless\ngroup by (job) (up{tenant="acme"})', "unless\ngroup by (job) (up)"),
        (Absence("up", by=("job",)), "unless", "and"),
        (Absence("up"), "absent(", "group("),
    ],
)
def test_a_small_mistake_makes_a_case_fail(
    tmp_path: Path, tool: Callable[[str], str], looks_for: Any, old: str, new: str
) -> None:
    tool("promtool")
    rules, found = together([defined(looks_for)])
    (group,) = rules.alerts
    (rule,) = group.rules
    assert isinstance(rule, AlertingRule)
    assert old in rule.expr
    wrong = AlertingRule(rule.id, rule.alert, rule.expr.replace(old, new), rule.labels, rule.annotations, SOURCE, rule.hold)
    assert failures(tmp_path, Rules(rules.records, (RuleGroup("acme/shop", (wrong,)),)), found) != []


def test_a_detection_with_a_for_of_its_own_passes_its_cases_and_without_it_does_not(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    tool("promtool")
    rules, found = together([defined(one, f"D{number}", hold=Duration.of(minutes=30)) for number, one in enumerate(EVERY)])
    assert failures(tmp_path, rules, found) == []
    (group,) = rules.alerts
    at_once = tuple(msgspec.structs.replace(rule, hold=None) for rule in group.rules)
    failed = {
        failure.partition(":")[0] for failure in failures(tmp_path, Rules(rules.records, (RuleGroup("a", at_once),)), found)
    }
    assert failed == {rule.id for rule in group.rules if isinstance(rule, AlertingRule)}


@pytest.mark.parametrize("looks_for", EVERY, ids=lambda one: type(one).__name__)
def test_no_detection_records_more_than_three_series_for_an_input(looks_for: Any) -> None:
    assert len(lowered(looks_for).records) <= 3


@pytest.mark.parametrize("looks_for", EVERY, ids=lambda one: type(one).__name__)
def test_no_detection_needs_an_experimental_function(looks_for: Any) -> None:
    found = lowered(looks_for)
    for expr in (found.alert.expr, *(record.expr for record in found.records)):
        assert not any(word in expr for word in ("holt_winters", "double_exponential", "mad_over_time", "info(", "limitk"))
        promql.parse(expr)


def test_recorded_series_are_read_for_the_own_tenant_even_where_nothing_is_isolated() -> None:
    found = lowered(Anomaly("spike", "load"))
    own = [selector for selector in promql.selectors(found.alert.expr) if selector.metric.startswith("detection:")]
    assert own
    assert all(OWN in selector.matchers for selector in own)


def test_a_flickering_anomaly_is_kept_where_prometheus_can_keep_it() -> None:
    spike = defined(Anomaly("spike", "load"))
    assert lower(spike, OWN, (2, 42)).alert.keep_firing_for == Duration.of(minutes=15)
    assert lower(spike, OWN, (2, 41)).alert.keep_firing_for is None


def test_a_for_of_ones_own_replaces_the_usual_one() -> None:
    assert lowered(Absence("up")).alert.hold == Duration.of(minutes=15)
    assert lowered(Absence("up"), hold=Duration.of(hours=1)).alert.hold == Duration.of(hours=1)
    assert lowered(Absence("up"), hold=Duration(0)).alert.hold == Duration(0)


def test_the_value_of_dwindling_capacity_is_the_time_that_is_left() -> None:
    assert lowered(Capacity("free"), unit="bytes").alert.unit == "duration"
    assert lowered(Anomaly("level", "load"), unit="bytes").alert.unit == "bytes"


@pytest.mark.parametrize("looks_for", EVERY, ids=lambda one: type(one).__name__)
def test_alertkit_has_words_in_five_languages_and_an_author_can_replace_them(looks_for: Any) -> None:
    assert set(lowered(looks_for).alert.summary) == {"en", "fr", "de", "es", "it"}
    assert lowered(looks_for, summary={"en": "Odd."}).alert.summary == {"en": "Odd."}


def test_what_stopped_is_named_by_its_labels() -> None:
    assert lowered(Absence("up", by=("job", "region"))).alert.summary["en"] == "{alertname} ({job}, {region}): no data any more"


def test_a_packs_detection_has_an_id_of_its_own_for_each_service() -> None:
    found = lowered(Anomaly("spike", "load"), pack="http-service")
    assert found.alert.id == "shop/http-service/Odd"
    assert {record.group for record in found.records} == {"detection/shop/http-service/Odd"}
