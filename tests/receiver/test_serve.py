"""The receiver as a process: what it answers, how it stops, and what a full disk or a broken file does to it."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from process_kit import Process, serving
from receiver_kit import Kit, a_policy, alert, webhook

from alertkit.model.policy import ChannelSettings

LOGGED = {"room": ChannelSettings("log"), "mail": ChannelSettings("log")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Kit(tmp_path, [a_policy(channels=LOGGED)])
    return tmp_path


def wait_for(process: Process, what: Callable[[], bool]) -> None:
    """The process's own doing, so it is given a minute, however busy the machine is."""
    for _ in range(6_000):
        if what():
            return
        assert process.popen.poll() is None, process.errors
        subprocess.run(["sleep", "0.01"], check=True)
    raise AssertionError(process.errors)


def messages(process: Process) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in process.errors.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "message"]


def test_it_takes_a_post_tells_the_people_and_stops_when_asked(folder: Path) -> None:
    with serving(folder, ALERTKIT_LARGEST_WAIT="0.05") as process:
        assert process.request("GET", "/healthz") == (200, b"alive\n")
        assert process.request("GET", "/readyz") == (200, b"ready\n")
        assert process.post(webhook(alert())) == 200
        wait_for(process, lambda: len(messages(process)) == 2)
        room, person = (message["address"] for message in messages(process))
        assert room == "#payments"
        assert person in ("U1", "U2")
        # A delivery is counted once its end is on disk, which is after it was seen.
        sent = b'alertkit_deliveries_total{channel="room",outcome="sent",tenant="acme"} 2.0'
        wait_for(process, lambda: sent in process.request("GET", "/metrics")[1])
        assert b'alertkit_posts_total{tenant="acme"} 1.0' in process.request("GET", "/metrics")[1]
        assert process.request("GET", "/nowhere")[0] == 404
        assert process.request("DELETE", "/healthz")[0] == 405
        assert process.stop() == 0
        assert "Traceback" not in process.errors


def test_it_logs_json_lines_with_times_in_utc(folder: Path) -> None:
    with serving(folder) as process:
        process.post(webhook(alert(tenant="globex")))
        assert process.stop(signal.SIGINT) == 0
        (line,) = [json.loads(line) for line in process.errors.splitlines() if "another tenant" in line]
        assert (line["level"], line["tenant"], line["timestamp"][-1]) == ("warning", "acme", "Z")


def test_policies_and_tokens_are_read_again_when_they_change_and_stay_when_the_new_ones_are_wrong(folder: Path) -> None:
    kit = Kit(folder, [a_policy(channels=LOGGED)])
    with serving(folder, ALERTKIT_RELOAD_INTERVAL="0.02") as process:
        kit.write(a_policy("globex", channels=LOGGED))
        kit.token("another", "0ther")
        other = webhook(alert(tenant="globex"))
        wait_for(process, lambda: process.request("POST", "/v1/alerts/globex/standard", other, "0ther")[0] == 200)
        wait_for(process, lambda: any('"tenants": 2' in line for line in process.errors.splitlines()))
        (folder / "policies" / "globex.json").write_text("{")
        (folder / "tokens.json").write_text("[{}]")
        wait_for(process, lambda: "policy refused" in process.errors and "tokens refused" in process.errors)
        assert process.request("POST", "/v1/alerts/globex/standard", other, "0ther")[0] == 200
        assert b"alertkit_policies 2.0" in process.request("GET", "/metrics")[1]
        assert b"alertkit_policy_problems 1.0" in process.request("GET", "/metrics")[1]
        (folder / "policies" / "globex.json").unlink()
        wait_for(process, lambda: b"alertkit_policies 1.0" in process.request("GET", "/metrics")[1])


def test_a_full_disk_is_a_503_until_there_is_room_and_everything_accepted_is_kept(folder: Path) -> None:
    """The kernel refuses every write past a size, as a full disk does; then there is room again."""
    with serving(folder) as process:
        assert process.post(webhook(alert("before"), group={"alertname": "A"})) == 200
        wait_for(process, lambda: len(messages(process)) == 2)
        full = (folder / "alertkit.db-wal").stat().st_size
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        big = webhook(*(alert(str(number), starts="2026-01-05T08:58:00Z") for number in range(500)), group={"alertname": "B"})
        assert process.post(big) == 503
        assert process.request("GET", "/readyz")[0] == 503
        assert process.post(big) == 503
        resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert process.request("GET", "/readyz")[0] == 200
        assert process.post(big) == 200
        assert process.post(webhook(alert("after"), group={"alertname": "C"})) == 200
        wait_for(process, lambda: len(messages(process)) == 6)
        assert process.stop() == 0
    with sqlite3.connect(folder / "alertkit.db") as db:
        assert db.execute("SELECT count(*) FROM incident").fetchone() == (3,)
        assert db.execute("SELECT count(*) FROM occurrence").fetchone() == (502,)
    db.close()


def test_a_database_that_another_program_locks_is_a_503_until_it_is_free(folder: Path) -> None:
    with serving(folder) as process:
        db = sqlite3.connect(folder / "alertkit.db", isolation_level=None)
        db.execute("BEGIN EXCLUSIVE")
        assert process.post(webhook(alert())) == 503
        wait_for(process, lambda: "the store is away" in process.errors)
        assert process.request("GET", "/readyz")[0] == 503
        db.execute("ROLLBACK")
        db.close()
        assert process.post(webhook(alert())) == 200
        wait_for(process, lambda: len(messages(process)) == 2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--database", "mysql://x"), "starts with postgres://, postgresql://, sqlite://"),
        (("--listen", "127.0.0.1"), "is not host:port"),
        (("--tokens", "/nonexistent"), "`alertkit token` makes tokens"),
        (("--database", "sqlite:////nonexistent/x.db"), "/nonexistent/x.db"),
    ],
)
def test_what_keeps_it_from_starting_is_one_sentence(folder: Path, options: tuple[str, ...], says: str) -> None:
    process = Process(folder, *options)
    assert process.popen.wait(120) in (1, 2)
    assert says in process.errors
    assert "Traceback" not in process.errors


def test_a_port_that_is_taken_ends_it_with_an_error(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    Kit(other)
    with serving(folder) as process:
        second = Process(other, "--listen", f"127.0.0.1:{process.port}")
        assert second.popen.wait(120) != 0
        assert "address already in use" in second.errors


def test_settings_that_are_missing_are_named_with_the_variable_that_gives_them(folder: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ALERTKIT_")}
    done = subprocess.run([sys.executable, "-m", "alertkit", "serve"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--policies is missing; give it, or set ALERTKIT_POLICIES" in done.stderr
    environment["ALERTKIT_LEASE"] = "soon"
    command = [sys.executable, "-m", "alertkit", "serve", "--policies", "x", "--secrets", "x", "--tokens", "x"]
    done = subprocess.run([*command, "--database", "sqlite:///x"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "settings" in done.stderr
    assert "lease" in done.stderr
