"""Reading messages before anybody is paged with them, on the definitions that ship as an example."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from alertkit import resources
from alertkit.cli import locales, preview, send
from alertkit.errors import ProblemsFound, UsageError
from alertkit.testing.slack import FakeSlack

PROJECT = Path(__file__).parents[2] / "examples" / "streaming-platform"
ACME = ("--project", str(PROJECT), "--tenant", "acme")


def run(command: click.Command, *arguments: str, fails: int = 0) -> Result:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == fails, result.output
    return result


def test_an_alert_is_drawn_in_the_tenants_language_with_its_buttons() -> None:
    said = run(preview.command, *ACME, "--alert", "RoyaltyExportLate", "--value", "7200").output
    assert "Critique\u202f: RoyaltyExportLate · royalties" in said
    assert "date de 2\u00a0heures" in said
    assert "[ Je m’en occupe ]" in said
    assert "[ Runbook ↗ ]" in said


def test_messages_are_drawn_without_what_sends_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtplib", None)
    monkeypatch.delitem(sys.modules, "alertkit.channels.email", raising=False)
    for channel in ("slack", "email"):
        assert "Critique" in run(preview.command, *ACME, "--alert", "RoyaltyExportLate", "--channel", channel).output


@pytest.mark.parametrize("channel", ["slack", "email", "pagerduty"])
def test_a_preview_needs_no_package_that_only_sending_needs(channel: str) -> None:
    """Of the extras only the words' (Babel), and for PagerDuty's event what makes it."""
    missing = ["aiosmtplib", "slack_sdk", "starlette", "uvicorn", "aiosmtpd"] + (["aiohttp"] if channel != "pagerduty" else [])
    arguments = ["preview", *ACME, "--alert", "EdgeDown", "--channel", channel]
    without = f"import sys\nfor name in {missing}: sys.modules[name] = None\nsys.argv[1:] = {arguments}\n"
    code = f"{without}from alertkit.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "EdgeDown" in done.stdout


def test_own_layouts_are_previewed_and_a_broken_one_is_named(tmp_path: Path) -> None:
    own = tmp_path / "acme" / "slack" / "incident.yaml"
    own.parent.mkdir(parents=True)
    own.write_text('blocks: [{header: "Ours: {{ message.headline }}"}]')
    arguments = (*ACME, "--alert", "EdgeDown", "--overrides", str(tmp_path))
    assert "Ours: Critique" in run(preview.command, *arguments).output
    assert run(locales.command, "check", "--overrides", str(tmp_path)).output == ""
    own.write_text('blocks: [{header: "{{ message.nonsense }}"}]')
    assert "a message has no 'nonsense'" in run(preview.command, *arguments).output
    assert f"{own}: blocks[0]: header" in run(locales.command, "check", "--overrides", str(tmp_path), fails=1).output


def test_every_channel_and_state_can_be_read_in_a_terminal() -> None:
    wanted = ("--channel", "slack", "--channel", "email", "--channel", "pagerduty", "--state", "all", "--locale", "de")
    said = run(preview.command, *ACME, "--alert", "RoyaltyExportLate", *wanted).output
    for words in (
        "Kritisch",
        "Übernommen",
        "Zurückgestellt",
        "Stummgeschaltet",
        "Behoben",
        "↳ Alle Alarme sind beendet",
        '"event_action": "resolve"',
    ):
        assert words in said


def test_a_gallery_is_one_page_with_every_language(tmp_path: Path) -> None:
    page = tmp_path / "gallery.html"
    wanted = ("--locale", "all", "--channel", "slack", "--channel", "email", "--label", "region=<eu>")
    run(preview.command, *ACME, "--alert", "EdgeDown", *wanted, "--html", str(page))
    html = page.read_text()
    assert html.count('class="card"') == 10
    for word in ("Acknowledge", "Je m’en occupe", "Übernehmen", "Me encargo", "Me ne occupo"):
        assert word in html
    assert "<eu>" not in html
    assert "<script" not in html


def test_without_a_name_every_alert_is_shown() -> None:
    said = run(preview.command, *ACME).output
    assert said.count("· fr · slack · firing") >= 5


@pytest.mark.parametrize("arguments", [("--alert", "Nonsense"), ("--label", "novalue")])
def test_a_wrong_request_says_what_there_is(arguments: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=r"no alert 'Nonsense'; there are .*EdgeDown|is not NAME=VALUE"):
        run(preview.command, *ACME, *arguments)


def test_a_tenants_own_sentences_are_previewed(tmp_path: Path) -> None:
    own = tmp_path / "acme" / "locales" / "fr" / "LC_MESSAGES" / "alertkit.po"
    own.parent.mkdir(parents=True)
    own.write_text('msgid ""\nmsgstr ""\n\nmsgctxt "button"\nmsgid "Acknowledge"\nmsgstr "J’y vais"\n')
    assert "[ J’y vais ]" in run(preview.command, *ACME, "--alert", "EdgeDown", "--overrides", str(tmp_path)).output
    run(locales.command, "check", "--overrides", str(tmp_path))
    own.write_text('msgid ""\nmsgstr ""\n\nmsgid "Nowhere"\nmsgstr "Nulle part"\n')
    assert "the code has no such sentence" in run(locales.command, "check", "--overrides", str(tmp_path), fails=1).output


def test_what_would_be_sent_is_printed_and_nothing_is_sent() -> None:
    arguments = ("--alert", "EdgeDown", "--channel", "slack", "--to", "#acme", "--dry-run")
    said = json.loads(run(send.command, *ACME, *arguments).output)
    assert said["channel"] == "slack"
    assert said["delivery"]["address"] == "#acme"
    assert said["delivery"]["message"]["headline"].startswith("Critique")


def test_a_test_message_is_sent_with_the_tenants_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = preview.compiled(PROJECT, "acme", "")[0].channels["platform/slack"].secrets
    with FakeSlack() as slack:
        for name in secrets.values():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(slack.token + "\n")
        monkeypatch.setenv("ALERTKIT_SLACK_API", slack.url)
        arguments = ("--alert", "EdgeDown", "--channel", "slack", "--to", "#acme", "--secrets", str(tmp_path))
        assert run(send.command, *ACME, *arguments).output.startswith("sent to #acme")
        assert "EdgeDown" in slack.messages_in("#acme")[0].shown
        slack.fail(error="not_in_channel")
        assert "not sent: not_in_channel" in run(send.command, *ACME, *arguments, fails=1).output


def test_sending_needs_a_channel_that_exists_and_secrets() -> None:
    with pytest.raises(UsageError, match=r"no channel 'pigeon'; there are"):
        run(send.command, *ACME, "--alert", "EdgeDown", "--channel", "pigeon")
    with pytest.raises(UsageError, match=r"--secrets is missing"):
        run(send.command, *ACME, "--alert", "EdgeDown", "--channel", "slack")


def test_translators_see_how_far_each_language_is() -> None:
    said = run(locales.command, "stats").output.splitlines()
    assert [line.split()[0] for line in said] == ["en", "fr", "de", "es", "it"]
    assert all("0 fuzzy  0 missing" in line for line in said)
    assert run(locales.command, "check").output == ""


def test_extraction_changes_nothing_when_the_catalogs_are_fresh() -> None:
    before = {path: path.stat().st_mtime_ns for path in (resources.root() / "templates").rglob("*.po*")}
    assert run(locales.command, "extract").output == ""
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_wrong_definition_is_reported_and_not_previewed(tmp_path: Path) -> None:
    project = tmp_path / "copy"
    shutil.copytree(PROJECT, project)
    definition = project / "tenants" / "acme.yaml"
    definition.write_text(definition.read_text().replace("severity: critical", "severity: dire"))
    with pytest.raises(ProblemsFound, match="dire"):
        run(preview.command, "--project", str(project), "--tenant", "acme")
