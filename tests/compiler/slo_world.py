"""A tenant with SLOs of every kind and detections of every kind, and promtool run over what they compile to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from alertkit import names, paths
from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.cases.render import render as render_cases
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.rules.guard import Guard
from alertkit.compiler.slos.compile import compile_slo
from alertkit.compiler.slos.parts import SloContext, SloRules
from alertkit.compiler.writing import render
from alertkit.model.cases import Cases
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup, Source
from alertkit.model.slo import (
    BooleanGauge,
    EventsErrors,
    EventsGood,
    LatencyBucket,
    LatencyNative,
    RawRatio,
    Sli,
    Slo,
    default_tiers,
)
from alertkit.tools import promtool

GUARD = Guard("tenant", "acme", frozenset(), isolate=True)
CONTEXT = SloContext("acme", "tenant", "fr", GUARD)
SOURCE = Source("tenants/acme.yaml", 12)
NOTHING = Rules((), ())
Compiled = list[tuple[Slo, SloRules]]

HTTP = EventsErrors('http_requests_total{job="checkout", code=~"5.."}', 'http_requests_total{job="checkout"}')
SUMS = EventsErrors(
    'sum(rate(x_total{code="500"}[{window}])) + sum(rate(y_failures_total[{window}]))  # both ways in',
    "sum(rate(x_total[{window}])) + sum(rate(y_total[{window}]))",
)
BAD_PART = RawRatio("sum(rate(bad_total[{window}])) / sum(rate(all_total[{window}]))")


def slo(name: str, sli: Sli, window: str = "30d", objective: str = "0.999", **more: Any) -> Slo:
    span = Duration.parse(window)
    tiers = more.pop("tiers", default_tiers(span))
    return Slo(name, "shop", Decimal(objective), span, sli, tiers, SOURCE, **more)


EVERY_KIND = [
    slo("availability", HTTP, min_rate=Decimal("0.1"), absence=True),
    slo("calls", EventsGood('rpc_total{job="a", ok="true"}', 'rpc_total{job="a"}'), window="28d"),
    slo("fast", LatencyBucket('latency_seconds{job="checkout"}', Duration.parse("300ms")), window="7d", objective="0.99"),
    slo("whole-second", LatencyBucket('latency_seconds{job="edge"}', Duration.parse("1s")), window="90d", objective="0.99"),
    slo("regions", EventsErrors('edge_total{code=~"5.."}', "edge_total"), group_by=("region", "zone"), min_rate=Decimal(1)),
    slo("probe", BooleanGauge('probe_success{job="blackbox"}')),
    slo("own-ratio", BAD_PART, absence=True),
    slo("two-ways", SUMS),
    slo("old", EventsErrors('old_total{code=~"5.."}', "old_total"), compatibility="sloth"),
    slo("old-good", EventsGood('other_total{code!~"5.."}', "other_total"), "28d", compatibility="sloth", group_by=("region",)),
]
NATIVE = slo("native", LatencyNative('native_seconds{job="x"}', Duration.parse("300ms")))


def compiled(every: Sequence[Slo]) -> Compiled:
    return [(one, compile_slo(one, CONTEXT)) for one in every]


def together(*parts: Rules) -> Rules:
    return Rules(
        tuple(group for part in parts for group in part.records), tuple(group for part in parts for group in part.alerts)
    )


def rules_of(found: Rules) -> list[RecordingRule | AlertingRule]:
    return [rule for group in (*found.records, *found.alerts) for rule in group.rules]


def alert(expr: str, name: str = "A", **more: Any) -> AlertingRule:
    """An isolated alert as compile_rules would make it."""
    labels = {**more.pop("labels", {}), "service": "shop", "severity": "warning", "tenant": "acme"}
    return AlertingRule(name, name, GUARD(expr), labels, {names.ANNOTATION_RULE: name}, SOURCE, **more)


def record(expr: str, name: str = "a:b:c") -> RecordingRule:
    return RecordingRule(name, GUARD(expr), {"tenant": "acme"}, SOURCE)


def only(*rules: RecordingRule | AlertingRule) -> Rules:
    """Rules in one group of records and one of alerts."""
    records = tuple(rule for rule in rules if isinstance(rule, RecordingRule))
    alerts = tuple(rule for rule in rules if isinstance(rule, AlertingRule))
    return Rules((RuleGroup("acme/records", records),) if records else (), (RuleGroup("acme/shop", alerts),) if alerts else ())


def write(folder: Path, rules: Rules, cases: Cases) -> list[Path]:
    """Rules and cases as `generate` writes them; returns the files of cases."""
    for path, groups in ((paths.records("acme"), rules.records), (paths.alerts("acme"), rules.alerts)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(render.rule_file(groups, "acme"))
    files = []
    for file in cases.files:
        path = folder / paths.cases("acme", file.kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render_cases(file, "acme"))
        files.append(path)
    return files


def failures(folder: Path, rules: Rules, cases: Cases) -> list[str]:
    """What promtool finds wrong."""
    results = [promtool.run_cases(file) for file in write(folder, rules, cases)]
    return [f"{failure.case}\n{failure.detail}" for result in results for failure in result.failures]


def check(folder: Path, *rules: RecordingRule | AlertingRule) -> list[str]:
    """What promtool finds wrong with the cases derived from some rules; none may be left out."""
    found = compile_cases(only(*rules), (), (), CONTEXT, isolated=True)
    assert found.uncovered == {}
    return failures(folder, only(*rules), found)
