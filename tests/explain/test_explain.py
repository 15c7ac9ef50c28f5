"""For these labels at this time: which route, who is told when, what keeps it back, and what they read."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import asked
import pytest

import alertkit
from alertkit.errors import ProblemsFound, UsageError
from alertkit.explain import local_instant


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> alertkit.Build:
    return alertkit.build(asked.make(tmp_path_factory.mktemp("asked")))


def below(answer, tenant="acme"):
    (found,) = [route for route in answer.route.routes if route.origin == f"tenant {tenant}"]
    return found.routes


def test_the_route_taken_and_those_not_taken_are_named_with_the_matcher_that_decided(built):
    answer = asked.ask(built, severity="warning", service="web")
    assert [(route.outcome, route.receiver) for route in below(answer)] == [
        ("refused", "acme/alertmanager/pager"),
        ("refused", "acme/standard"),
        ("taken", "acme/office"),
        ("not reached", "acme/alertmanager/room"),
        ("not reached", "acme/owner-web"),
        ("not reached", "acme/unrouted"),
    ]
    _, critical, taken, info, owner, rest = below(answer)
    assert (critical.decided, critical.found) == ('severity="critical"', "warning")
    assert taken.matchers == ('severity=~"warn.*"',)
    assert taken.origin == "tenants/acme.yaml:41"
    assert info.taken_before_by == "acme/office"
    assert (owner.origin, rest.origin) == ("services of web", "whatever is left")


def test_the_platform_s_part_is_refused_by_the_tenant_label_and_the_whole_tree_begins_at_its_last_resort(built):
    answer = asked.ask(built, severity="warning")
    assert (answer.route.receiver, answer.route.outcome) == ("platform/unrouted", "entered")
    assert answer.route.routes[0].decided == 'tenant="platform"'


def test_a_mirror_takes_a_copy(built):
    answer = asked.ask(built, severity="critical")
    assert [one.receiver for one in answer.deliveries] == ["acme/alertmanager/pager", "acme/standard"]
    assert below(answer)[0].copies
    assert answer.deliveries[0].native == "pagerduty"


def test_timing_says_when_alertmanager_speaks_and_what_shares_a_notification(built):
    _, delivery = asked.ask(built, severity="critical", alertname="X", region="eu").deliveries
    assert (delivery.timing.first, delivery.timing.changes, delivery.timing.repeats) == ("30s", "1m", "30m")
    assert delivery.timing.group == {"alertname": "X", "tenant": "acme"}
    assert delivery.timing.first_at.isoformat() == "2026-11-21T03:00:30+01:00"


def test_an_alert_by_name_has_the_labels_of_its_rule_and_waits_for_its_hold(built):
    answer = asked.ask(built, alert="Slow", region="eu")
    assert answer.labels == {
        "alertname": "Slow", "service": "edge", "severity": "warning", "rank": "gold", "tenant": "acme", "region": "eu",
    }  # fmt: skip
    assert answer.hold == ""
    assert asked.ask(built, alert="ExportLate").hold == "15m"


def test_steps_say_who_is_on_call_then_and_where_they_are_told(built):
    delivery = asked.ask(built, severity="critical").deliveries[1]
    first, second, third = delivery.steps[:3]
    assert [(page.name, page.kind, page.address, page.on_call_for) for page in first.pages] == [
        ("web", "slack", "#web", ""),
        ("Jonas Weber", "slack", "U0JONAS1", "primary"),
    ]
    assert (second.kind, second.nobody) == ("unreachable", ("schedule/evenings",))
    assert (third.after, third.pages[0].name, third.pages[0].address) == ("10m", "platform", "#platform")
    assert {step.cycle for step in delivery.steps} == {1, 2}
    assert "45m after an acknowledgement" in delivery.ends


@pytest.mark.parametrize(
    ("at", "who"),
    [("2026-11-16T08:59", "Amélie Durand"), ("2026-11-16T09:00", "Jonas Weber"), ("2026-12-24T10:00", "Jonas Weber")],
)
def test_another_moment_wakes_another_person(built, at, who):
    assert asked.ask(built, at, severity="critical").deliveries[1].steps[0].pages[1].name == who


def test_a_page_is_in_the_language_and_zone_of_whoever_reads_it(built):
    team, person = asked.ask(built, alert="ExportLate").deliveries[1].steps[0].pages
    assert team.message.entries[0].sentence.startswith("L’export date de")
    assert person.message.entries[0].sentence.startswith("Der Export ist")
    assert (team.message.headline, person.message.headline) == ("Critique\u202f: ExportLate · web", "Kritisch: ExportLate · web")
    assert person.at.tzname() == "CET"


def test_without_a_known_rule_the_message_has_the_alert_s_name_and_no_made_up_value(built):
    page = asked.ask(built, severity="critical", alertname="Foreign").deliveries[1].steps[0].pages[0]
    assert page.message.headline == "Critique\u202f: Foreign"
    assert page.message.entries[0].value == ""


def test_outside_the_hours_the_step_waits(built):
    (step,) = asked.ask(built, "2026-11-21T03:00", severity="warning").deliveries[0].steps
    assert step.at.isoformat() == "2026-11-23T09:00:00+01:00"
    assert step.waited_for.isoformat() == "2026-11-21T03:00:30+01:00"


def test_maintenance_is_named_with_its_end_and_only_for_what_it_matches(built):
    delivery = asked.ask(built, "2026-12-02T03:00", severity="critical", service="web").deliveries[1]
    assert [(one.kind, one.reason, one.until.hour) for one in delivery.silences] == [("maintenance", "Database upgrade", 4)]
    assert [step.kind for step in delivery.steps[:2]] == ["suppressed", "paged"]
    assert delivery.steps[1].at.hour == 4
    assert asked.ask(built, "2026-12-02T03:00", severity="critical", service="edge").deliveries[1].silences == ()


@pytest.mark.parametrize(("at", "muted"), [("2026-11-21T23:00", True), ("2026-11-21T05:59", True), ("2026-11-21T06:00", False)])
def test_an_interval_mutes_a_receiver_of_alertmanager_s_own(built, at, muted):
    (delivery,) = asked.ask(built, at, severity="info", service="web").deliveries
    assert (delivery.native, delivery.address) == ("slack", "#room")
    assert [one.reason for one in delivery.silences] == ["muted during acme/nights"] * muted


def test_what_would_mute_it_is_named_with_the_values_that_must_be_equal(built):
    (inhibitor,) = asked.ask(built, alert="Slow", region="eu").inhibitors
    assert (inhibitor.while_firing, inhibitor.equal, inhibitor.alerts) == (
        ('alertname="EdgeDown"',),
        {"region": "eu"},
        ("EdgeDown",),
    )
    assert asked.ask(built, alert="Slow").inhibitors[0].missing == ("region",)
    assert asked.ask(built, alert="EdgeDown", region="eu").inhibitors == ()


def test_an_alert_of_nobody_is_the_platform_s_to_ask_about(built):
    now = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    for labels in ({"tenant": "initech"}, {"tenant": ""}, {}):
        answer = asked.explain(built, "platform", asked.Question({**labels, "severity": "critical"}, now))
        assert [one.receiver for one in answer.deliveries] == ["platform/unrouted"]
    assert answer.route.routes[0].outcome == "taken"
    assert "tenant" not in asked.explain(built, "platform", asked.Question({"tenant": ""}, now)).labels


def test_labels_of_another_tenant_are_refused(built):
    with pytest.raises(UsageError, match="ask with --tenant globex"):
        asked.explain(built, "acme", asked.Question({"tenant": "globex"}, dt.datetime.now(dt.UTC)))


def test_an_unknown_alert_or_tenant_is_named_with_the_nearest(built):
    with pytest.raises(UsageError, match="did you mean 'ExportLate'"):
        asked.ask(built, alert="ExportLat")
    with pytest.raises(UsageError, match="did you mean 'acme'"):
        asked.ask(built, tenant="acne", severity="info")


def test_a_definition_with_problems_is_not_explained(tmp_path):
    built = alertkit.build(asked.make(tmp_path, asked.ACME.replace("escalate: office", "escalate: offce")))
    with pytest.raises(ProblemsFound, match="AK301"):
        asked.ask(built, severity="info")


def test_simulation_is_said(tmp_path):
    built = alertkit.build(asked.make(tmp_path, asked.ACME.replace("routing:\n", "routing:\n  simulate: true\n")))
    assert asked.ask(built, severity="critical").deliveries[1].silences[0].kind == "simulate"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21T03:00", "2026-11-21T02:00:00+00:00"),
        ("2026-11-21T03:00+00:00", "2026-11-21T03:00:00+00:00"),
        ("2026-11-21", "2026-11-20T23:00:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:00:00+00:00"),  # the clocks skip it: the first instant after the gap
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00"),  # it comes twice: the first time
    ],
)
def test_a_moment_without_an_offset_is_in_the_tenant_s_zone(text, instant):
    assert local_instant(text, "Europe/Paris").astimezone(dt.UTC).isoformat() == instant


def test_what_is_no_moment_is_refused():
    with pytest.raises(UsageError, match="write it as"):
        local_instant("tomorrow", "UTC")


@pytest.mark.parametrize("text", ["1999-12-31", "9999-12-31T23:59", "0001-01-01T00:00"])
def test_a_moment_far_from_now_is_refused(text):
    with pytest.raises(UsageError, match="is no moment"):
        local_instant(text, "Europe/Paris")


SLO = """\
slos:
  - name: availability
    service: web
    objective: 99.9%
    window: 30d
    sli: {errors: 'http_requests_total{code=~"5.."}', total: http_requests_total}
    page: critical
    ticket: warning
"""


def test_an_alert_that_several_rules_raise_is_asked_for_by_its_rule(tmp_path):
    built = alertkit.build(asked.make(tmp_path, SLO + asked.ACME))
    with pytest.raises(UsageError, match=r"rules raise 'ErrorBudgetBurn'; name one by its id: slo/availability/"):
        asked.ask(built, alert="ErrorBudgetBurn")
    answer = asked.ask(built, alert="slo/availability/page-1h")
    assert answer.labels["severity"] == "critical"
    assert answer.labels["slo"] == "availability"
    assert answer.deliveries[1].steps[0].pages[0].message is not None


def test_without_the_packages_for_words_everything_else_is_still_answered(tmp_path):
    """In a process of its own, where Babel cannot be imported."""
    asked.make(tmp_path)
    script = "import sys; sys.modules['babel'] = None; from alertkit.cli import main; main()"
    arguments = ["explain", "--project", str(tmp_path), "--tenant", "acme", "--labels", "severity=critical"]
    answer = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert "team web · slack #web · fr" in answer.stdout
    assert "pip install 'alertkit[receiver]'" in answer.stdout
    assert "Critique" not in answer.stdout
