"""Cases derived from alerts and records: promtool agrees with every one, and a mistake in the rule makes one fail."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from slo_world import CONTEXT, alert, check, failures, only, record

from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.cases.labels import examples
from alertkit.model.cases import Cases
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule

MINUTES = Duration.of(minutes=5)

ALERTS = [
    "queue_length > 100",
    'queue_length{job="q", shard=~"a|b.+", zone!="x", kind!~"test.*"} >= 100',
    "100 < queue_length",
    "stock_left < 5",
    "temperature_celsius <= -20",
    'up{job="api"} == 0',
    "replicas_wanted != 3",
    "vector(time()) - on() export_last_success_timestamp_seconds > 26 * 3600",
    "time() - export_last_success_timestamp_seconds > 93600",
    "certificate_not_after_timestamp_seconds - time() < 14 * 86400",
    "sum by (region) (up) == 0",
    "rate(errors_total[5m]) > 0.5",
    "sum(increase(errors_total[10m])) > 3",
    'sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05',
    '1 - sum by (job) (rate(ok_total{ok="true"}[5m])) / sum by (job) (rate(ok_total[5m])) > 0.01',
    '100 - avg by (instance) (rate(cpu_seconds_total{mode="idle"}[5m])) * 100 > 90',
    "(memory_bytes - free_bytes) / memory_bytes > 0.9",
    "histogram_quantile(0.99, sum by (le, route) (rate(duration_seconds_bucket[5m]))) > 0.3",
    "histogram_quantile(0.5, sum by (le) (rate(duration_seconds_bucket[5m]))) > 2",
    "avg_over_time(load[10m]) > 4",
    "max_over_time(load[10m]) > 4",
    "max by (model) (feature_age_seconds) > 6 * 3600",
    "load / on (instance) group_left () cores > 2",
    "wanted_replicas > available_replicas",
    "used > 0.8 * quota",
    "sum(rate(errors_total[5m])) > 1 and sum(rate(requests_total[5m])) > 10",
    "sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.1 and sum(rate(requests_total[5m])) > 10",
    "queue_length > 100 or oldest_seconds > 60",
    "queue_length > 100 unless on (job) maintenance",
    "queue_length > 100 and on (job) leader == 1",
    'absent(up{job="api"})',
    "absent_over_time(heartbeat_total[10m])",
    "absent(sum(up))",
    "max(latency > 3) without (pod)",
    "60 / (speed < 5)",
    "(speed < 5) * 2",
    "-(speed < 5)",
    "abs(speed < 5)",
    "120 / speed > 3",
    "5 + speed > 20",
    "speed > 1 > 2",
    "sum(rate(bad_total[5m])) / (sum(rate(all_total[5m])) > 0) > 0.05",
    "max(load) - min(idle) > 3",
    "sum(queue) + sum(backlog) > 10",
    "sum(total) - sum(total{ok='yes'}) > 10",
    "-balance > 10",
    "clamp_min(headroom, 0) < 5",
    "predict_linear(free_bytes[10m], 3600) < 100",
    'region:errors:ratio_rate5m{region=~"eu|us"} > 0.01',
    "(sum(queue_length) or vector(0)) > 100",
    "abs(drift) > 2",
    'absent(up{job="api"}) > 0',
    "vector(1) > 0",
    "left_seconds < 432000 and left_seconds >= 0",
    "members < on() group_left() count(up)",
    "load / load offset 1w < 0.5 and load offset 1w > 3",
    "1 - accuracy / accuracy offset 1w > 0.05",
    "avg_over_time(load[30m]) / avg_over_time(load[30m] offset 1w) < 0.3 and avg_over_time(load[30m] offset 1w) > 2",
    "load > load offset 1h",
    "left / clamp_min(-slope1h, 0.001) < 100 and left / clamp_min(-slope3h, 0.001) < 100 and left offset 3h",
]
RECORDS = [
    "sum by (region) (rate(stall_seconds_total[5m])) / sum by (region) (rate(played_seconds_total[5m]))",
    "sum without (instance) (rate(requests_total[5m]))",
    "avg_over_time(load[20m])",
    "max by (model) (age_seconds)",
    "1 - ok:ratio",
    "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[5m])))",
    "sum(rate(requests_total[6h]))",
    "sum(increase(requests_total[1d]))",
    "min_over_time(free_bytes[1d])",
    "max_over_time(load[2d])",
    "deriv(free_ratio[3h])",
    "(sum(rate(failed_total[5m])) or on() 0 * requests:rate5m) / on() requests:rate5m",
]
BEYOND = {
    "count(up == 0) > 2": "count() of this cannot be read backwards",
    "count(a > 1 and b > 2)": "count() over a condition",
    "(a > 1) / (b > 1)": "two series are combined, of which one is filtered",
    "(a > 5) < 3": "would drop the wanted value",
    "avg_over_time(age[5m]) < time()": "of something that moves",
    "max_over_time((a + b)[5m:1m] offset 1m) > 1": "what max_over_time() ranges over",
    "rate(a_total[5m:1m]) > 1": "no plain range",
    "histogram_quantile(0.9, a_bucket) > 1": "only the quantile of a rate",
    "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) < 0": "this quantile",
    "sum(a) + sum(rate(a[5m])) > 1": "read both as a counter and as it is",
    "sum(rate(a_total[5m])) < -1": "a counter would have to fall",
    "time() * a > time()": "something is divided by what moves",
    "a + a > 3 and a > 5": "two values at once",
    "(a and b) > 3": "'and' inside it",
    "scalar(a) * b > 3": "scalar() cannot be read backwards",
    "topk(3, load) > 5": "topk() cannot be read backwards",
    "changes(restarts[15m]) > 3": "changes() cannot be read backwards",
    "load > load offset -1h": "this offset cannot be read backwards",
    "load > load offset 100h": "cannot be told apart",
    "load > load offset 7m": "between two samples",
    "load > load @ 100": "with @",
    "rate(errors_total[3d]) > 1": "it takes a rate and looks back for days",
    "sum(rate(a_total[5m])) > 2 * sum(rate(a_total[5m] offset 1w))": "it takes a rate and looks back for days",
    "vector(time())": "it reads no series",
    "absent(up) > 1": "which this comparison always drops",
    "load > 5 and load < 3": "it holds always or never",
    '{__name__=~"a|b"} > 1': "without a name",
    "requests_total > 5 and rate(requests_total[5m]) > 1": "two of its selectors take the same series",
    "a > 1 and b > 1 and c > 1 and d > 1 and e > 1 and f > 1 and g > 1": "more than 6 conditions",
    "a % 7 > 3": "'%' inside it",
    "a * b > bool 1": "a comparison with bool",
    "round(a) > 2": "round() cannot be read backwards",
    'x{a=~"[0-9]+-[[:alpha:]]{2,3}"} > 1': "no value for label a",
}


@pytest.fixture(autouse=True)
def _promtool(tool: Callable[[str], str]) -> None:
    tool("promtool")


def cases(*rules: AlertingRule | RecordingRule) -> Cases:
    return compile_cases(only(*rules), (), (), CONTEXT, isolated=True)


def test_promtool_agrees_with_the_cases_of_many_alerts_together(tmp_path: Path) -> None:
    holds = (None, MINUTES)
    rules = [
        alert(expr, f"A{number}", hold=holds[number % 2], keep_firing_for=holds[number // 2 % 2])
        for number, expr in enumerate(ALERTS)
    ]
    assert check(tmp_path, *rules) == []


def test_a_limit_that_must_last_for_half_a_day_is_tried_at_moments_far_apart(tmp_path: Path) -> None:
    rule = alert("load > 5", hold=Duration.parse("12h"))
    assert {file.kind for file in cases(rule).files} == {"moments"}
    assert check(tmp_path, rule) == []


def test_promtool_agrees_with_the_cases_of_many_records_together(tmp_path: Path) -> None:
    assert check(tmp_path, *(record(expr, f"a:b{number}:c") for number, expr in enumerate(RECORDS))) == []


@pytest.mark.parametrize(("expr", "reason"), BEYOND.items())
def test_what_is_not_understood_is_reported_with_a_reason_and_has_no_cases(expr: str, reason: str) -> None:
    found = cases(alert(expr))
    assert reason in found.uncovered["A"]
    assert found.files == ()


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("load > 100", "load > 110"),
        ("load > 100", "load > 98"),
        ("load < 100", "load <= 102"),
        ("rate(errors_total[5m]) > 2", "rate(errors_total[30m]) > 2"),
        ("load > 1 and age > 2", "load > 1 or age > 2"),
        ("load > 1 unless off", "load > 1 and off"),
        ("load > 1 or age > 2", "load > 1"),
        ("absent(up)", "absent(down)"),
        ("absent(up) > 0", "absent(down) > 0"),
        ("load / load offset 1w < 0.5 and load offset 1w > 3", "load / load offset 1w < 0.55 and load offset 1w > 3"),
        ("load / load offset 1w < 0.5 and load offset 1w > 3", "load / load offset 1w < 0.5 and load offset 1w > 3.3"),
        ("load / load offset 1w < 0.5 and load offset 1w > 3", "load / load offset 1d < 0.5 and load offset 1d > 3"),
        ("load / load offset 1w < 0.5 and load offset 1w > 3", "load / load offset 1w < 0.5 or load offset 1w > 3"),
        ("left < 100 and left >= 0", "left < 110 and left >= 0"),
        ("left < 100 and left >= 0", "left < 100"),
        ("members < on() group_left() count(up)", "members < on() group_left() count(down)"),
        ("sum by (zone) (load) > 3", "sum(load) > 3"),
        ("vector(1) > 0", "vector(0) > 0"),
        ("sum by (job) (rate(a_total[5m])) / sum by (job) (rate(b_total[5m])) > 0.5", "sum by (job) (rate(a_total[5m])) > 0.5"),
    ],
)
def test_a_mistake_in_an_alert_makes_a_case_fail(tmp_path: Path, expr: str, wrong: str) -> None:
    found = cases(alert(expr))
    assert failures(tmp_path, only(alert(expr)), found) == []
    assert failures(tmp_path, only(alert(wrong)), found) != []


@pytest.mark.parametrize(
    "expr",
    [
        "load > 100",
        "load < 100",
        "absent(up)",
        "sum by (region) (up) == 0",
        "sum(rate(a_total[5m])) / sum(rate(b_total[5m])) > 0.5",
    ],
)
def test_an_alert_that_reads_every_tenant_makes_a_case_fail(tmp_path: Path, expr: str) -> None:
    rule = alert(expr)
    everywhere = msgspec.structs.replace(rule, expr=rule.expr.replace('{tenant="acme"}', ""))
    assert failures(tmp_path, only(everywhere), cases(rule)) != []


@pytest.mark.parametrize(("held", "other"), [(MINUTES, None), (MINUTES, Duration.of(minutes=3)), (None, MINUTES)])
def test_another_for_makes_a_case_fail(tmp_path: Path, held: Duration | None, other: Duration | None) -> None:
    found = cases(alert("load > 100", hold=held))
    assert failures(tmp_path, only(alert("load > 100", hold=held)), found) == []
    assert failures(tmp_path, only(alert("load > 100", hold=other)), found) != []


@pytest.mark.parametrize("expr", ["sum(increase(orders_total[2h])) < 1", "avg_over_time(load[1h]) > 100"])
def test_a_for_that_was_dropped_makes_a_case_of_a_long_window_fail(tmp_path: Path, expr: str) -> None:
    found = cases(alert(expr, hold=MINUTES))
    assert failures(tmp_path, only(alert(expr, hold=MINUTES)), found) == []
    assert failures(tmp_path, only(alert(expr)), found) != []


@pytest.mark.parametrize("other", ["5m", "8m", "15m"])
@pytest.mark.parametrize("expr", ["increase(kills_total[10m]) > 0", "sum(increase(a[10m]) + increase(b[10m])) > 0"])
def test_an_alert_on_single_events_notices_another_window(tmp_path: Path, expr: str, other: str) -> None:
    found = cases(alert(expr))
    assert failures(tmp_path, only(alert(expr)), found) == []
    assert failures(tmp_path, only(alert(expr.replace("10m", other))), found) != []


def test_another_keep_firing_for_makes_a_case_fail(tmp_path: Path) -> None:
    found = cases(alert("load > 100", keep_firing_for=MINUTES))
    assert failures(tmp_path, only(alert("load > 100")), found) != []
    assert failures(tmp_path, only(alert("load > 100", keep_firing_for=Duration.of(hours=1))), found) != []


def test_another_severity_makes_a_case_fail(tmp_path: Path) -> None:
    rule = alert("load > 100")
    other = msgspec.structs.replace(rule, labels={**rule.labels, "severity": "critical"})
    assert failures(tmp_path, only(other), cases(rule)) != []


@pytest.mark.parametrize(
    ("expr", "wrong"),
    [
        ("avg_over_time(load[10m])", "avg_over_time(load[5m])"),
        ("avg_over_time(load[10m])", "avg_over_time(load[20m])"),
        ("sum(rate(a_total[6h]))", "sum(rate(a_total[1h]))"),
        ("sum(rate(a_total[6h]))", "sum(rate(a_total[7h]))"),
        ("sum by (job) (load)", "avg by (job) (load) * 2"),
        ("sum(rate(a_total[5m])) or vector(0)", "sum(rate(a_total[5m])) and vector(0)"),
        ("avg by (model) (avg_over_time(load[1h]))", "avg(avg_over_time(load[1h]))"),
    ],
)
def test_a_mistake_in_a_record_makes_a_case_fail(tmp_path: Path, expr: str, wrong: str) -> None:
    found = cases(record(expr))
    assert failures(tmp_path, only(record(expr)), found) == []
    assert failures(tmp_path, only(record(wrong)), found) != []


def test_a_record_of_a_record_of_a_record_does_not_disturb_the_cases_of_the_others(tmp_path: Path) -> None:
    chain = [
        record("sum(rate(hits_total[5m]))", "a:hits:rate5m"),
        record("avg_over_time(a:hits:rate5m[10m])", "a:hits:rate5m_avg10m"),
        record("max_over_time(a:hits:rate5m_avg10m[5m])", "a:hits:rate5m_avg10m_max5m"),
    ]
    assert check(tmp_path, *chain) == []


def test_alerts_on_one_metric_do_not_disturb_each_other(tmp_path: Path) -> None:
    rules = [alert(f'load{{job="j{number % 3}"}} > {number + 1}', f"A{number}") for number in range(9)]
    assert check(tmp_path, *rules) == []


def test_random_conditions_pass_their_cases(tmp_path: Path) -> None:
    chance = random.Random(4)

    def vector(number: int) -> str:
        name = f"m{number}_{chance.randrange(3)}"
        shapes = [
            name,
            f'sum by (job) ({name}{{job="a"}})',
            f"max({name})",
            f"rate({name}_total[5m])",
            f"sum(rate({name}_total[2m]))",
        ]
        return chance.choice(shapes)

    def compared(number: int) -> str:
        operator, limit = chance.choice(["> ", ">=", "< "]), chance.choice(["0.5", "3", "1e3", "2 * 60"])
        value = f"{vector(number)} {chance.choice(['+ 1', '* 2', '/ 4', '- 0', '* 1'])}"
        return f"{value} {operator} {limit}"

    rules = []
    for number in range(40):
        parts = [compared(100 * number + part) for part in range(chance.randrange(1, 4))]
        joined = f" {chance.choice(['and', 'or', 'unless'])} on () ".join(f"({part})" for part in parts)
        rules.append(alert(joined, f"R{number}", hold=chance.choice([None, MINUTES])))
    found = compile_cases(only(*rules), (), (), CONTEXT, isolated=True)
    assert len(found.uncovered) < 10
    assert failures(tmp_path, only(*rules), found) == []


def test_shared_metrics_have_no_foreign_decoys(tmp_path: Path) -> None:
    rule = msgspec.structs.replace(alert("load > 1"), expr="load > 1")
    assert check(tmp_path, rule) == []


@pytest.mark.parametrize(
    ("pattern", "example"),
    [("5..", "500"), ("(5..|429)", "500"), ("[^/]+", "a"), ("a{3}", "aaa"), (r"\d+\.x", "0.x"), ("(?i:go)?b", "b"), ("^x$", "x")],
)
def test_a_pattern_has_an_example(pattern: str, example: str) -> None:
    assert example in list(examples(pattern))


def test_a_ratio_of_raw_series_and_of_what_is_recorded_from_them_is_fed_with_the_raw_ones(tmp_path: Path) -> None:
    total = record("sum(rate(requests_total[5m]))", "a:requests:rate5m")
    ratio = '(sum(rate(requests_total{code=~"5.."}[5m])) or on() 0 * a:requests:rate5m) / on() a:requests:rate5m'
    found = cases(total, record(ratio, "a:failed:ratio"))
    assert found.uncovered == {}
    assert failures(tmp_path, only(total, record(ratio, "a:failed:ratio")), found) == []
    for change in (("or on()", "and on()"), ("[5m]", "[1h]"), ("5..", "2..")):
        assert failures(tmp_path, only(total, record(ratio.replace(*change), "a:failed:ratio")), found) != [], change
