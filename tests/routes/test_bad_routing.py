"""Bad input about routing: every mistake with file, line, column, code and hint; the other tenants are still written."""

from __future__ import annotations

from pathlib import Path

import projects
import pytest
import routed

import alertkit
from alertkit import names

DAY = routed.ESCALATION
SECRETS = "# alertkit.yaml\nalertmanager: {secrets_dir: secrets}\n"
ACME = "# tenants/acme.yaml\n"

BAD = {
    "a matcher with two equals signs": ("AK604", f"{DAY}routing:\n  routes:\n    - {{matchers: [«'severity==x'], escalate: day}}\n"),
    "a pattern that is none": ("AK604", f"{DAY}routing:\n  routes:\n    - {{matchers: [«'region=~\"(\"'], escalate: day}}\n"),
    "a pattern that would slip out of its anchors": (
        "AK604",
        f"{DAY}routing:\n  routes:\n    - {{matchers: [«'region=~\"a)|(b\"'], escalate: day}}\n",
    ),
    "a matcher of an inhibit rule": ("AK604", "routing:\n  inhibit:\n    - {source: [«'abc'], target: {severity: info}}\n"),
    "a matcher on the tenant label": ("AK404", f"{DAY}routing:\n  routes:\n    - {{matchers: [«'tenant=~\".*\"'], escalate: day}}\n"),
    "a label of the tenant": ("AK404", f"{DAY}routing:\n  routes:\n    - {{match: {{«tenant: globex}}, escalate: day}}\n"),
    "an inhibit rule on the tenant label": (
        "AK404",
        "routing:\n  inhibit:\n    - {source: [«'tenant!=\"acme\"'], target: {severity: info}}\n",
    ),
    "a pattern that no severity meets": (
        "AK602",
        f"{DAY}routing:\n  routes:\n    - {{matchers: [«'severity=~\"crit\"'], escalate: day}}\n",
    ),
    "a name of a label that only later versions read": (
        "AK611",
        f"{DAY}routing:\n  routes:\n    - {{matchers: [«'\"k8s.pod\"=x'], escalate: day}}\n",
    ),
    "a name clash of receivers": (
        "AK302",
        "routing:\n  receivers:\n    - {name: h, type: pagerduty, routing_key: {secret: k}}\n"
        "    - {name: «h, type: pagerduty, routing_key: {secret: k}}\n",
    ),
    "a name clash of intervals": (
        "AK302",
        'routing:\n  intervals:\n    - {name: n, dates: ["2026-12-25"]}\n    - {name: «n, dates: ["2026-12-26"]}\n',
    ),
    "a missing receiver": ("AK301", "routing:\n  routes:\n    - {match: {severity: info}, notify: «rom}\n"),
    "a missing receiver for the rest": ("AK301", "routing: {notify: «room}\n"),
    "a missing receiver far below": (
        "AK301",
        f"{DAY}routing:\n  routes:\n    - match: {{severity: info}}\n      escalate: day\n      routes:\n"
        "        - {match: {region: eu}, notify: «room}\n",
    ),
    "an unknown policy far below": (
        "AK301",
        f"{DAY}routing:\n  routes:\n    - match: {{severity: info}}\n      escalate: day\n      routes:\n"
        "        - {match: {region: eu}, escalate: «dya}\n",
    ),
    "an unknown interval": (
        "AK301",
        f"{SECRETS}{ACME}routing:\n  receivers: [{{name: h, type: pagerduty, routing_key: {{secret: k}}}}]\n"
        "  routes:\n    - {match: {severity: info}, notify: h, mute: [«nights]}\n",
    ),
    "an interval on the way to a policy": (
        "AK609",
        f'{DAY}routing:\n  intervals: [{{name: n, dates: ["2026-12-25"]}}]\n'
        "  routes:\n    - {match: {severity: info}, escalate: day, «active: [n]}\n",
    ),
    "an interval of nothing": ("AK609", "routing:\n  intervals:\n    - «{name: n}\n"),
    "an interval on a day that does not exist": ("AK502", 'routing:\n  intervals:\n    - {name: n, dates: [«"2026-02-30"]}\n'),
    "an interval in a zone that does not exist": (
        "AK501",
        'routing:\n  intervals:\n    - {name: n, timezone: «Europe/Pari, dates: ["2026-02-03"]}\n',
    ),
    "a circle of inhibition": (
        "AK608",
        "alerts:\n  - {name: A, service: web, expr: up == 0, severity: critical, summary: a}\n"
        "  - {name: B, service: web, expr: up == 0, severity: critical, summary: b}\n"
        "  - {name: C, service: web, expr: up == 0, severity: critical, summary: c}\n"
        "routing:\n  inhibit:\n    - {source: {alertname: A}, target: {alertname: B}}\n"
        "    - {source: {alertname: B}, target: {alertname: C}}\n    - «{source: {alertname: C}, target: {alertname: A}}\n",
    ),
    "an inhibit rule without effect": (
        "AK603",
        "routing:\n  inhibit:\n    - «{source: {severity: info}, target: ['severity=\"info\"']}\n",
    ),
    "a secret without a mapping": (
        "AK610",
        "routing:\n  receivers:\n    - {name: p, type: pagerduty, routing_key: «{secret: pagerduty}}\n",
    ),
    "mail without a mail server": ("AK610", "routing:\n  receivers:\n    - «{name: m, type: email, to: a@acme.example}\n"),
    "a mail server's password without a mapping": (
        "AK610",
        '# alertkit.yaml\nalertmanager:\n  smtp: {host: "smtp.example:25", from: a@b.example, password: «{secret: smtp}}\n',
    ),
    "a secret that the target reads from no file": (
        "AK611",
        f"{SECRETS}{ACME}routing:\n  receivers:\n    - {{name: h, type: webhook, url: «{{secret: hook}}}}\n",
    ),
    "a target that is too old": ("AK611", '# alertkit.yaml\ntargets: {alertmanager: «"0.24"}\n'),
    "a URL that the project does not allow": (
        "AK312",
        'routing:\n  receivers:\n    - {name: h, type: webhook, url: «"http://169.254.169.254/latest"}\n',
    ),
    "a URL with a user that reads as an allowed host": (
        "AK312",
        "# alertkit.yaml\nwebhook_hosts: [hooks.acme.example]\n"
        f'{ACME}routing:\n  receivers:\n    - {{name: h, type: webhook, url: «"https://hooks.acme.example@10.0.0.1/"}}\n',
    ),
    "a Slack webhook in the open": (
        "AK312",
        'routing:\n  receivers:\n    - {name: h, type: slack, channel: "#a", url: «"https://hooks.slack.com/services/T/B/X"}\n',
    ),
    "a receiver without what it needs": ("AK310", "routing:\n  receivers:\n    - «{name: s, type: slack, channel: '#a'}\n"),
    "a receiver with what it cannot use": (
        "AK311",
        f"{SECRETS}{ACME}routing:\n  receivers:\n    - {{name: p, type: pagerduty, routing_key: {{secret: k}}, «to: a@b.example}}\n",
    ),
    "a receiver without a type": ("AK202", "routing:\n  receivers:\n    - «{name: s}\n"),
    "a template in a channel": ("AK204", "routing:\n  receivers:\n    - {name: s, type: slack, channel: «'#{{ .X }}'}\n"),
    "a template in an address": ("AK204", "routing:\n  receivers:\n    - {name: s, type: email, to: «'{{ .X }}@b.example'}\n"),
    "a template in a URL": ("AK204", "routing:\n  receivers:\n    - {name: s, type: webhook, url: «'https://b.example/{{ .X }}'}\n"),
    "a path instead of a secret": ("AK204", "routing:\n  receivers:\n    - {name: s, type: webhook, token: {secret: «../../etc/shadow}}\n"),
    "a proxy": ("AK201", "routing:\n  receivers:\n    - {name: s, type: pagerduty, «proxy_url: 'http://x.example'}\n"),
    "a file": ("AK201", "routing:\n  receivers:\n    - {name: s, type: slack, «api_url_file: /etc/shadow}\n"),
    "a route without a condition": ("AK605", f"{DAY}routing:\n  routes:\n    - «{{escalate: day}}\n"),
    "a route without a target": ("AK605", "routing:\n  routes:\n    - «{match: {severity: info}}\n"),
    "a route with two targets": (
        "AK605",
        f"{DAY}routing:\n  routes:\n    - {{match: {{severity: info}}, escalate: day, «notify: room}}\n",
    ),
    "a route behind a wider one": (
        "AK601",
        f"{DAY}routing:\n  routes:\n    - {{match: {{severity: info}}, escalate: day}}\n"
        "    - {match: «{severity: info, region: eu}, escalate: night}\n",
    ),
    "a route behind a wider one in another notation": (
        "AK601",
        f"{DAY}routing:\n  routes:\n    - {{matchers: ['severity=\"info\"'], escalate: day}}\n"
        "    - {match: «{severity: info}, escalate: night}\n",
    ),
    "a nested route behind a wider one": (
        "AK601",
        f"{DAY}routing:\n  routes:\n    - match: {{severity: info}}\n      escalate: day\n      routes:\n"
        "        - {match: {region: eu}}\n        - {match: «{region: eu, zone: a}, escalate: night}\n",
    ),
    "equal matchers to one policy": (
        "AK606",
        f"{DAY}routing:\n  routes:\n    - {{match: {{severity: info}}, escalate: day, continue: true}}\n"
        "    - «{match: {severity: info}, escalate: day}\n",
    ),
    "a copy that goes where the alert goes anyway": (
        "AK606",
        f"{DAY}routing:\n  routes:\n    - «match: {{severity: info}}\n      escalate: day\n      routes:\n"
        "        - {match: {region: eu}, continue: true}\n",
    ),
    "a mirror that a route names as well": (
        "AK606",
        f"{SECRETS}{ACME}routing:\n  receivers: [{{name: h, type: pagerduty, routing_key: {{secret: k}}, mirror: true}}]\n"
        "  routes:\n    - «{match: {service: web}, notify: h}\n",
    ),
    "a mirror that takes the rest as well": (
        "AK606",
        f"{SECRETS}{ACME}routing:\n  notify: «h\n"
        "  receivers: [{name: h, type: pagerduty, routing_key: {secret: k}, mirror: true}]\n",
    ),
    "a route that contradicts the one above": (
        "AK607",
        f"{DAY}routing:\n  routes:\n    - match: {{severity: info}}\n      escalate: day\n      routes:\n"
        "        - {match: «{severity: critical}}\n",
    ),
    "a test of a policy that is not there": (
        "AK301",
        "routing:\n  tests:\n    - {name: t, labels: {severity: info}, reaches: {policy: «day}}\n",
    ),
    "a test of another tenant": (
        "AK404",
        "routing:\n  tests:\n    - {name: t, labels: {«tenant: globex}, reaches: {policy: unrouted}}\n",
    ),
    "a test at a moment that does not exist": (
        "AK502",
        'routing:\n  tests:\n    - {name: t, labels: {severity: info}, at: «"2026-02-30T01:00", reaches: {policy: unrouted}}\n',
    ),
    "a test of people without a time": ("AK612", "routing:\n  tests:\n    - «{name: t, labels: {severity: info}, reaches: nobody}\n"),
    "a time zone that does not exist": ("AK501", "timezone: «Mars/Olympus\n"),
    "a rotation without members": (
        "AK204",
        'schedules:\n  - name: s\n    layers:\n      - {rotation: daily, handoff: "09:00", from: "2026-01-01", members: «[]}\n',
    ),
    "an override that ends before it starts": (
        "AK502",
        'people: [{id: a, name: A, slack: U0ABCDEF}]\nschedules:\n  - name: s\n    layers:\n'
        '      - {rotation: daily, handoff: "09:00", from: "2026-01-01", members: [a]}\n'
        '    overrides:\n      - {from: "2026-02-02T09:00", until: «"2026-02-01T09:00", person: a}\n',
    ),
    "who watches alertkit is unknown": ("AK301", "# alertkit.yaml\nalertmanager: {health: «pager}\n"),
}  # fmt: skip
HINTLESS = {"AK204", "AK202", "AK310", "AK201"}
"""Codes whose message says what was expected, so that a hint would repeat it."""


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_is_named_with_place_code_and_hint(mistake: str, tmp_path: Path) -> None:
    code, example = BAD[mistake]
    places = projects.make_example(tmp_path, example)
    found = [problem for problem in alertkit.check(tmp_path) if problem.code == code]
    assert [projects.where(problem) for problem in found] == places, alertkit.check(tmp_path)
    assert all(problem.hint or code in HINTLESS for problem in found), found


OF_A_TENANT = [mistake for mistake, (_, example) in BAD.items() if "# alertkit.yaml" not in example]


@pytest.mark.parametrize("mistake", OF_A_TENANT)
def test_the_other_tenants_are_still_written(mistake: str, tmp_path: Path) -> None:
    projects.make_example(tmp_path, BAD[mistake][1])
    (tmp_path / "tenants" / "globex.yaml").write_text(projects.tenant("", "globex"))
    plan = alertkit.write(alertkit.build(tmp_path))
    assert plan.failed
    written = (tmp_path / "generated" / names.ALERTMANAGER_FILE).read_text()
    assert "globex/owner-web" in written
    assert "acme" not in written
