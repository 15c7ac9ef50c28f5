from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from compiled import open_example, resolved

from alertkit.model.oncall import ActiveHours, Contact, EscalationPolicy, Handoff, Restriction, Step, Target
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.tenant import Targets, Tenant

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
PLATFORM = """# alertkit.yaml
locale: de
timezone: Europe/Berlin
people:
  - {id: kim, name: Kim Lee, slack: U0PLATKIM}
  - {id: sam, name: Sam Roe, email: {secret: sam-email}, locale: fr, timezone: Europe/Paris}
teams:
  - {name: platform, slack: "#platform", members: [kim]}
channels:
  - {name: slack, type: slack, token: {secret: slack-bot}}
  - {name: mail, type: email, host: smtp.example, from: a@b.example, password: {secret: smtp}}
  - {name: pager, type: pagerduty, routing_key: {secret: pager}}
schedules:
  - {name: night, layers: [{rotation: daily, handoff: "09:00", from: "2026-01-05", members: [kim]}],
     overrides: [{from: "2026-12-24T09:00", until: "2026-12-25T09:00", person: sam}]}
# tenants/acme.yaml
"""


def of(folder: Path, example: str, environment: str = "") -> Tenant:
    return resolved(folder, example, environment)[0]


def test_a_project_that_says_little_gets_defaults(tmp_path: Path) -> None:
    project = open_example(tmp_path, "").project
    assert project.tenants == "tenants"
    assert (project.label, project.enforce) == ("tenant", "selectors")
    assert project.targets == Targets((2, 42), (0, 25), (10, 4))
    assert project.receiver.max_alerts == 500
    assert project.datasource_uid == "prometheus"
    assert project.grafana_url == ""
    assert project.shared_metrics == frozenset()
    assert project.evaluation_interval == Duration.of(minutes=1)
    assert project.environment == ""
    assert project.reserved_labels() >= {"tenant", "severity", "service", "alertname", "__name__"}


def test_what_a_project_says_is_taken_and_urls_end_without_a_slash(tmp_path: Path) -> None:
    project = open_example(
        tmp_path,
        "# alertkit.yaml\ntenancy: {label: customer, enforce: label}\ntargets: {prometheus: '3.5.1'}\n"
        "receiver: {url: 'https://alerts.example/', credentials_file: 'tokens/{tenant}', max_alerts: 50}\n"
        "grafana: {url: 'https://grafana.example/'}\ndatasource: {uid: mimir}\nevaluation_interval: 30s\n"
        "shared_metrics: [node_load5]\n",
        "staging",
    ).project
    assert (project.label, project.enforce) == ("customer", "label")
    assert project.targets.prometheus == (3, 5)
    assert project.receiver.url == "https://alerts.example"
    assert project.receiver.max_alerts == 50
    assert project.grafana_url == "https://grafana.example"
    assert project.datasource_uid == "mimir"
    assert project.evaluation_interval.seconds == 30
    assert project.shared_metrics == {"node_load5"}
    assert project.environment == "staging"
    assert "customer" in project.reserved_labels()


def test_an_alert_keeps_what_its_author_wrote_and_where(tmp_path: Path) -> None:
    (alert,) = of(
        tmp_path,
        "alerts:\n  - name: Slow\n    service: web\n    expr: x > 1\n    for: 1h30m\n    keep_firing_for: 5m\n"
        "    severity: info\n    unit: percent\n    labels: {region: eu}\n    runbook: https://r.example/x\n"
        "    summary: {en: slow}\n    description: slow indeed\n",
    ).alerts
    assert (alert.name, alert.id, alert.service, alert.expr, alert.severity) == ("Slow", "Slow", "web", "x > 1", "info")
    assert alert.hold == Duration.of(minutes=90)
    assert alert.keep_firing_for == Duration.of(minutes=5)
    assert (alert.unit, alert.labels, alert.runbook) == ("percent", {"region": "eu"}, "https://r.example/x")
    assert alert.source == Source("tenants/acme.yaml", 2)


def test_a_sentence_without_a_language_is_in_the_tenant_s(tmp_path: Path) -> None:
    (alert,) = of(
        tmp_path,
        "locale: de_AT\nalerts:\n"
        "  - {name: A, service: web, expr: x > 1, severity: info, summary: kaputt, description: {en: broken}}\n",
    ).alerts
    assert alert.summary == {"de_AT": "kaputt"}
    assert alert.description == {"en": "broken"}
    assert alert.unit == "none"
    assert alert.hold is None


def test_people_and_teams_read_the_tenant_s_language_and_zone_unless_they_say_otherwise(tmp_path: Path) -> None:
    tenant = of(
        tmp_path,
        "locale: fr\nteams: [{name: web, slack: '#w'}, {name: ops, slack: '#o', locale: es, timezone: UTC}]\n"
        "people: [{id: a, name: A, slack: U0AMELIE1}, {id: b, name: B, slack: U0JONAS11, locale: it, timezone: UTC}]\n",
    )
    assert [(p.locale, p.timezone) for p in (tenant.people["a"], tenant.people["b"])] == [("fr", "Europe/Paris"), ("it", "UTC")]
    assert [(t.locale, t.timezone) for t in (tenant.teams["web"], tenant.teams["ops"])] == [("fr", "Europe/Paris"), ("es", "UTC")]


def test_a_person_is_reached_by_every_address_at_once_or_as_written(tmp_path: Path) -> None:
    tenant = of(
        tmp_path,
        PLATFORM + "people:\n  - {id: a, name: A, email: a@b.example, slack: U0AMELIE1}\n"
        "  - {id: b, name: B, email: {secret: b-mail}, slack: U0JONAS11, contact: [{by: email}, {by: slack, after: 1m30s}]}\n",
    )
    assert tenant.people["a"].contact == (
        Contact("platform/slack", address="U0AMELIE1"),
        Contact("platform/mail", address="a@b.example"),
    )
    assert tenant.people["b"].contact == (
        Contact("platform/mail", address_secret="acme/b-mail"),
        Contact("platform/slack", address="U0JONAS11", after=90),
    )


def test_an_address_that_no_channel_serves_is_no_contact(tmp_path: Path) -> None:
    tenant = of(tmp_path, "people: [{id: a, name: A, email: a@b.example, slack: U0AMELIE1}]\n")
    assert [contact.channel for contact in tenant.people["a"].contact] == ["platform/slack"]


def test_a_tenant_s_own_channel_goes_before_the_platform_s_of_its_type(tmp_path: Path) -> None:
    tenant = of(tmp_path, "channels: [{name: chat, type: slack, token: {secret: own-bot}}]\n")
    assert tenant.teams["web"].contact == (Contact("chat", address="#web"),)
    assert tenant.teams["platform/platform"].contact == (Contact("platform/slack", address="#platform"),)
    assert tenant.channels["chat"].secrets == {"token": "acme/own-bot"}
    assert tenant.channels["platform/slack"].secrets == {"token": "platform/slack-bot"}


def test_what_the_platform_lends_has_names_that_no_tenant_can_give_and_keeps_its_own_defaults(tmp_path: Path) -> None:
    tenant = of(tmp_path, PLATFORM + "locale: it\ntimezone: Europe/Rome\n")
    assert set(tenant.people) == {"platform/kim", "platform/sam"}
    assert (tenant.people["platform/kim"].locale, tenant.people["platform/kim"].timezone) == ("de", "Europe/Berlin")
    assert tenant.people["platform/sam"].contact == (Contact("platform/mail", address_secret="platform/sam-email"),)
    assert tenant.teams["platform/platform"].members == ("platform/kim",)
    night = tenant.schedules["platform/night"]
    assert night.timezone == "Europe/Berlin"
    assert night.layers[0].members == ("platform/kim",)
    assert night.overrides[0].person == "platform/sam"
    assert tenant.channels["platform/mail"].options == {"host": "smtp.example", "from": "a@b.example"}
    assert tenant.channels["platform/mail"].secrets == {"password": "platform/smtp"}


def test_the_platform_itself_lends_nothing_to_itself(tmp_path: Path) -> None:
    platform, scope = resolved(tmp_path, PLATFORM, name="platform")
    assert set(platform.people) == {"kim", "sam"}
    assert platform.teams["platform"].members == ("kim",)
    assert set(platform.channels) == {"slack", "mail", "pager"}
    assert (platform.name, platform.title, platform.locale) == ("platform", "Platform", "de")
    assert scope.is_platform


def test_names_in_policies_are_the_tenant_s_own_or_lent_ones(tmp_path: Path) -> None:
    tenant = of(
        tmp_path,
        PLATFORM + "people: [{id: a, name: A, slack: U0AMELIE1}]\nservices: [{name: web, owner: platform}]\n"
        "escalation:\n  - name: day\n    repeat: 3\n    acknowledge_timeout: 1h\n    steps:\n"
        "      - notify: [{team: web}, {person: a}]\n"
        "      - {after: 90s, notify: [{team: platform}, {schedule: night}, {channel: pager}]}\n",
    )
    assert tenant.services[0].owner == "platform/platform"
    assert tenant.policies["day"] == EscalationPolicy(
        steps=(
            Step(0, (Target(team="web"), Target(person="a"))),
            Step(90, (Target(team="platform/platform"), Target(schedule="platform/night"), Target(channel="platform/pager"))),
        ),
        repeat=3,
        acknowledge_timeout=3600,
    )


def test_a_policy_that_says_little_neither_repeats_nor_pages_again(tmp_path: Path) -> None:
    policy = of(tmp_path, "escalation: [{name: day, steps: [{notify: [{team: web}]}]}]\n").policies["day"]
    assert policy == EscalationPolicy(steps=(Step(0, (Target(team="web"),)),))


@pytest.mark.parametrize(
    ("weekdays", "days"),
    [
        ("", EVERY_DAY),
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Sat,Sun", (5, 6)),
        ("Fri-Mon", (0, 4, 5, 6)),
        ("Sun-Sun", (6,)),
        ("Mon, Wed-Thu", (0, 2, 3)),
        ("Mon-Fri,Mon", (0, 1, 2, 3, 4)),
    ],
)
def test_weekdays_are_a_list_of_days_and_spans_that_may_run_over_the_weekend(
    weekdays: str, days: tuple[int, ...], tmp_path: Path
) -> None:
    written = f'weekdays: "{weekdays}", ' if weekdays else ""
    tenant = of(
        tmp_path,
        f"escalation: [{{name: day, active: {{{written}hours: '22:00-06:00', holidays: ['2026-12-25']}},"
        " steps: [{notify: [{team: web}]}]}]\n",
    )
    hours = Restriction(days, "22:00", "06:00")
    assert tenant.policies["day"].active == ActiveHours("Europe/Paris", hours, (dt.date(2026, 12, 25),))


@pytest.mark.parametrize(
    ("rotation", "written", "handoff"),
    [
        ("hourly", "00:30", Handoff("00:30")),
        ("daily", "09:00", Handoff("09:00")),
        ("weekly", "Sun 09:00", Handoff("09:00", weekday=6)),
        ("monthly", "28 09:00", Handoff("09:00", day=28)),
    ],
)
def test_a_layer_is_read_in_its_schedule_s_terms(rotation: str, written: str, handoff: Handoff, tmp_path: Path) -> None:
    schedule = of(
        tmp_path,
        "people: [{id: a, name: A, slack: U0AMELIE1}]\nschedules:\n  - name: s\n    timezone: UTC\n    layers:\n"
        f"      - {{rotation: {rotation}, every: 2, handoff: '{written}', from: '2026-01-05', until: '2027-01-01',\n"
        "         members: [a], restrict: [{weekdays: Sat, hours: '00:00-24:00'}]}\n"
        "    overrides: [{from: '2026-12-24T09:00', until: '2026-12-24T10:30', person: a}]\n",
    ).schedules["s"]
    (layer,) = schedule.layers
    assert (layer.rotation, layer.every, layer.handoff) == (rotation, 2, handoff)
    assert (layer.start, layer.until) == (dt.date(2026, 1, 5), dt.date(2027, 1, 1))
    assert layer.restrict == (Restriction((5,), "00:00", "24:00"),)
    assert schedule.timezone == "UTC"
    assert schedule.overrides[0].end == dt.datetime(2026, 12, 24, 10, 30)  # noqa: DTZ001 - on the schedule's wall clock


def test_timings_are_the_tenant_s_else_the_platform_s_else_defaults(tmp_path: Path) -> None:
    tenant = of(
        tmp_path,
        "# alertkit.yaml\nrouting: {group_wait: 3s, group_interval: 2m}\n# tenants/acme.yaml\nrouting: {group_wait: 0s}\n",
    )
    timings = tenant.routing.timings
    assert [str(t) for t in (timings.group_wait, timings.group_interval, timings.repeat_interval)] == ["0s", "2m", "30m"]
    assert tenant.routing.group_by == ("alertname", "service")
    assert not tenant.routing.simulate


def test_maintenance_is_in_the_tenant_s_zone_and_becomes_utc(tmp_path: Path) -> None:
    (window,) = of(
        tmp_path,
        "maintenance: [{from: '2026-07-01T22:00', until: '2026-12-02T04:00', match: {service: web}, reason: Upgrade}]\n",
    ).maintenance
    assert window.start == dt.datetime(2026, 7, 1, 20, tzinfo=dt.UTC)
    assert window.end == dt.datetime(2026, 12, 2, 3, tzinfo=dt.UTC)
    assert (window.match, window.reason) == ({"service": "web"}, "Upgrade")


ENVIRONMENTS = """alerts:
  - {name: A, service: web, expr: x > 1, severity: critical, summary: a, runbook: "https://r.example"}
  - {name: B, service: web, expr: y > 1, severity: critical, summary: b}
records:
  - {record: "a:b", expr: x}
  - {record: "a:c", expr: x}
routing: {group_wait: 3s}
environments:
  staging:
    title: Acme (staging)
    alerts: [{name: B, severity: info}, {name: C, service: web, expr: z > 1, severity: info, summary: c}]
    routing: {simulate: true}
"""


def test_an_environment_changes_what_it_names_and_adds_what_is_new(tmp_path: Path) -> None:
    tenant = of(tmp_path, ENVIRONMENTS, "staging")
    assert tenant.title == "Acme (staging)"
    assert [(alert.name, alert.severity) for alert in tenant.alerts] == [("A", "critical"), ("B", "info"), ("C", "info")]
    assert tenant.routing.simulate
    assert str(tenant.routing.timings.group_wait) == "3s"


def test_an_environment_leaves_out_what_it_removes(tmp_path: Path) -> None:
    removing = ENVIRONMENTS.replace("{name: B, severity: info}", "{name: B, remove: true}").replace(
        "    title: Acme (staging)", '    records: [{record: "a:b", remove: true}]'
    )
    staging = of(tmp_path / "staging", removing, "staging")
    assert [alert.name for alert in staging.alerts] == ["A", "C"]
    assert [record.record for record in staging.records] == ["a:c"]
    assert [alert.name for alert in of(tmp_path / "plain", removing).alerts] == ["A", "B"]


def test_an_environment_leaves_out_tests_of_the_routing_by_name_and_replaces_what_has_no_name(tmp_path: Path) -> None:
    written = ENVIRONMENTS.replace(
        "    routing: {simulate: true}\n",
        "    routing: {routes: [], tests: [{name: pages, remove: true}]}\n    maintenance: []\n",
    ).replace(
        "environments:",
        "maintenance: [{from: 2026-12-01T22:00, until: 2026-12-02T04:00, match: {service: web}, reason: a}]\nenvironments:",
    )
    tests = "tests: [{name: pages, labels: {severity: info}, reaches: nobody, at: 2026-11-21T03:00}, "
    tests += "{name: owned, labels: {severity: info}, reaches: {policy: owner-web}}]"
    written = written.replace("routing: {", "routing: {" + tests + ", ", 1)
    plain, staging = of(tmp_path / "plain", written), of(tmp_path / "staging", written, "staging")
    assert [test.name for test in plain.routing.tests] == ["pages", "owned"]
    assert [test.name for test in staging.routing.tests] == ["owned"]
    assert (len(plain.maintenance), len(staging.maintenance)) == (1, 0)


@pytest.mark.parametrize("environment", ["", "production"])
def test_what_an_environment_says_holds_in_no_other(environment: str, tmp_path: Path) -> None:
    tenant = of(tmp_path, ENVIRONMENTS, environment)
    assert tenant.title == "Acme"
    assert [(alert.name, alert.severity) for alert in tenant.alerts] == [("A", "critical"), ("B", "critical")]
    assert not tenant.routing.simulate


def test_an_environment_changes_one_record_and_leaves_the_others(tmp_path: Path) -> None:
    tenant = of(tmp_path, ENVIRONMENTS + '    records: [{record: "a:b", expr: vector(0)}]\n', "staging")
    assert [(record.record, record.expr) for record in tenant.records] == [("a:b", "vector(0)"), ("a:c", "x")]


def test_a_rule_of_an_environment_stands_where_the_environment_says_it(tmp_path: Path) -> None:
    alerts = of(tmp_path, ENVIRONMENTS, "staging").alerts
    lines = (tmp_path / "tenants" / "acme.yaml").read_text(encoding="utf-8").splitlines()
    assert "name: C" in lines[alerts[2].source.line - 1]
    assert "name: A" in lines[alerts[0].source.line - 1]
