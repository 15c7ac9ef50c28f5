"""Circles of inhibition: found when they are sure, never imagined."""

from __future__ import annotations

import json

import projects
import pytest

import alertkit
from alertkit import Problem

ALERTS = """\
alerts:
  - {name: Down, service: web, expr: up == 0, severity: critical, summary: a}
  - {name: Slow, service: web, expr: up == 0, severity: warning, summary: b}
  - {name: Note, service: web, expr: up == 0, severity: info, summary: c}
"""


def problems(folder, *rules: tuple[object, object]) -> tuple[Problem, ...]:
    written = [{"source": source, "target": target} for source, target in rules]
    acme = f"{ALERTS}dashboards: []\nrouting: {{inhibit: {json.dumps(written)}}}\n"
    return alertkit.check(projects.make(folder, {"acme": acme}, "dashboards: []\n"))


CRITICAL, WARNING, INFO = ({"severity": severity} for severity in ("critical", "warning", "info"))


@pytest.mark.parametrize(
    "rules",
    [
        [(CRITICAL, WARNING), (WARNING, INFO), (CRITICAL, INFO)],
        [(['severity=~"critical|warning"'], ['severity=~"warning|info"'])],  # alerts of both sides spare each other
        [({"alertname": "Down"}, {"region": "eu"}), ({"region": "eu"}, {"alertname": "Down"})],  # nobody knows who has a region
    ],
)
def test_rules_that_mute_in_one_direction_are_fine(tmp_path, rules):
    assert problems(tmp_path, *rules) == ()


def test_a_circle_names_its_alerts_in_order(tmp_path):
    (problem,) = problems(tmp_path, (CRITICAL, WARNING), (WARNING, INFO), ({"alertname": "Note"}, CRITICAL))
    assert problem.code == "AK608"
    circle = problem.message.split(": ")[1].split(";")[0].split(" → ")
    assert circle[0] == circle[-1]
    turned = circle[:-1] * 2
    start = turned.index("Down")
    assert turned[start : start + 3] == ["Down", "Slow", "Note"]


def test_a_long_chain_is_no_circle(tmp_path):
    alerts = "".join(f"  - {{name: A{n}, service: web, expr: up == 0, severity: critical, summary: a}}\n" for n in range(400))
    rules = [{"source": {"alertname": f"A{n}"}, "target": {"alertname": f"A{n + 1}"}} for n in range(200)]
    acme = f"alerts:\n{alerts}dashboards: []\nrouting: {{inhibit: {json.dumps(rules)}}}\n"
    assert alertkit.check(projects.make(tmp_path, {"acme": acme}, "dashboards: []\n")) == ()
