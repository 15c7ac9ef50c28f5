from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slo_world import CONTEXT, SOURCE, alert, failures, only, record

from alertkit.compiler.cases import written as cases_written
from alertkit.compiler.cases.compile import compile_cases
from alertkit.model.cases import Cases
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.tenant import CaseDefinition

LATE = alert("vector(time()) - on() export_last_success_timestamp_seconds > 26 * 3600", "Late", hold=Duration.of(minutes=15))


def case(series: dict[str, str], rule: str = "Late", **more: Any) -> CaseDefinition:
    return CaseDefinition(rule, more.pop("title", ""), series, SOURCE, **more)


def cases(written: CaseDefinition, *rules: AlertingRule | RecordingRule, isolated: bool = True) -> Cases:
    return compile_cases(only(*rules), (), [written], CONTEXT, isolated=isolated)


@pytest.fixture(autouse=True)
def _promtool(tool: Callable[[str], str]) -> None:
    tool("promtool")


def test_a_written_case_gets_the_tenants_label_and_holds(tmp_path: Path) -> None:
    one = case(
        {"export_last_success_timestamp_seconds": "0x2000"},
        fires_at=Duration.parse("26h16m"),
        silent_at=Duration.parse("26h14m"),
    )
    found = cases(one, LATE)
    assert 'export_last_success_timestamp_seconds{tenant="acme"}' in found.files[0].scenes[0].series
    assert failures(tmp_path, only(LATE), found) == []


def test_a_written_case_that_does_not_hold_fails_under_its_title(tmp_path: Path) -> None:
    one = case({"export_last_success_timestamp_seconds": "0x2000"}, title="a day late", fires_at=Duration.parse("24h"))
    (failure,) = failures(tmp_path, only(LATE), cases(one, LATE))
    assert failure.startswith("Late: a day late: fires at 1d")


def test_a_case_that_feeds_what_is_recorded_first_runs_with_the_records(tmp_path: Path) -> None:
    rules = (record("sum(rate(hits_total[5m]))", "a:hits:rate5m"), alert("topk(1, a:hits:rate5m) > 5", "Hits"))
    one = case({"hits_total": "0+600x30"}, "Hits", fires_at=Duration.parse("10m"), labels={"severity": "warning"})
    found = cases(one, *rules)
    assert [file.kind for file in found.files] == ["rates"]
    assert "Hits" in found.covered
    assert failures(tmp_path, only(*rules), found) == []


def test_a_tenant_label_that_the_author_wrote_stays_and_none_is_added_where_nothing_is_isolated() -> None:
    one = case({'load{tenant="globex"}': "1x5", "load": "2x5"}, "A", fires_at=Duration.parse("2m"))
    first = cases(one, alert("topk(1, load) > 1")).files[0].scenes[0]
    assert set(first.series) == {'load{tenant="globex"}', 'load{tenant="acme"}'}
    plain = cases(case({"load": "2x5"}, "A", fires_at=Duration.parse("2m")), alert("topk(1, load) > 1"), isolated=False)
    assert set(plain.files[0].scenes[0].series) == {"load{}"}


@pytest.mark.parametrize("text", ["load{", 'load{a=~"b"}', "rate(load[5m])", "1"])
def test_what_is_no_series_is_told(text: str) -> None:
    ((found, reason),) = cases_written.check([text, "load", 'load{a="b"}'])
    assert found == text
    assert "is no series" in reason


def test_a_case_of_which_the_alert_reads_one_series_and_one_record_runs_with_the_records(tmp_path: Path) -> None:
    rules = (record("sum(jobs_waiting)", "a:jobs:sum"), alert("oldest_seconds > 600 and on() a:jobs:sum > 0", "Stuck"))
    one = case({"oldest_seconds": "660x20", "jobs_waiting": "3x20"}, "Stuck", fires_at=Duration.parse("5m"))
    found = cases(one, *rules)
    assert "rates" in [file.kind for file in found.files]
    assert failures(tmp_path, only(*rules), found) == []


def test_a_case_in_quarters_of_an_hour_is_evaluated_as_often(tmp_path: Path) -> None:
    rule = alert("hits / hits offset 1w < 0.5", "Fewer", hold=Duration.of(minutes=30))
    one = case(
        {"hits": "10x672 4x8"},
        "Fewer",
        interval=Duration.of(minutes=15),
        silent_at=Duration.parse("168h30m"),
        fires_at=Duration.parse("168h45m"),
    )
    found = cases(one, rule)
    (days,) = [file for file in found.files if file.kind == "days"]
    assert days.evaluation == Duration.of(minutes=15)
    assert failures(tmp_path, only(rule), found) == []
