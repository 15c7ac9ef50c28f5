"""What is wrong in meaning, and what is not. A « stands before every place that a problem must name; nothing else is reported."""

from __future__ import annotations

from pathlib import Path

import projects
import pytest

from alertkit import check
from alertkit.errors import Level

PEOPLE = "people: [{id: amelie, name: Amélie, slack: U0AMELIE1}, {id: jonas, name: Jonas, slack: U0JONAS11}]\n"
POLICY = "escalation: [{name: day, steps: [{notify: [{team: web}]}]}]\n"
ROUTE = POLICY + "routing: {routes: [{name: night, match: {severity: info}, escalate: day}]}\n"
STEP = "escalation:\n  - name: day\n    steps:\n      - notify: [%s]\n"


def alert(expr: str = "up == 0", rest: str = "summary: It is down") -> str:
    return f"alerts:\n  - name: Down\n    service: web\n    expr: {expr}\n    severity: critical\n    {rest}\n"


def layer(rotation: str, handoff: str, rest: str = "") -> str:
    return (
        PEOPLE + "schedules:\n  - name: primary\n    layers:\n"
        f"      - {{rotation: {rotation}, handoff: {handoff}, from: '2026-01-05', members: [amelie]{rest}}}\n"
    )


def old_target(tmp_path: Path, rest: str) -> list[str]:
    project = projects.make(tmp_path, {"acme": alert(rest=rest)}, project='targets: {prometheus: "2.41"}\n')
    return [f"{problem.level} {problem}" for problem in check(project)]


def test_a_field_that_a_target_does_not_know_is_a_problem_and_an_older_target_than_is_known_a_warning(tmp_path: Path) -> None:
    warning, error = old_target(tmp_path, "summary: x\n    keep_firing_for: 5m")
    assert warning.startswith("warning alertkit.yaml:")
    assert "AK407 warning: alertkit knows what Prometheus 2.42 and later understand; the target is 2.41" in warning
    assert error.startswith("error tenants/acme.yaml:")
    assert "AK407 keep_firing_for needs Prometheus 2.42; the project's target is 2.41" in error


def test_a_grafana_older_than_what_is_drawn_for_is_a_warning(tmp_path: Path) -> None:
    (found,) = check(projects.make(tmp_path, {"acme": ""}, project='targets: {grafana: "8.0"}\n'))
    assert (found.column, found.level, found.message) == (
        20,
        "warning",
        "alertkit draws for Grafana 10.4 and later; the target is 8.0",
    )


def window(begin: str, end: str) -> str:
    return f"maintenance:\n  - {{from: {begin}, until: {end}, match: {{service: web}}, reason: Upgrade}}\n"


def channel(rest: str) -> str:
    return f"channels:\n  - {rest}\n"


NAMES = {
    "a region that the language does not know": ("AK317", "locale: «fr_XX\n", "will be those of 'fr'"),
    "a person's region that the language does not know": (
        "AK317",
        "people: [{id: kim, name: Kim, slack: U024BE7LH, locale: «de_JP}]\n",
        "nothing is known of 'de' in 'JP'",
    ),
    "a service's owner that is no team": ("AK301", "services: [{name: web, owner: «webb}]\n", "did you mean 'web'?"),
    "an alert of no service": ("AK301", alert().replace("web", "«shop"), "unknown service 'shop' (known: web)"),
    "a member who is nobody": ("AK301", PEOPLE + 'teams: [{name: web, slack: "#w", members: [amelie, «jona]}]\n', "'jonas'?"),
    "a member who is the platform's": ("AK301", PEOPLE + 'teams: [{name: web, slack: "#w", members: [«kim]}]\n', "person 'kim'"),
    "a turn of nobody": ("AK301", layer("daily", '"09:00"').replace("[amelie]", "[amelie, «x]"), "unknown person 'x'"),
    "an override by nobody": (
        "AK301",
        layer("daily", '"09:00"') + "    overrides: [{from: 2026-01-05T09:00, until: 2026-01-06T09:00, person: «x}]\n",
        "unknown person 'x'",
    ),
    "a step that tells no team": ("AK301", STEP % "{team: «wep}", "unknown team 'wep'"),
    "a step that tells nobody": ("AK301", STEP % "{person: «kim}", "unknown person 'kim'"),
    "a step that tells no schedule": ("AK301", STEP % "{schedule: «primary}", "unknown schedule 'primary'"),
    "a step that tells no channel": ("AK301", STEP % "{channel: «pager}", "unknown channel 'pager' (known: slack)"),
    "a route to no policy": (
        "AK301",
        POLICY + "routing: {routes: [{match: {severity: info}, escalate: «night}]}\n",
        "known: day",
    ),
    "two services of a name": (
        "AK302",
        "services:\n  - {name: web, owner: web}\n  - {name: «web, owner: web}\n",
        "services: name 'web' stands twice, as number 1 and number 2",
    ),
    "two alerts of a name": ("AK302", alert() + alert().partition("\n")[2].replace("Down", "«Down"), "name 'Down' stands twice"),
    "two people of an id": (
        "AK302",
        "people: [{id: a, name: A, slack: U0AMELIE1}, {id: «a, name: B, slack: U0AMELIE2}]\n",
        "people: id 'a' stands twice",
    ),
    "two policies of a name": (
        "AK302",
        "escalation: [{name: day, steps: [{notify: [{team: web}]}]}, {name: «day, steps: [{notify: [{team: web}]}]}]\n",
        "escalation: name 'day' stands twice",
    ),
    "two records of a name and labels": (
        "AK302",
        "records:\n  - {record: 'a:b', expr: x, labels: {c: d}}\n  - {record: «'a:b', expr: y, labels: {c: d}}\n",
        "'a:b' is recorded twice with the same labels",
    ),
    "a team that the platform has": (
        "AK303",
        'teams: [{name: web, slack: "#w"}, {name: «platform, slack: "#p"}]\n',
        "one of the platform's teams",
    ),
    "a schedule that the platform has": (
        "AK303",
        "# alertkit.yaml\n"
        + layer("daily", '"09:00"').replace(PEOPLE, "").replace("amelie", "kim")
        + "# tenants/acme.yaml\n"
        + layer("daily", '"09:00"').replace("name: primary", "name: «primary"),
        "one of the platform's schedules",
    ),
    "a policy for what no route takes": ("AK303", POLICY.replace("day", "«unrouted"), "alertkit makes policies of this name"),
    "a policy for an owner": ("AK303", POLICY.replace("day", "«owner-web"), "alertkit makes policies of this name"),
    "a tenant that is called otherwise than its file": ("AK304", "tenant: «acme-music\n", "its name says 'acme'"),
    "an entry left out that is not there": (
        "AK308",
        alert() + "environments:\n  staging:\n    alerts: [{name: «Dawn, remove: true}]\n",
        "there is no 'Dawn' to leave out (did you mean 'Down'?)",
    ),
    "an entry left out of a section that is not there": (
        "AK308",
        "environments:\n  staging:\n    alerts: [{name: «Down, remove: true}]\n",
        "there is no 'Down' to leave out",
    ),
    "a pack left out that the service does not use": (
        "AK308",
        "environments:\n  staging:\n    services: [{name: web, packs: [{use: «host, remove: true}]}]\n",
        "there is no 'host' to leave out",
    ),
    "an entry left out of which more is said": (
        "AK308",
        alert() + "environments:\n  staging:\n    alerts: [{name: Down, remove: true, «severity: info}]\n",
        "'Down' is left out, so 'severity' would do nothing (keep name and remove alone)",
    ),
    "a test of the routing left out that is not there": (
        "AK308",
        "environments:\n  staging:\n    routing: {tests: [{name: «pages, remove: true}]}\n",
        "there is no 'pages' to leave out",
    ),
    "a test of the routing left out of the tenant itself": (
        "AK308",
        "routing: {tests: [{name: pages, «remove: true}]}\n",
        "only an environment leaves an entry out",
    ),
    "a route left out that has no name": (
        "AK308",
        "environments:\n  staging:\n    routing: {routes: [{match: {severity: info}, «remove: true}]}\n",
        "left out by its name, and this has none (give the tenant's entry a name, and say it here; or write the whole list",
    ),
    "a route left out that is not there": (
        "AK308",
        ROUTE + "environments:\n  staging:\n    routing: {routes: [{name: «nights, remove: true}]}\n",
        "there is no 'nights' to leave out (did you mean 'night'?)",
    ),
    "a route left out of the tenant itself": (
        "AK308",
        ROUTE.replace("escalate: day", "escalate: day, «remove: true"),
        "only an environment leaves an entry out",
    ),
    "a window of maintenance left out that has no name": (
        "AK308",
        """environments:
  staging:
    maintenance: [{from: 2026-12-01T22:00, until: 2026-12-02T04:00, match: {service: web}, reason: a, «remove: true}]
""",
        "left out by its name",
    ),
    "a window of maintenance that is unfinished": (
        "AK202",
        "environments:\n  staging:\n    maintenance: [«{from: 2026-12-01T22:00, match: {service: web}, reason: a}]\n",
        "missing key 'until'",
    ),
    "two windows of a name": (
        "AK302",
        window("2026-12-01T22:00", "2026-12-02T04:00").replace("{from", "{name: up, from")
        + "  - {name: «up, from: 2026-12-03T22:00, until: 2026-12-04T04:00, match: {service: web}, reason: Upgrade}\n",
        "maintenance: name 'up' stands twice, as number 1 and number 2 (an environment could mean either)",
    ),
    "two routes of a name below another": (
        "AK302",
        POLICY
        + """routing:
  routes:
    - match: {severity: info}
      escalate: day
      routes:
        - {name: a, match: {region: eu}, escalate: day}
        - {name: «a, match: {region: us}, escalate: day}
""",
        "routes: name 'a' stands twice",
    ),
    "one tier of an SLO left out": (
        "AK201",
        "environments:\n  staging:\n    slos: [{name: a, tiers: [{name: page-1h, long: 1h, budget: 2%, «remove: true}]}]\n",
        "null in place of the list takes all away",
    ),
    "an entry left out of the tenant itself": (
        "AK308",
        alert(rest="summary: It is down\n    «remove: true"),
        "only an environment leaves an entry out",
    ),
    "an environment that the project has not": ("AK305", "environments:\n  «stagin: {title: A}\n", "did you mean 'staging'?"),
}

CHANNELS = {
    "a person without an address": ("AK306", "people:\n  - «{id: a, name: A}\n", "cannot be reached"),
    "a person whose only address nobody serves": (
        "AK306",
        "people:\n  - «{id: a, name: A, email: a@b.example}\n",
        "cannot be reached",
    ),
    "a contact without its address": (
        "AK306",
        "people:\n  - {id: a, name: A, slack: U0AMELIE1, contact: [slack, {by: «email}]}\n".replace(
            "{by: «email}", "«{by: email}"
        ),
        "is contacted by email but has no 'email'",
    ),
    "a contact that nobody serves": (
        "AK306",
        "people:\n  - {id: a, name: A, email: a@b.example, contact: [«email]}\n",
        "neither tenant nor platform has a channel of type email",
    ),
    "a room that nobody serves": (
        "AK306",
        "teams: [{name: web, email: «web@b.example}]\n",
        "a channel of type email",
    ),
    "a team without room and members": ("AK306", "teams: [«{name: web}]\n", "it has no room and no members"),
    "a channel that lacks what its type needs": (
        "AK310",
        "# alertkit.yaml\nmail_hosts: [h]\n# tenants/acme.yaml\n" + channel("«{name: mail, type: email, host: h}"),
        "type email needs 'from'",
    ),
    "a type of channel that is misspelt": (
        "AK314",
        channel("{name: c, type: «slak}"),
        "there is no type 'slak' (did you mean 'slack'?",
    ),
    "a type of channel that the project does not list": (
        "AK314",
        channel("{name: c, type: «matrix}"),
        "one that a package brings stands in channel_types of alertkit.yaml",
    ),
    "a key that a channel of another package's type cannot take": (
        "AK311",
        "# alertkit.yaml\nchannel_types: [matrix]\n# tenants/acme.yaml\n"
        + channel("{name: c, type: matrix, «token: {secret: t}}"),
        "'token' does nothing for a channel of type matrix (its keys: options, secrets)",
    ),
    "options of a channel that has its own keys": (
        "AK311",
        channel("{name: c, type: slack, token: {secret: t}, «options: {a: b}}"),
        "'options' does nothing for a channel of type slack",
    ),
    "a key of another type of channel": (
        "AK311",
        channel("{name: p, type: pagerduty, routing_key: {secret: p}, «host: h}"),
        "'host' does nothing for a channel of type pagerduty (its keys: routing_key)",
    ),
    "a webhook to a host that the project does not list": (
        "AK312",
        channel("{name: h, type: webhook, signing_secret: {secret: h}, url: «https://evil.example/x}"),
        "does not allow webhooks to 'evil.example'",
    ),
    "a webhook that hides its host": (
        "AK312",
        "# alertkit.yaml\nwebhook_hosts: [hooks.example]\n# tenants/acme.yaml\n"
        + channel("{name: h, type: webhook, signing_secret: {secret: h}, url: «https://hooks.example@evil.example/x}"),
        "does not allow webhooks to 'evil.example'",
    ),
    "a mail server that the project does not list": (
        "AK315",
        channel("{name: m, type: email, from: a@b.example, host: «10.0.0.1, port: 22}"),
        "does not allow mail through '10.0.0.1'",
    ),
    "a room of somebody else's": (
        "AK316",
        '# alertkit.yaml\nslack_rooms: ["#{tenant}-*"]\n# tenants/acme.yaml\nteams: [{name: web, slack: «"#globex-web"}]\n',
        "does not allow '#globex-web' through the platform's Slack",
    ),
    "a room that only begins with the tenant's name": (
        "AK316",
        '# alertkit.yaml\nslack_rooms: ["#{tenant}-*"]\n# tenants/acme.yaml\nteams: [{name: web, slack: «"#acmex"}]\n',
        "allowed: #acme-*;",
    ),
    "a person whom the project does not list": (
        "AK316",
        '# alertkit.yaml\nslack_rooms: ["#*", U0JONAS11]\n# tenants/acme.yaml\n' + PEOPLE.replace("U0AMELIE1", "«U0AMELIE1"),
        "person 'amelie': the project does not allow 'U0AMELIE1'",
    ),
    "a room by its id, which tells nobody whose it is": (
        "AK316",
        '# alertkit.yaml\nslack_rooms: ["#{tenant}-*"]\n# tenants/acme.yaml\nteams: [{name: web, slack: «C024BE7LH}]\n',
        "does not allow 'C024BE7LH'",
    ),
    "a step that tells a channel with nobody in it": (
        "AK313",
        STEP % "«{channel: slack}",
        "is of type slack and needs an address",
    ),
}

CALENDARS = {
    "a case that no machine can hold": (
        "AK410",
        alert(rest="summary: a\n    tests: [{series: «{x: 1x400000 _x99999, y: 1x2}, fires_at: 1m}]"),
        "feeds more than 500,000 samples",
    ),
    "a zone of the tenant": ("AK501", "timezone: «Europe/Pariss\n", "there is no time zone 'Europe/Pariss'"),
    "a zone that is a folder of zones": ("AK501", "timezone: «Europe\n", "there is no time zone 'Europe'"),
    "a zone that is another one on another machine": ("AK501", "timezone: «localtime\n", "there is no time zone 'localtime'"),
    "a zone of a person": ("AK501", "people: [{id: a, name: A, slack: U0AMELIE1, timezone: «Paris}]\n", "no time zone 'Paris'"),
    "a zone of a team": ("AK501", 'teams: [{name: web, slack: "#w", timezone: «CEST}]\n', "no time zone 'CEST'"),
    "a zone of a schedule": ("AK501", layer("daily", '"09:00"') + "    timezone: «Mars/Base\n", "no time zone 'Mars/Base'"),
    "a zone of active hours": ("AK501", POLICY.replace("}]\n", ', active: {hours: "09:00-18:00", timezone: «X}}]\n'), "zone 'X'"),
    "a day that is none": ("AK502", window("«2026-02-30T22:00", "2026-03-01T04:00"), "there is no moment '2026-02-30T22:00'"),
    "an hour that is none": ("AK502", window("2026-02-01T22:00", "«2026-03-01T25:00"), "there is no moment '2026-03-01T25:00'"),
    "an end before its beginning": ("AK502", window("2026-02-02T22:00", "«2026-02-01T22:00"), "it ends at 2026-02-01T22:00"),
    "an end at its beginning": ("AK502", window("2026-02-02T22:00", "«2026-02-02T22:00"), "not after it begins"),
    "a holiday that is none": (
        "AK502",
        POLICY.replace("}]\n", ', active: {hours: "09:00-18:00", holidays: [«"2026-02-29"]}}]\n'),
        "there is no date '2026-02-29'",
    ),
    "a layer that ends before it begins": (
        "AK502",
        layer("daily", '"09:00"', ", until: «'2026-01-05'"),
        "the layer ends on 2026-01-05, not after it begins on 2026-01-05",
    ),
    "an override that ends before it begins": (
        "AK502",
        layer("daily", '"09:00"') + "    overrides: [{from: 2026-01-06T09:00, until: «2026-01-05T09:00, person: jonas}]\n",
        "not after it begins",
    ),
    "a weekly hand-off without a weekday": ("AK503", layer("weekly", '«"09:00"'), "write it as 'Mon 09:00'"),
    "a monthly hand-off on a weekday": ("AK503", layer("monthly", "«Mon 09:00"), "write it as '1 09:00'"),
    "a daily hand-off on a weekday": ("AK503", layer("daily", "«Mon 09:00"), "write it as '09:00'"),
    "an hourly hand-off on a day of the month": ("AK503", layer("hourly", "«1 09:00"), "write it as '00:30'"),
    "a step before the one above it": (
        "AK504",
        STEP % "{team: web}" + "      - {after: 10m, notify: [{team: web}]}\n      - «{after: 5m, notify: [{team: web}]}\n",
        "step 3 comes before the step above it",
    ),
    "two steps of one moment": (
        "AK504",
        STEP % "{team: web}" + "      - «{after: 0s, notify: [{team: platform}]}\n",
        "step 2 comes at the same time as the step above it",
    ),
    "two steps of one second": (
        "AK504",
        STEP % "{team: web}" + "      - «{after: 500ms, notify: [{team: platform}]}\n",
        "step 2 comes at the same time as the step above it",
    ),
}

RULES = {
    "an alert that is no PromQL": ("AK401", alert("up«{job == 0"), "not PromQL"),
    "a record that is no PromQL, in its second line": (
        "AK401",
        "records:\n  - record: a:b\n    expr: |\n      sum by (job) (\n        rate(x[«5mm])\n      )\n",
        "not PromQL",
    ),
    "an alert that names another tenant": ("AK402", alert('«up{tenant="globex"} == 0'), "cannot be confined to the tenant"),
    "a record that forges the tenant label": (
        "AK402",
        'records:\n  - record: a:b\n    expr: «label_replace(up, "tenant", "globex", "", "")\n',
        "may not write 'tenant'",
    ),
    "an alert without a condition": ("AK403", alert("«rate(x[5m])"), "fires as long as there is data"),
    "an alert with a condition that is 0 or 1": ("AK403", alert("«up == bool 0"), "so it always fires"),
    "an alert that compares two numbers": ("AK401", alert("«1 > 2"), "not PromQL"),
    "a severity written as a label": ("AK404", alert(rest="summary: x\n    labels: {«severity: info}"), "is set by alertkit"),
    "the tenant written as a label": ("AK404", alert(rest="summary: x\n    labels: {«tenant: b}"), "is set by alertkit"),
    "the tenant label by its name in this project": (
        "AK404",
        "# alertkit.yaml\ntenancy: {label: customer}\n# tenants/acme.yaml\n"
        + alert(rest="summary: x\n    labels: {«customer: b}"),
        "label 'customer' is set by alertkit",
    ),
    "a label of Prometheus' own": ("AK404", alert(rest="summary: x\n    labels: {«__x: b}"), "are Prometheus' own"),
    "a reserved label of a record": (
        "AK404",
        "records:\n  - {record: 'a:b', expr: x, labels: {«slo: b}}\n",
        "is set by alertkit",
    ),
    "a brace alone": ("AK405", alert(rest='summary: «"{ value }"'), "a lone '{' at character 1"),
    "a brace alone in one language": ("AK405", alert(rest="summary: {en: x, fr: «'a } b'}"), "write {name} for a field"),
    "a label as a rule of Prometheus writes it": (
        "AK405",
        alert(rest="summary: «'{{ $labels.instance }} is down'"),
        "a template of Go's is not evaluated, people would read it as it stands (write {instance})",
    ),
    "a value as a rule of Prometheus writes it": (
        "AK405",
        alert(rest="summary: {en: x, fr: «'Depuis {{ printf \"%.0f\" $value }} s'}"),
        "(write {value})",
    ),
    "a label as a template of Alertmanager writes it": (
        "AK405",
        alert(rest="description: «'{{ .CommonLabels.job }}'\n    summary: x"),
        "(write {value} for the value, {name} for a label)",
    ),
    "half a template of Go's": ("AK405", alert(rest="description: «'{{ value }'\n    summary: x"), "a lone '}'"),
    "a field that an aggregation drops": ("AK406", alert("sum(up) == 0", "summary: «'{job} is down'"), "returns no label 'job'"),
    "the value with a capital letter": ("AK406", alert("sum(up) == 0", "summary: «'{Value} are down'"), "(write {value})"),
    "a function that a target does not know": (
        "AK407",
        alert("«histogram_avg(x) > 1"),
        "histogram_avg() needs Prometheus 2.51; the project's target is 2.42",
    ),
    "a function that every target refuses without a flag": (
        "AK407",
        '# alertkit.yaml\ntargets: {prometheus: "3.16"}\n# tenants/acme.yaml\n' + alert("sum(«limitk(3, x)) > histogram_avg(y)"),
        "limitk() is experimental: a Prometheus that is not started with a flag for it loads no rule of any tenant",
    ),
    "a form of PromQL that a target does not know, within its line": (
        "AK407",
        "records:\n  - record: a:b\n    expr: |\n      sum(\n        rate(x[«5]))\n",
        "the duration 5 without a unit needs Prometheus 3.0",
    ),
    "a record of a shared metric": (
        "AK408",
        "# alertkit.yaml\nshared_metrics: ['a:b']\n# tenants/acme.yaml\nrecords: [{record: «'a:b', expr: x}]\n",
        "a tenant may read it, not record it",
    ),
    "no sentence that the tenant's people read": (
        "AK409",
        "locale: fr_CA\n" + alert(rest="summary: «{de: Kaputt}"),
        "no sentence in fr or en; people will read de",
    ),
}

ROUTING = {
    "a maintenance window that matches nothing": (
        "AK602",
        window("2026-01-01T00:00", "2026-01-02T00:00").replace("service: web", "service: «wep"),
        "no alert of this tenant has service 'wep'",
    ),
    "a maintenance window by a label that is misspelt": (
        "AK602",
        window("2026-01-01T00:00", "2026-01-02T00:00").replace("{service", "{«services"),
        "warning: no alert has a label 'services', unless its expression returns one (did you mean 'service'?)",
    ),
    "a route by a label that is misspelt": (
        "AK602",
        POLICY + "routing: {routes: [{matchers: [«'sevrity=~\"crit.*\"'], escalate: day}]}\n",
        "(did you mean 'severity'?)",
    ),
    "a maintenance window of another tenant's": (
        "AK404",
        window("2026-01-01T00:00", "2026-01-02T00:00").replace("{service", "{«tenant: b, service"),
        "sees no other tenant's alerts",
    ),
    "a route that an earlier one shadows": (
        "AK601",
        POLICY + "routing:\n  routes:\n    - {match: {severity: info}, escalate: day}\n"
        "    - {match: «{service: web, severity: info}, escalate: day}\n",
        "route 1 matches all of them first",
    ),
    "an inhibit rule of alerts against themselves": (
        "AK603",
        "routing: {inhibit: [«{source: {severity: info}, target: {severity: info}}]}\n",
        "none of those can mute another",
    ),
}

WRONG = {**NAMES, **CHANNELS, **CALENDARS, **RULES, **ROUTING}


@pytest.mark.parametrize(("code", "example", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_meaning_is_one_problem_at_its_place(code: str, example: str, words: str, tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, example)
    found = check(tmp_path)
    assert [(projects.where(problem), problem.code) for problem in found] == [(mark, code) for mark in marks]
    assert words in str(found[0])


def test_unless_the_project_says_it_a_tenant_may_address_rooms_of_its_name_and_people(tmp_path: Path) -> None:
    rooms = ("#acme", "#acme-ops", "#acmeops", "#general", "C024BE7LH")
    teams = ", ".join(f'{{name: t{place}, slack: "{room}"}}' for place, room in enumerate(rooms))
    projects.make_example(tmp_path, f"services: []\n{PEOPLE}teams: [{teams}]\n")
    project = tmp_path / "alertkit.yaml"
    project.write_text(project.read_text().replace(projects.PROJECT["slack_rooms"], ""))
    found = check(tmp_path)
    assert [(problem.code, problem.message.partition("allow ")[2].partition(" ")[0]) for problem in found] == [
        ("AK316", "'#acmeops'"), ("AK316", "'#general'"), ("AK316", "'C024BE7LH'"),
    ]  # fmt: skip


RIGHT = {
    "a Slack of the tenant's own, which leads where it likes": "# alertkit.yaml\nslack_rooms: []\n# tenants/acme.yaml\n"
    + channel("{name: chat, type: slack, token: {secret: own}}")
    + 'teams: [{name: web, slack: "#general"}]\n',
    "a tenant with nothing but a name": "services: []\nteams: []\n",
    "the platform's team as an owner": "services: [{name: web, owner: platform}]\n",
    "the platform's team as a target": STEP % "{team: platform}",
    "records of a name with other labels": "records: [{record: 'a:b', expr: x}, {record: 'a:b', expr: y, labels: {c: d}}]\n",
    "a channel of the platform's name, the tenant's own": channel("{name: slack, type: slack, token: {secret: own}}"),
    "an address of the tenant's own channel": "# alertkit.yaml\nmail_hosts: [h]\n# tenants/acme.yaml\n"
    + channel("{name: mail, type: email, host: h, from: a@b.example}")
    + "people: [{id: a, name: A, email: {secret: mail-of-a}}]\n",
    "a team with people and without a room": PEOPLE + "teams: [{name: web, members: [amelie]}]\n",
    "a webhook to a host of the project's": "# alertkit.yaml\nwebhook_hosts: [hooks.example]\n# tenants/acme.yaml\n"
    + channel("{name: h, type: webhook, signing_secret: {secret: h}, url: 'https://hooks.example/x'}"),
    "a log": channel("{name: log, type: log}") + STEP % "{channel: log}",
    "every form of hand-off": PEOPLE
    + "schedules:\n  - name: p\n    layers:\n"
    + "".join(
        f"      - {{rotation: {rotation}, handoff: '{handoff}', from: '2026-01-05', members: [amelie, jonas]}}\n"
        for rotation, handoff in (("hourly", "00:30"), ("daily", "09:00"), ("weekly", "Sun 23:59"), ("monthly", "28 00:00"))
    ),
    "a leap day": window("2028-02-29T00:00", "2028-03-01T00:00"),
    "a shared metric that is read": "# alertkit.yaml\nshared_metrics: [node_load5]\n# tenants/acme.yaml\n"
    + alert("node_load5 > 5"),
    "fields of the result, of the rule and of alertkit": alert(
        "max by (job) (up) == 0",
        "summary: '{job} {value} {service} {severity} {alertname} {tenant} {region} {{}}'\n    labels: {region: eu}",
    ),
    "a sentence in English for a tenant that reads French": "locale: fr\n" + alert(rest="summary: {en: Down}"),
    "an alert on absence": alert("absent(up)"),
    "an alert on a logical condition": alert("up unless on (job) y"),
    "a field that a target knows": '# alertkit.yaml\ntargets: {prometheus: "2.42.0"}\n# tenants/acme.yaml\n'
    + alert(rest="summary: x\n    keep_firing_for: 5m"),
    "a function that a target knows": '# alertkit.yaml\ntargets: {prometheus: "3.0"}\n# tenants/acme.yaml\n'
    + alert("histogram_avg(x) > 1"),
    "a route by labels that an expression or an alert may have": POLICY
    + alert("up == 0", "summary: x\n    labels: {services: all}")
    + "routing: {routes: [{match: {services: all, region: eu, server: a}, escalate: day}]}\n",
    "routes that are reached": POLICY + "routing:\n  routes:\n    - {match: {severity: info, service: web}, escalate: day}\n"
    "    - {match: {severity: info}, escalate: day}\n",
}


@pytest.mark.parametrize("example", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_no_problem(example: str, tmp_path: Path) -> None:
    assert projects.problems(tmp_path, example) == []


def test_a_warning_does_not_keep_a_tenant_from_being_written(tmp_path: Path) -> None:
    (found,) = projects.problems(tmp_path, RULES["no sentence that the tenant's people read"][1])
    assert found.level is Level.WARNING
    assert ": AK409 warning: " in str(found)


def test_the_platform_may_read_every_tenant_s_series(tmp_path: Path) -> None:
    project = "services: [{name: prometheus, owner: platform}]\n" + alert('up{tenant="acme"} == 0').replace("web", "prometheus")
    projects.make(tmp_path, project=project)
    assert check(tmp_path) == ()


def test_where_the_data_source_is_isolated_expressions_stay_as_they_are(tmp_path: Path) -> None:
    example = "# alertkit.yaml\ntenancy: {enforce: label}\n# tenants/acme.yaml\n" + alert('up{tenant="globex"} == 0')
    assert projects.problems(tmp_path, example) == []
    wrong = example.replace('up{tenant="globex"} == 0', "up ==")
    assert [problem.code for problem in projects.problems(tmp_path, wrong)] == ["AK401"]


def test_a_mistake_of_the_platform_s_is_found_in_the_project_file(tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, "# alertkit.yaml\nservices:\n  - {name: prometheus, owner: «plattform}\n")
    (found,) = check(tmp_path)
    assert (projects.where(found), found.code, found.tenant) == (marks[0], "AK301", "platform")
