"""`alertkit doctor` against a real Prometheus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import projects
import pytest
import servers
from click.testing import CliRunner, Result

import alertkit
from alertkit.cli import cli

TENANT = """\
services: [{name: api, owner: platform}]
records:
  - {record: "api:queue_age_seconds:max", expr: max by (queue) (queue_age_seconds)}
alerts:
  - {name: QueueStuck, service: api, expr: "queue_age_seconds > 600", severity: warning, summary: stuck}
  - {name: NeverThere, service: api, expr: 'misspelt_metric{job="api"} > 1', severity: warning, summary: gone}
  - {name: NoSuchQueue, service: api, expr: 'queue_age_seconds{queue="c"} > 600', severity: warning, summary: stuck}
  - {name: NoTenant, service: api, expr: temperature_celsius > 60, severity: warning, summary: hot}
slos:
  - {name: fast, service: api, objective: 99%, sli: {histogram: request_duration_seconds, threshold: 300ms}}
dashboards: []
"""
METRICS = {
    'queue_age_seconds{tenant="acme",queue="a"}': 1.0,
    'queue_age_seconds{tenant="acme",queue="b"}': 1.0,
    'queue_age_seconds{tenant="globex",queue="c"}': 1.0,
    "temperature_celsius": 20.0,
    'request_duration_seconds_bucket{tenant="acme",le="0.25"}': 1.0,
    'request_duration_seconds_bucket{tenant="acme",le="0.5"}': 1.0,
    'request_duration_seconds_bucket{tenant="acme",le="+Inf"}': 1.0,
    'request_duration_seconds_count{tenant="acme"}': 1.0,
}


def ask(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", "--project", str(project), "--tenant", "acme", *arguments])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return projects.make(tmp_path / "project", {"acme": TENANT})


def test_it_names_what_is_missing_and_why(tool: Callable[[str], str], project: Path) -> None:
    alertkit.write(alertkit.build(project))
    with (
        servers.metrics_page(METRICS) as exporter,
        servers.prometheus(tool("prometheus"), project, project / "generated", [servers.app(exporter)]) as url,
    ):
        query = f"{url}/api/v1/query?query=api:queue_age_seconds:max"
        servers.eventually("the recording rule has run", lambda: '"queue":"b"' in servers.get(query))
        result = ask(project, "--prometheus", url, "--format", "json", "--slow", "0")
    assert result.exit_code == 1, result.output
    found = json.loads(result.output)
    kinds = {(complaint["kind"], complaint["rule"]) for complaint in found["complaints"]}
    assert ("no series", "NeverThere") in kinds
    why = {complaint["rule"]: complaint["detail"] for complaint in found["complaints"] if complaint["kind"] == "no series"}
    assert why["NeverThere"] == "there is no series of this name"
    assert why["NoSuchQueue"] == "series of this name exist, but none with these labels"
    assert ("no tenant label", "NoTenant") in kinds
    assert ("slow rule", "api:queue_age_seconds:max") in kinds, "nothing is as fast as 0 seconds"
    assert not any(rule == "QueueStuck" and kind != "slow rule" for kind, rule in kinds)
    [bucket] = [complaint for complaint in found["complaints"] if complaint["kind"] == "no bucket"]
    assert "it has 0.25, 0.5, +Inf" in bucket["detail"]
    assert {"tenant": "acme", "record": "api:queue_age_seconds:max", "series": 2} in found["recorded"]


def test_a_prometheus_that_does_not_answer_is_one_sentence(project: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    result = ask(project, "--prometheus", f"http://127.0.0.1:{servers.free_port()}", "--token-file", str(token))
    assert result.exit_code == 1
    assert "does not" in result.output
    assert "s3cret" not in result.output
    assert "Traceback" not in result.output


def test_an_address_that_is_none_is_a_wrong_call(project: Path) -> None:
    assert ask(project, "--prometheus", "file:///etc/passwd").exit_code == 2


def test_a_token_file_that_is_not_there_is_a_wrong_call(project: Path) -> None:
    assert ask(project, "--prometheus", "http://127.0.0.1:1", "--token-file", "/nonexistent").exit_code == 2
