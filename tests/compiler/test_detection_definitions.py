"""Detections as tenants write them: what they compile to, and what is wrong with them, at its place."""

from __future__ import annotations

from pathlib import Path

import projects
import pytest

import alertkit

TENANT = """\
locale: fr
services: [{name: edge, owner: platform}]
dashboards: []
"""
DETECTIONS = """\
detections:
  - {name: Stopped, service: edge, severity: critical, absence: {selector: streams_total, by: [region]}}
  - {name: Unusual, service: edge, severity: warning, anomaly: {mode: spike, expr: sum(load), sensitivity: low}, summary: drôle}
  - {name: Full, service: edge, severity: warning, for: 1h, capacity: {expr: disk_free_bytes}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return projects.make(tmp_path, {})


def define(project: Path, text: str) -> None:
    projects.make(project, {"acme": TENANT + text})


def test_each_becomes_an_alert_that_stays_in_the_tenant_and_has_words(project: Path) -> None:
    define(project, DETECTIONS)
    build = alertkit.build(project, ["acme"])
    assert not build.problems
    compiled = build.tenants[1].compiled
    assert compiled is not None
    alerts = {rule.id: rule for rule in compiled.alerts}
    assert set(alerts) == {"Stopped", "Unusual", "Full"}
    assert all('tenant="acme"' in rule.expr and rule.labels["tenant"] == "acme" for rule in alerts.values())
    assert str(alerts["Full"].hold) == "1h"
    assert compiled.policy.texts["Unusual"].summary == {"fr": "drôle"}
    assert compiled.policy.texts["Stopped"].summary["fr"], "without words of the author's there are alertkit's own"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("  - {name: A, service: egde, severity: info, capacity: {expr: a}}", "AK301"),
        ("  - {name: A, service: edge, severity: info, capacity: {expr: 'a{'}}", "AK401"),
        ("  - {name: A, service: edge, severity: info, capacity: {expr: 'a{tenant=\"b\"}'}}", "AK402"),
        ("  - {name: A, service: edge, severity: info, capacity: {expr: a}, labels: {severity: x}}", "AK404"),
        ("  - {name: A, service: edge, severity: info, capacity: {expr: a}, summary: '{'}", "AK405"),
        ("  - {name: A, service: edge, severity: info, anomaly: {mode: wild, expr: a}}", "AK205"),
        ("  - {name: A, service: edge, severity: info}", "AK204"),
        ("  - {name: A, service: edge, severity: info, capacity: {expr: a}, absence: {selector: a}}", "AK204"),
    ],
)
def test_a_mistake_is_told_at_its_place(project: Path, wrong: str, code: str) -> None:
    define(project, f"detections:\n{wrong}\n")
    [problem] = alertkit.check(project)
    assert (problem.code, problem.line) == (code, len(TENANT.splitlines()) + 2), str(problem)


def test_a_name_that_an_alert_has_is_refused(project: Path) -> None:
    alert = "alerts: [{name: A, service: edge, expr: a > 1, severity: info, summary: a}]\n"
    define(project, alert + "detections: [{name: A, service: edge, severity: info, capacity: {expr: a}}]\n")
    [problem] = alertkit.check(project)
    assert problem.code == "AK302"


def test_an_environment_changes_one_by_name(project: Path) -> None:
    define(project, DETECTIONS + "environments: {staging: {detections: [{name: Full, severity: info}]}}\n")
    build = alertkit.build(project, ["acme"], "staging")
    assert not build.problems
    compiled = build.tenants[1].compiled
    assert compiled is not None
    assert {rule.id: rule.labels["severity"] for rule in compiled.alerts} == {
        "Stopped": "critical",
        "Unusual": "warning",
        "Full": "info",
    }
