"""Projects whose routing is asked: compiled in memory, as a tree and as the file that Alertmanager reads."""

from __future__ import annotations

from pathlib import Path

import projects
import yaml

import alertkit
from alertkit import paths
from alertkit.model.route import Fragment, Matcher, Route
from alertkit.routing import Tree, matchers

NO_DASHBOARDS = "dashboards: []\n"
PROJECT = """\
alertmanager:
  secrets_dir: /etc/alertmanager/secrets
  smtp: {host: "smtp.platform.example:587", from: alerts@platform.example, user: alerts, password: {secret: smtp}}
  health: pager
  watchdog: switch
webhook_hosts: [hooks.acme.example]
routing:
  receivers:
    - {name: pager, type: pagerduty, routing_key: {secret: pagerduty}}
    - {name: switch, type: webhook, url: "https://deadman.example/ping"}
"""
ESCALATION = """\
escalation:
  - {name: day, steps: [{notify: [{team: web}]}]}
  - {name: night, steps: [{notify: [{team: platform}]}]}
"""
NATIVE = """\
routing:
  notify: room
  receivers:
    - {name: room, type: slack, channel: "#ops", url: {secret: slack-hook}}
    - {name: mail, type: email, to: ops@acme.example}
    - {name: pager, type: pagerduty, routing_key: {secret: pagerduty}, mirror: true}
    - {name: genie, type: opsgenie, api_key: {secret: opsgenie}, region: eu}
    - {name: hook, type: webhook, url: "https://hooks.acme.example/alerts", token: {secret: hook-token}}
  intervals:
    - {name: nights, times: [{weekdays: Mon-Fri, hours: "22:00-06:00"}], dates: ["2026-12-25"]}
    - {name: office, timezone: Europe/Berlin, times: [{weekdays: Mon-Fri, hours: "09:00-17:00"}]}
  routes:
    - {match: {severity: warning}, notify: mail, active: [office]}
    - match: {severity: info}
      notify: hook
      mute: [nights]
      routes:
        - {matchers: ['region=~"eu-.*"'], notify: genie, group_by: [region], repeat_interval: 2h}
"""


def build(folder: Path, tenants: dict[str, str], project: str = PROJECT) -> alertkit.Build:
    """Compiled, without a problem."""
    without = {name: text + NO_DASHBOARDS for name, text in tenants.items()}
    built = alertkit.build(projects.make(folder, without, project + NO_DASHBOARDS))
    assert not built.problems, built.problems
    return built


def fragment(built: alertkit.Build, tenant: str = "acme") -> Fragment:
    return next(one.compiled.fragment for one in built.tenants if one.tenant == tenant)


def written(built: alertkit.Build, folder: Path) -> Path:
    """Alertmanager's file on disk."""
    alertkit.write(built, folder / "generated")
    return folder / "generated" / paths.ALERTMANAGER_FILE


def read_tree(data: bytes) -> Tree:
    """The tree as it stands in a configuration, read by another YAML reader."""
    return Tree(_read(yaml.safe_load(data)["route"]))


def _read(route: dict[str, object]) -> Route:
    return Route(
        tuple(matchers.parse(text) for text in route.get("matchers", [])),
        route.get("receiver"),
        tuple(route.get("group_by", ())),
        follow=route.get("continue", False),
        routes=tuple(map(_read, route.get("routes", []))),
    )


def reached(tree: Tree, labels: dict[str, str]) -> list[str]:
    return [path.receiver for path in tree.match(labels)]


def equal(**labels: str) -> tuple[Matcher, ...]:
    return tuple(Matcher(name, "=", value) for name, value in labels.items())
