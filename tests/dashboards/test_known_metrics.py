from __future__ import annotations

import msgspec
import pytest

from alertkit.dashboards import EXAMPLE, PLATFORM
from alertkit.dashboards.known_metrics import KnownMetrics
from alertkit.model.rules import RecordingRule, RuleGroup, Source


def reading(expr):
    rule = RecordingRule("a:b:sum", expr, {}, Source("tenants/acme.yaml", 1))
    return KnownMetrics(msgspec.structs.replace(EXAMPLE, groups=(RuleGroup("g", (rule,)),), receiver_job=""))


@pytest.mark.parametrize("expr", ["sum(up)", 'sum({__name__="up"})', 'sum({__name__="\\u0075p"})'])
def test_a_metric_that_a_rule_reads_is_known_however_it_is_spelled(expr):
    assert "up" in reading(expr)


@pytest.mark.parametrize("expr", ["sum(startup)", 'sum(a{b="up"})', "sum(a) # up"])
def test_a_metric_that_only_stands_in_the_text_is_not_known(expr):
    assert "up" not in reading(expr)


def test_what_is_recorded_and_what_prometheus_keeps_of_alerts_is_known():
    assert all(name in reading("vector(1)") for name in ("a:b:sum", "ALERTS", "ALERTS_FOR_STATE"))


def test_other_tenants_budgets_are_known_to_the_platform_alone():
    assert "slo:period_error_budget_remaining:ratio" in KnownMetrics(PLATFORM)
    assert "slo:period_error_budget_remaining:ratio" not in reading("vector(1)")
