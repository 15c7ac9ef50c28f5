"""Incidents and overrides from a terminal, against a receiver that runs."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alertkit.cli import cli

sys.path.insert(0, str(Path(__file__).parents[1] / "receiver"))
from process_kit import Process, serving
from receiver_kit import START, Kit, a_policy, alert, webhook

from alertkit.model.policy import ChannelSettings
from alertkit.testing.alertmanager import FakeAlertmanager

LOGGED = {"room": ChannelSettings("log"), "mail": ChannelSettings("log")}


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    kit = Kit(tmp_path, [a_policy(channels=LOGGED)])
    kit.token("amelie", "secret", scopes=["read", "act"])
    (tmp_path / "token").write_text("secret\n")
    with serving(tmp_path) as running:
        running.post(webhook(alert(starts=f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}")))
        yield running


def run(process: Process, *arguments: str, code: int = 0) -> Result:
    token = process.log.parent / "token"
    address = ["--url", f"http://{process.host}:{process.port}", "--token-file", str(token)]
    result = CliRunner().invoke(cli, [*arguments, *address], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result


def test_what_is_open_is_listed_shown_and_acted_on(process: Process) -> None:
    assert "ACME-1" in run(process, "incidents", "list").output
    assert "firing" in run(process, "incidents", "list", "--tenant", "acme", "--state", "firing").output
    assert run(process, "incidents", "list", "--tenant", "globex").output == "No incidents.\n"
    assert run(process, "incidents", "ack", "ACME-1").output == "ACME-1 is acknowledged\n"
    assert "acknowledged by amelie" in run(process, "incidents", "list").output
    assert "is snoozed until" in run(process, "incidents", "snooze", "1", "--for", "30m").output
    assert run(process, "incidents", "assign", "1", "jonas").output == "ACME-1 is firing\n"
    assert run(process, "incidents", "assign", "1", "team/payments").output == "ACME-1 is firing\n"
    assert "is not a person" in run(process, "incidents", "assign", "1", "room/x", code=2).output
    assert run(process, "incidents", "escalate", "1").output == "ACME-1 is firing\n"
    shown = run(process, "incidents", "show", "acme-1").output
    for words in (
        "Timeline",
        "acknowledged by amelie",
        "snoozed by amelie until",
        "instance=one",
        "person/jonas",
        "alertkit_value: '1.5'",
    ):
        assert words in shown
    assert run(process, "incidents", "resolve", "1").output == "ACME-1 is resolved\n"
    assert run(process, "incidents", "list").output == "No incidents.\n"
    page = json.loads(run(process, "incidents", "list", "--state", "resolved", "--format", "json").output)
    assert page["incidents"][0]["state"] == "resolved"
    assert json.loads(run(process, "incidents", "show", "1", "--format", "json").output)["incident"]["id"] == 1


def test_long_lists_come_in_pages(process: Process) -> None:
    process.post(webhook(alert("two"), group={"alertname": "Other"}))
    assert "There are more: --before 2" in run(process, "incidents", "list", "--limit", "1").output
    assert "ACME-1" in run(process, "incidents", "list", "--limit", "1", "--before", "2").output


def test_what_cannot_be_done_is_one_sentence(process: Process) -> None:
    assert "no such incident" in run(process, "incidents", "show", "99", code=1).output
    assert "is not an incident such as" in run(process, "incidents", "show", "first", code=2).output
    assert "is not a duration" in run(process, "incidents", "snooze", "1", "--for", "soon", code=2).output
    assert "is no time at all" in run(process, "incidents", "snooze", "1", "--for", "0s", code=2).output
    assert "(7 days)" in run(process, "incidents", "snooze", "1", "--for", "30d", code=2).output
    run(process, "incidents", "resolve", "1")
    assert "the incident is resolved" in run(process, "incidents", "ack", "1", code=1).output
    assert "no person 'x'" in run(process, "incidents", "assign", "1", "x", code=2).output


def test_without_token_or_receiver_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["incidents", "list"], env={"ALERTKIT_TOKEN_FILE": None})
    assert "ALERTKIT_TOKEN_FILE" in result.output
    (tmp_path / "token").write_text("x")
    nowhere = ["incidents", "list", "--url", "http://127.0.0.1:1"]
    result = CliRunner().invoke(cli, nowhere, env={"ALERTKIT_TOKEN_FILE": str(tmp_path / "token")})
    assert (result.exit_code, "no answer from http://127.0.0.1:1" in result.output) == (1, True)
    for text in ("a\x00b", "é"):
        (tmp_path / "token").write_text(text)
        result = CliRunner().invoke(cli, [*nowhere, "--token-file", str(tmp_path / "token")])
        assert "holds no token" in result.output
    assert "cannot be read" in CliRunner().invoke(cli, [*nowhere, "--token-file", "/nonexistent"]).output


def test_a_shift_is_swapped_at_night_and_swapped_back(process: Process) -> None:
    duty = ("oncall", "override")
    made = run(process, *duty, "jonas", "--tenant", "acme", "--schedule", "primary", "--for", "8h").output
    assert made.startswith("1: jonas for acme/primary from ")
    assert run(process, *duty).output == made
    assert run(process, *duty, "--remove", "1").output == "override 1 is taken back\n"
    assert run(process, *duty).output == ""
    later = ("--from", "2126-01-01T00:00Z", "--until", "2126-01-02T00:00Z")
    for arguments, says in [
        (("jonas",), "give --tenant and --schedule"),
        (("jonas", "--tenant", "acme", "--schedule", "primary"), "give --for or --until"),
        (("jonas", "--tenant", "acme", "--schedule", "primary", "--until", "2026-01-01"), "has no offset"),
        (("jonas", "--tenant", "acme", "--schedule", "primary", "--until", "tomorrow"), "is not a time such as"),
        (("jonas", "--tenant", "acme", "--schedule", "primary", *later), "within a year"),
    ]:
        assert says in run(process, *duty, *arguments, code=2).output


def test_an_incident_that_alertmanager_no_longer_confirms_is_marked_and_explained(tmp_path: Path) -> None:
    async def doubted(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        for _ in range(2):
            await kit.receiver.reconciler.poll()
            kit.clock.advance(minutes=11)

    with FakeAlertmanager(START + dt.timedelta(minutes=5)) as peer:
        kit = Kit(tmp_path, [a_policy(channels=LOGGED)])
        kit.token("amelie", "secret", scopes=["read", "act"])
        (tmp_path / "token").write_text("secret\n")
        kit.receiver = kit.new(alertmanager=(peer.origin,))
        kit.run(doubted)
        with serving(tmp_path) as running:
            assert "not confirmed by Alertmanager" in run(running, "incidents", "list").output
            assert "no Alertmanager that answers knows one of its alerts" in run(running, "incidents", "show", "1").output
