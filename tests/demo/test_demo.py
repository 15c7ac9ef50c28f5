"""`alertkit demo` as a newcomer runs it: a process, a page over HTTP, a signal that ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import requests
from click.testing import CliRunner
from servers import eventually

from alertkit.cli import cli
from alertkit.demo import programs, stage, webhook
from alertkit.demo.cast import PLAYERS, ROOMS, Shop
from alertkit.errors import AlertkitError
from alertkit.model import policy as policies
from alertkit.model.webhook import Webhook


class Demo:
    """A demo that runs, and what is on its page."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.page = eventually("the demo prints its page", lambda: self.address("page"))

    def address(self, name: str) -> str:
        found = re.search(rf"{name} +(http://\S+)", self.output.read_text())
        return found[1] if found else ""

    def state(self) -> str:
        return requests.get(f"{self.page}/state", timeout=10).text.replace("\xa0", " ").replace("\u202f", " ")

    def post(self, path: str, **fields: str) -> requests.Response:
        return requests.post(f"{self.page}{path}", data=fields, timeout=10)

    def waits_for(self, words: str) -> str:
        return eventually(words, lambda: state if words in (state := self.state()) else "")

    def click(self, action: str, room: int = 0) -> requests.Response:
        message = re.search(rf'name="room" value="{room}"><input type="hidden" name="ts" value="([^"]+)"', self.state())
        assert message
        return self.post("/click", room=str(room), ts=message[1], action=action)


@contextmanager
def demo(folder: Path, *arguments: str, path: str = "") -> Iterator[Demo]:
    """A demo with its temporary files in `folder`; ended by Ctrl-C, after which nothing of it may be left."""
    output = folder / "demo.txt"
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), **({"PATH": path} if path else {}), "PYTHONUNBUFFERED": "1"}
    with output.open("wb") as log:
        command = [sys.executable, "-m", "alertkit", "demo", "--no-browser", *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            yield Demo(output)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
    assert code == 0, output.read_text()
    assert not list(temporary.iterdir()), "files are left behind"
    assert not children_in(temporary), "programs are left behind"


def children_in(folder: Path) -> list[str]:
    """Processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += [process.name] if str(process.joinpath("cwd").readlink()).startswith(str(folder)) else []
        except OSError:
            continue
    return found


def test_a_broken_service_reaches_the_page_and_a_click_acknowledges_it(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("prometheus")
    tool("prometheus-alertmanager")
    with demo(tmp_path, "--break-after", "0") as running:
        first = running.waits_for("des paiements échouent")
        assert "#acme-payments" in first
        assert "#globex-store" not in first, "the other tenant sees nothing"
        assert "alert" in requests.get(f"{running.address('Alertmanager')}/api/v2/alerts", timeout=10).text
        assert running.click("alertkit:acknowledge").status_code == 200
        running.waits_for("Amélie Durand")
        running.post("/repair", tenant="acme")
        running.waits_for("Résolu")


def test_without_servers_it_names_their_packages_and_shows_the_messages_all_the_same(tmp_path: Path) -> None:
    with demo(tmp_path, path="/nonexistent") as running:
        assert "sudo apt-get install prometheus prometheus-alertmanager" in running.output.read_text()
        assert "posts in Alertmanager" in requests.get(running.page, timeout=10).text
        running.post("/break", tenant="globex")
        running.waits_for("Search takes 4.2 s")
        assert running.click("alertkit:acknowledge", room=2).status_code == 200
        running.waits_for("Grace Hopkins")
        running.post("/repair", tenant="globex")
        running.waits_for("Resolved")
        assert "#acme-payments" not in running.state()


def test_nobody_clicks_and_the_person_on_call_is_told(tmp_path: Path) -> None:
    with demo(tmp_path, "--break-after", "0", path="/nonexistent") as running:
        running.waits_for("Amélie Durand, on call for Acme")


def test_another_site_cannot_click_and_what_is_not_there_is_no_crash(tmp_path: Path) -> None:
    with demo(tmp_path, path="/nonexistent") as running:
        foreign = requests.post(
            f"{running.page}/break", data={"tenant": "acme"}, headers={"Origin": "http://evil.example"}, timeout=10
        )
        assert foreign.status_code == 403
        assert running.post("/click", room="99", ts="1", action="alertkit:acknowledge").status_code == 400
        assert running.post("/break", tenant="nobody").status_code == 400
        assert requests.get(f"{running.page}/nothing", timeout=10).status_code == 404
        assert "It is quiet" in running.state()


def test_it_ends_by_itself_after_its_seconds() -> None:
    answer = CliRunner().invoke(cli, ["demo", "--no-browser", "--seconds", "0"])
    assert answer.exit_code == 0, answer.output
    assert "nothing is left behind" in answer.output


def test_what_the_demo_plays_is_what_its_definitions_say(tmp_path: Path) -> None:
    built = stage._generate(tmp_path, 9)
    assert not built.problems
    rules = stage._rules(built)
    assert {(player.tenant, player.alert) for player in PLAYERS} == {(tenant, rule.alert) for tenant, rule in rules.items()}
    addresses = {room.address for room in ROOMS}
    for player in PLAYERS:
        text = (tmp_path / "generated" / "receiver" / f"{player.tenant}.json").read_text()
        assert policies.decode(text.encode()).title == player.title
        assert set(re.findall(r'"(#[a-z-]+|U0[A-Z]+)"', text)) <= addresses, "a message in a room that the page does not show"


def test_its_own_webhook_is_what_alertmanager_sends(tmp_path: Path) -> None:
    rules = stage._rules(stage._generate(tmp_path, 9))
    body = webhook.post(PLAYERS[0], rules["acme"], stage._now(), stage._now())
    parsed = msgspec.convert(body, Webhook, strict=False)
    assert parsed.status == "resolved"
    assert parsed.group_labels == {"tenant": "acme", "alertname": "CheckoutErrors", "service": "checkout"}
    assert parsed.alerts[0].annotations["alertkit_value"] == "0.3"


def test_counters_grow_with_time_and_errors_only_while_broken() -> None:
    shop = Shop()
    shop.exposition(0.0)
    assert 'code="500"} 0.0' in shop.exposition(10.0)
    shop.broken.add("acme")
    text = shop.exposition(20.0)
    assert 'code="200"} 340.0' in text
    assert 'code="500"} 60.0' in text


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such setting'); raise SystemExit(3)"]
    with (
        pytest.raises(AlertkitError, match="no such setting"),
        programs.running(tmp_path, "receiver", command, programs.Ready("http://127.0.0.1:1/"), os.environ),
    ):
        raise AssertionError("it runs")
