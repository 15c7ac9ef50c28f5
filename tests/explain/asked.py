"""A project whose alerts are asked about."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import projects

import alertkit
from alertkit.explain import Explanation, Question, explain

PROJECT = """\
alertmanager: {secrets_dir: /etc/alertmanager/secrets}
routing: {group_wait: 30s}
dashboards: []
"""
ACME = """\
locale: fr
services: [{name: web, owner: web}, {name: edge, owner: web}]
alerts:
  - name: ExportLate
    service: web
    expr: time() - vector(1) > 60
    for: 15m
    severity: critical
    unit: duration
    summary: {en: "The export is {value} old", fr: "L’export date de {value}", de: "Der Export ist {value} alt"}
  - {name: EdgeDown, service: edge, expr: up == 0, severity: critical, summary: "{region} is down"}
  - {name: Slow, service: edge, expr: latency_seconds > 1, severity: warning, summary: "{region} is slow", labels: {rank: gold}}
teams: [{name: web, slack: "#web", members: [amelie, jonas]}]
people:
  - {id: amelie, name: Amélie Durand, slack: U0AMELIE}
  - {id: jonas, name: Jonas Weber, slack: U0JONAS1, locale: de, timezone: Europe/Berlin}
schedules:
  - name: primary
    layers: [{rotation: weekly, handoff: Mon 09:00, from: "2026-01-05", members: [amelie, jonas]}]
    overrides: [{from: "2026-12-24T09:00", until: "2026-12-27T09:00", person: jonas}]
  - name: evenings
    layers: [{rotation: daily, handoff: "18:00", from: "2026-01-05", members: [amelie], restrict: [{hours: "18:00-22:00"}]}]
escalation:
  - name: standard
    steps:
      - notify: [{team: web}, {schedule: primary}]
      - {after: 10m, notify: [{schedule: evenings}]}
      - {after: 20m, notify: [{team: platform}]}
    repeat: 1
    acknowledge_timeout: 45m
  - {name: office, active: {weekdays: Mon-Fri, hours: "09:00-18:00"}, steps: [{notify: [{team: web}]}]}
maintenance:
  - {from: "2026-12-01T22:00", until: "2026-12-02T04:00", match: {service: web}, reason: Database upgrade}
routing:
  receivers:
    - {name: pager, type: pagerduty, routing_key: {secret: pagerduty}, mirror: true}
    - {name: room, type: slack, channel: "#room", url: {secret: hook}}
  intervals: [{name: nights, times: [{hours: "22:00-06:00"}]}]
  routes:
    - {match: {severity: critical}, escalate: standard}
    - {matchers: ['severity=~"warn.*"'], escalate: office}
    - {match: {severity: info}, notify: room, mute: [nights]}
  inhibit:
    - {source: {alertname: EdgeDown}, target: {severity: warning}, equal: [region]}
dashboards: []
"""


def make(folder: Path, acme: str = ACME, project: str = PROJECT) -> Path:
    return projects.make(folder, {"acme": acme, "globex": "dashboards: []\n"}, project)


def ask(built: alertkit.Build, at: str = "2026-11-21T03:00", alert: str = "", tenant: str = "acme", **labels: str) -> Explanation:
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Paris"))
    return explain(built, tenant, Question(labels, moment, alert))
