"""A story that is killed at the n-th statement of the database and told to its end by the next process.

A program: for each number on standard input it forks a child that dies before that statement, then another that goes on, and
prints what the people were told and what is in the database as one line of JSON. 0 dies nowhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from receiver_kit import START, Kit, a_policy, alert, webhook

from alertkit.channels.base import Delivery, Outcome, Sent
from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.model.policy import ChannelSettings
from alertkit.receiver.actions import Action, act

TWICE = EscalationPolicy(
    steps=(
        Step(0, (Target(team="payments"), Target(channel="phone"))),
        Step(600, (Target(team="payments"), Target(channel="phone"))),
    )
)
POLICY = a_policy(
    policies={"standard": TWICE},
    teams={"payments": Team("en", "UTC", (Contact("room", "#payments"),))},
    channels={"room": ChannelSettings("repeatable"), "phone": ChannelSettings("once")},
)


class Diary:
    """Lines that outlive a kill."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, *line: Any) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, json.dumps(line).encode() + b"\n")
        os.close(descriptor)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []


class DiaryChannel:
    """Takes everything, at once, and writes it down: that is the moment in which the other side has it."""

    def __init__(self, name: str, diary: Diary, *, repeatable: bool) -> None:
        self.repeatable = repeatable
        self._name = name
        self._diary = diary

    async def deliver(self, delivery: Delivery) -> Outcome:
        self._diary.write(self._name, delivery.key, delivery.purpose, delivery.incident, delivery.message.state)
        return Sent(f"ref-{delivery.incident}")

    async def close(self) -> None:
        return


def die_at(number: int) -> None:
    """Count the statements of every connection; before the n-th, die as by a power cut."""
    left = number
    connect = sqlite3.connect

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counting(*given: Any, **options: Any) -> sqlite3.Connection:
        db = connect(*given, **options)
        db.set_trace_callback(count)
        return db

    sqlite3.connect = counting  # type: ignore[assignment]


def tell(folder: Path) -> None:
    """The story; what its diary says is done is not done again, as Alertmanager does not send again what was taken."""
    kit = Kit(folder, [POLICY])
    told, done = Diary(folder / "told"), Diary(folder / "done")
    makers = {name: (lambda *_, n=name: DiaryChannel(n, told, repeatable=n == "repeatable")) for name in ("repeatable", "once")}
    kit.receiver = kit.new(makers)
    finished = {line[0] for line in done.lines()}

    async def once(name: str, at: int, what: Callable[[], Awaitable[Any]]) -> None:
        kit.clock.now = max(kit.clock.now, START.replace(minute=at))
        if name not in finished:
            await what()
            done.write(name)
        await kit.after()

    async def post(name: str, resolved: str = "") -> None:
        body = webhook(alert(name, resolved=resolved), group={"alertname": name})
        assert await kit.post(body) == 200

    async def story(_: Kit) -> None:
        await once("open", 0, lambda: post("a"))
        await once("second", 1, lambda: post("b"))
        await once("acknowledge", 2, lambda: act(kit.receiver.store, Action("acknowledge", 1, "acme", "jonas"), kit.clock()))
        await once("resolve", 3, lambda: post("a", "2026-01-05T09:02:30Z"))
        await once("escalate", 12, lambda: asyncio.sleep(0))

    kit.run(story)


def child(work: Callable[[], None]) -> int:
    """Run it in a fork; its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, the parent must not go on as a second one
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def result(folder: Path) -> dict[str, Any]:
    db = sqlite3.connect(folder / "alertkit.db")
    groups = "SELECT id, json_extract(grouped, '$.alertname') AS name FROM incident WHERE tenant = 'acme'"
    name = dict(db.execute(groups))
    mine = f"JOIN ({groups}) g ON g.id = "
    found = {
        "told": [[*line[:2], line[2], name[int(line[3])], line[4]] for line in Diary(folder / "told").lines()],
        "incidents": db.execute(f"SELECT name, state, position FROM incident i {mine} i.id ORDER BY name").fetchall(),
        "occurrences": db.execute(f"SELECT name, ends IS NULL FROM occurrence o {mine} o.incident ORDER BY name").fetchall(),
        "failed": db.execute(
            f"SELECT name, reason FROM outbox o JOIN thread t ON t.id = o.thread {mine} t.incident WHERE o.state = 'failed'"
        ).fetchall(),
        "steps": db.execute(f"SELECT name, kind FROM step s {mine} s.incident ORDER BY name").fetchall(),
        "sound": db.execute("PRAGMA integrity_check").fetchone()[0],
    }
    db.close()
    return found


def main() -> None:
    for line in sys.stdin:
        number = int(line)
        folder = Path(tempfile.mkdtemp())

        def dying(number: int = number, folder: Path = folder) -> None:
            die_at(number)
            tell(folder)

        status = child(dying)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        ended = child(lambda folder=folder: tell(folder)) if killed else status
        sys.stdout.write(json.dumps({"killed": killed, "ended": ended} | result(folder)) + "\n")
        sys.stdout.flush()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
