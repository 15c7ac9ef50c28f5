"""`alertkit test`: cases and routes, asked of the real promtool."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import projects
import pytest
from click.testing import CliRunner, Result

from alertkit.cli import cli

TENANT = """\
services: [{name: api, owner: platform}]
alerts:
  - name: QueueStuck
    service: api
    expr: queue_age_seconds > 600
    for: 5m
    severity: warning
    summary: stuck
    tests:
      - {name: a slow night, series: {'queue_age_seconds{queue="a"}': "0+60x30"}, silent_at: 15m, fires_at: 16m}
dashboards: []
"""
RIDDLE = "\n  - {name: Riddle, service: api, expr: 'deriv(a[5m]) > stddev_over_time(b[5m])', severity: info, summary: hm}"


@pytest.fixture
def project(tmp_path: Path, tool: Callable[[str], str]) -> Path:
    tool("promtool")
    return projects.make(tmp_path, {"acme": TENANT})


def prove(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["test", "--project", str(project), *arguments])


def change(project: Path, old: str, new: str) -> None:
    file = project / "tenants" / "acme.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_promtool_that_is_killed_has_proven_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "bin").mkdir()
    (project / "bin" / "promtool").write_text("#!/bin/sh\nkill -KILL $$\n")
    (project / "bin" / "promtool").chmod(0o755)
    monkeypatch.setenv("PATH", f"{project / 'bin'}:{os.environ['PATH']}")
    result = prove(project, "--junit", str(project / "results.xml"))
    assert result.exit_code == 1
    assert "tests/acme.test.yaml as a whole\n    promtool was ended by signal 9 (Killed)" in result.output
    cases = [case for case in ET.parse(project / "results.xml").iter("testcase") if "acme.test" in case.get("classname", "")]
    assert [case.find("failure") is not None for case in cases] == [True]


def test_derived_and_written_cases_hold_and_are_counted(project: Path) -> None:
    result = prove(project, "--junit", str(project / "results.xml"))
    assert result.exit_code == 0, result.output
    assert "1 of 1 alerts have a case" in result.output
    cases = {case.get("name") for case in ET.parse(project / "results.xml").iter("testcase")}
    assert "QueueStuck: fires above its threshold" in cases
    assert "QueueStuck: a slow night: silent at 15m" in cases
    assert (project / "generated" / "rules" / "acme.alerts.yaml").is_file(), "cases need the rules that they load"


def test_a_written_case_that_does_not_hold_is_named_with_what_promtool_got(project: Path) -> None:
    change(project, "fires_at: 16m", "fires_at: 12m")
    change(project, "silent_at: 15m, ", "")
    result = prove(project, "--junit", str(project / "results.xml"))
    assert result.exit_code == 1
    assert "QueueStuck: a slow night: fires at 12m" in result.output
    assert "got:" in result.output
    failed = [case.get("name") for case in ET.parse(project / "results.xml").iter("testcase") if case.find("failure") is not None]
    assert failed == ["QueueStuck: a slow night: fires at 12m"]


def test_a_route_that_does_not_lead_where_it_should_fails(project: Path) -> None:
    wrong = (
        "routing: {tests: [{name: nobody escalates, labels: {severity: warning, service: api}, reaches: {policy: unrouted}}]}\n"
    )
    change(project, "dashboards: []\n", wrong)
    result = prove(project)
    assert result.exit_code == 1
    assert "nobody escalates" in result.output
    assert "tenants/acme.yaml:" in result.output


def test_an_alert_without_a_case_is_told_and_may_be_forbidden(project: Path) -> None:
    change(project, "\ndashboards", RIDDLE + "\ndashboards")
    allowed, forbidden = prove(project), prove(project, "--require-cases")
    assert allowed.exit_code == 0, allowed.output
    assert "no case for Riddle: " in allowed.output
    assert "1 of 2 alerts have a case" in allowed.output
    assert forbidden.exit_code == 1


def test_machines_read_the_results_as_json(project: Path) -> None:
    found = json.loads(prove(project, "--format", "json").output)
    assert {tenant["tenant"] for tenant in found["tenants"]} == {"acme", "platform"}
    assert found["routes"] == [], "only what fails is listed"


def test_cases_of_a_tenant_that_is_gone_are_removed_and_foreign_files_stay(project: Path) -> None:
    prove(project)
    tests = project / "generated" / "tests"
    (tests / "by-hand.test.yaml").write_text("tests: []\n")
    (project / "tenants" / "acme.yaml").unlink()
    projects.make(project, {"globex": TENANT})
    assert prove(project).exit_code == 0
    left = {file.name for file in tests.iterdir()}
    assert {"by-hand.test.yaml", "globex.test.yaml"} <= left
    assert not any(name.startswith("acme.") for name in left)


def test_a_foreign_file_in_the_way_is_never_overwritten(project: Path) -> None:
    target = project / "generated" / "tests" / "acme.test.yaml"
    target.parent.mkdir(parents=True)
    target.write_text("mine\n")
    result = prove(project)
    assert result.exit_code == 1
    assert "was not written by alertkit" in result.output
    assert target.read_text() == "mine\n"


def test_without_promtool_the_package_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    result = prove(project)
    assert result.exit_code == 2
    assert "apt-get install prometheus" in result.output


def test_a_tenant_with_problems_fails_and_the_others_are_proven(project: Path) -> None:
    (project / "tenants" / "broken.yaml").write_text("version: alertkit/v1\n")
    result = prove(project)
    assert result.exit_code == 1
    assert "AK202" in result.output
    assert "1 of 1 alerts have a case" in result.output
