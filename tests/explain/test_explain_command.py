"""`alertkit explain` and `alertkit oncall`: the same answers as the library's, drawn, and as JSON."""

from __future__ import annotations

import json
from itertools import pairwise

import asked
import msgspec
import pytest
from click.testing import CliRunner

import alertkit
from alertkit.cli import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return asked.make(tmp_path_factory.mktemp("asked"))


def run(folder, *arguments: str):
    return CliRunner().invoke(cli, [arguments[0], "--project", str(folder), *arguments[1:]], env={"NO_COLOR": "1"})


def test_explain_draws_the_way_to_the_person_and_the_words(folder):
    answer = run(folder, "explain", "--tenant", "acme", "--alert", "ExportLate", "--at", "2026-11-21T03:00")
    assert answer.exit_code == 0, answer.output
    for told in (
        "Acme · Sat 2026-11-21 03:00 Europe/Paris",
        "rule ExportLate, which fires when its condition has held for 15m",
        '✓ severity="critical" → acme/standard  tenants/acme.yaml:40',
        "✗ tenant=\"platform\"  tenant is 'acme'",
        "acme/alertmanager/pager · pagerduty",
        "Alertmanager tells alertkit 30s after the alert, of changes every 1m, again every 30m",
        "Sat 2026-11-21 03:00:30  +0s  step 1",
        "person Jonas Weber, on call for primary · slack U0JONAS1 · de",
        "Der Export ist",
        "L’export date de",
        "step 2: nobody is found for schedule evenings; what follows comes at once",
        "round 2 begins: the same steps, the same people",
    ):
        assert told in answer.output, answer.output


def test_explain_says_what_keeps_an_alert_back(folder):
    muted = run(folder, "explain", "--tenant", "acme", "--labels", "severity=info", "--at", "2026-11-21T23:00").output
    assert "interval: muted during acme/nights" in muted
    window = run(
        folder, "explain", "--tenant", "acme", "--labels", "severity=critical,service=web", "--at", "2026-12-02T03:00"
    ).output
    assert "maintenance: Database upgrade until Wed 2026-12-02 04:00" in window
    inhibited = run(folder, "explain", "--tenant", "acme", "--alert", "Slow", "--labels", "region=eu").output
    assert 'muted while an alert with alertname="EdgeDown" (EdgeDown) with region=eu fires' in inhibited
    missing = run(folder, "explain", "--tenant", "acme", "--alert", "Slow").output
    assert 'not muted by alertname="EdgeDown" (EdgeDown): it has no region' in missing
    late = run(folder, "explain", "--tenant", "acme", "--alert", "Slow", "--at", "2026-11-21T03:00").output
    assert "was due Sat 2026-11-21 03:00:30, outside the policy's hours" in late


def test_explain_as_json_is_the_library_s_answer(folder):
    printed = run(
        folder, "explain", "--tenant", "acme", "--labels", "severity=critical", "--at", "2026-11-21T03:00", "--format", "json"
    )
    expected = asked.ask(alertkit.build(folder, ["acme"]), severity="critical")
    assert json.loads(printed.output) == json.loads(msgspec.json.encode(expected))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say which alert"),
        (("--labels", "severity"), "not NAME=VALUE"),
        (("--alert", "Nothing"), "no alert 'Nothing'"),
        (("--labels", "a=b", "--at", "soon"), "is no moment"),
        (("--labels", "tenant=globex"), "--tenant globex"),
    ],
)
def test_a_question_that_cannot_be_answered_is_a_usage_error(folder, arguments, told):
    answer = run(folder, "explain", "--tenant", "acme", *arguments)
    assert answer.exit_code == 2
    assert told in answer.output


def test_labels_may_hold_commas_and_equal_signs(folder):
    answer = run(
        folder, "explain", "--tenant", "acme", "--labels", "path=/a,b?c,severity=info", "--labels", "q=x=y", "--format", "json"
    )
    assert json.loads(answer.output)["labels"] == {"path": "/a,b?c", "severity": "info", "q": "x=y", "tenant": "acme"}


def test_the_platform_can_be_asked_about(folder):
    answer = run(
        folder, "explain", "--tenant", "platform", "--labels", "tenant=initech,severity=critical", "--at", "2026-11-21T03:00"
    )
    assert "team platform · slack #platform · en" in answer.output


def test_no_line_is_cut_in_a_pipe(folder):
    long = "x" * 150
    assert long in run(folder, "explain", "--tenant", "acme", "--labels", f"severity=critical,alertname={long}").output.replace(
        "\n", " "
    )


def test_oncall_draws_turns_overrides_gaps_and_shares(folder):
    answer = run(folder, "oncall", "--tenant", "acme", "--from", "2026-12-21", "--until", "2026-12-28")
    assert answer.exit_code == 0, answer.output
    for told in (
        "primary  Mon 2026-12-21 00:00 – Mon 2026-12-28 00:00 Europe/Paris",
        "Thu 24 Dec 09:00 – 27 Dec 09:00",
        "override",
        "no gaps",
        "evenings",
        "nobody",
        "8 gaps, 140 hours in all with nobody on call",
    ):
        assert told in answer.output, answer.output


def test_oncall_says_who_is_on_call_at_a_moment_and_until_when(folder):
    answer = run(folder, "oncall", "--tenant", "acme", "--schedule", "primary", "--at", "2026-12-24T10:00").output
    assert answer == "primary  Thu 2026-12-24 10:00 Europe/Paris: Jonas Weber (override) until Sun 2026-12-27 09:00\n"
    nobody = run(folder, "oncall", "--tenant", "acme", "--schedule", "evenings", "--at", "2026-12-24T10:00").output
    assert "nobody until Thu 2026-12-24 18:00" in nobody


def test_oncall_as_json_leaves_nothing_out(folder):
    arguments = ("--schedule", "evenings", "--from", "2026-12-21", "--until", "2026-12-23", "--format", "json")
    (calendar,) = json.loads(run(folder, "oncall", "--tenant", "acme", *arguments).output)
    turns = calendar["turns"]
    assert turns[0]["start"] == calendar["start"]
    assert turns[-1]["end"] == calendar["end"]
    assert all(one["end"] == other["start"] for one, other in pairwise(turns))
    assert [turn.get("person", "") for turn in turns] == ["", "amelie", "", "amelie", ""]
    assert calendar["shares"] == [
        {"person": "amelie", "name": "Amélie Durand", "hours": 8.0, "part": 1.0, "nights": 0, "weekends": 0}
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--schedule", "primry"), "did you mean 'primary'"),
        (("--from", "2026-12-21", "--until", "2026-12-20"), "not after it begins"),
        (("--at", "2026-12-21", "--from", "2026-12-20"), "ask with --at"),
    ],
)
def test_a_calendar_that_cannot_be_drawn_is_a_usage_error(folder, arguments, told):
    answer = run(folder, "oncall", "--tenant", "acme", *arguments)
    assert answer.exit_code == 2
    assert told in answer.output


def test_a_tenant_without_schedules_has_no_calendar(folder):
    assert run(folder, "oncall", "--tenant", "globex").output == "tenant globex has no schedule\n"
