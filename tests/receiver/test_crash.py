"""SIGKILL, at random moments of a real process and before every statement of the database: nothing accepted is missing, no
step is lost, and nothing is sent twice beyond its channel's contract.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from crash_story import POLICY, TWICE, Diary
from forked_kit import Alertmanager, Forked, Parent
from process_kit import Process
from receiver_kit import Kit
from servers import free_port

from alertkit.model.oncall import EscalationPolicy

HERE = Path(__file__).parent
# A thousand kills take their time: the second step must still be waiting after the last of them.
A_DAY_LATER = EscalationPolicy(steps=(TWICE.steps[0], msgspec.structs.replace(TWICE.steps[1], after=86_400)))
INTERRUPTED = "its sender was interrupted"


class Stories:
    """Tells the story over and over, each time with another death."""

    def __init__(self) -> None:
        command = [sys.executable, str(HERE / "crash_story.py")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(HERE)}
        )

    def die_at(self, number: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        raise AssertionError("the storyteller died")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def stories() -> Iterator[Stories]:
    found = Stories()
    yield found
    found.close()


def messages(told: list[list[str]], channel: str) -> Counter[tuple[str, ...]]:
    """What people read, each key once; rewriting is left out, since a newer state may stand for an older one."""
    by_key = {line[1]: tuple(line[2:]) for line in told if line[0] == channel and line[2] != "update"}
    return Counter(by_key.values())


def assert_told_to_the_end(found: dict[str, Any], whole: dict[str, Any], at: int) -> None:
    assert (found["ended"], found["sound"]) == (0, "ok"), at
    assert found["incidents"] == whole["incidents"], at
    assert found["occurrences"] == whole["occurrences"], at
    assert found["steps"] == whole["steps"], f"{at}: a step is lost"
    assert messages(found["told"], "repeatable") == messages(whole["told"], "repeatable"), at
    once = [line[1] for line in found["told"] if line[0] == "once"]
    assert len(once) == len(set(once)), f"{at}: sent twice where twice is worse"
    missing = messages(whole["told"], "once") - messages(found["told"], "once")
    interrupted = {name for name, reason in found["failed"] if INTERRUPTED in reason}
    assert {name for _, name, _ in missing} <= interrupted, f"{at}: lost, and the operator was not told"


def tell_all(stories: Stories, step: int) -> int:
    whole = stories.die_at(0)
    assert not whole["killed"]
    assert messages(whole["told"], "once") == messages(whole["told"], "repeatable")
    at = 1
    while (found := stories.die_at(at))["killed"]:
        assert_told_to_the_end(found, whole, at)
        at += step
    return at


def test_a_kill_before_a_statement_of_the_database_loses_nothing(stories: Stories) -> None:
    """Every eighth statement; every single one at night."""
    assert tell_all(stories, 8) > 250


@pytest.mark.nightly
def test_a_kill_before_any_statement_of_the_database_loses_nothing(stories: Stories) -> None:
    assert tell_all(stories, 1) > 250


def kill_at_random(folder: Path, kills: int) -> None:
    """Kills within moments after it has begun to listen. Every fifth process has a reader and is killed in moments after that
    accepts, every second of them after its reader.
    """
    Kit(folder, [msgspec.structs.replace(POLICY, policies={"standard": A_DAY_LATER})])
    port, moments = free_port(), random.Random(kills)  # a failure comes back with the same moments
    environment = {"PYTHONPATH": str(HERE), "CRASH_DIARY": str(folder / "told"), "ALERTKIT_LARGEST_WAIT": "0.05"}
    parent = Parent(folder, "--listen", f"127.0.0.1:{port}", **environment)
    processes = [Forked(parent, folder, port, readers=1)]
    clients = [Alertmanager(lambda: processes[-1], name) for name in "ab"]
    for client in clients:
        client.start()
    while kills > 0:
        number, process = len(processes), processes[-1]
        process.listening()
        if number % 5 == 1:
            reader = process.reading()
            process.pause(moments.uniform(0, 0.15))
            if number % 10 == 1:
                os.kill(reader, signal.SIGKILL)
                kills -= 1
        process.pause(moments.uniform(0, 0.15))
        process.popen.kill()
        process.popen.wait(20)
        kills -= 1
        processes.append(Forked(parent, folder, port, readers=int(number % 5 == 0)))
    for client in clients:
        client.enough.set()
        client.join(20)
    wait_until_sent(folder, processes[-1].listening())
    assert processes[-1].stop() == 0
    parent.close()
    assert_nothing_lost(folder, {name for client in clients for name in client.accepted})


def wait_until_sent(folder: Path, process: Process) -> None:
    db = sqlite3.connect(f"file:{folder}/alertkit.db?mode=ro", uri=True)
    unsent = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
    unplanned = "SELECT count(*) FROM step WHERE kind = 'escalate' AND position = 0"
    for _ in range(1_200):
        if not db.execute(f"SELECT ({unsent}) + ({unplanned})").fetchone()[0]:
            db.close()
            return
        with pytest.raises(subprocess.TimeoutExpired):
            process.popen.wait(0.05)
    raise AssertionError("it is still not sent")


def assert_nothing_lost(folder: Path, accepted: set[str]) -> None:
    db = sqlite3.connect(folder / "alertkit.db")
    groups = dict(db.execute("SELECT json_extract(grouped, '$.alertname'), id FROM incident WHERE tenant = 'acme'"))
    assert accepted <= groups.keys(), "an alert was answered 200 and is gone"
    assert db.execute("SELECT count(*) FROM incident WHERE tenant = 'acme'").fetchone()[0] == len(groups), "one incident a group"
    waiting = {number for (number,) in db.execute("SELECT incident FROM step WHERE kind = 'escalate' AND position = 1")}
    assert waiting >= set(groups.values()), "a step is lost"
    failed = {
        str(number)
        for (number,) in db.execute(
            "SELECT t.incident FROM outbox o JOIN thread t ON t.id = o.thread WHERE o.state = 'failed' AND o.reason LIKE ?",
            (f"{INTERRUPTED}%",),
        )
    }
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    told = Diary(folder / "told").lines()
    opened = {name: Counter(line[3] for line in told if line[0] == name and line[2] == "open") for name in ("repeatable", "once")}
    assert opened["repeatable"].keys() >= {str(number) for number in groups.values()}, "nobody was told"
    assert set(opened["once"].values()) <= {1}, "it rang twice"
    assert {str(number) for number in groups.values()} - opened["once"].keys() <= failed, "it neither rang nor failed"
    assert len({line[1] for line in told if line[0] == "repeatable" and line[2] == "open"}) == len(opened["repeatable"])


def test_fifty_kills_at_random_moments_lose_nothing_and_ring_nobody_twice(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 50)


@pytest.mark.nightly
def test_a_thousand_kills_at_random_moments_lose_nothing_and_ring_nobody_twice(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 1_000)
