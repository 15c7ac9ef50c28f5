"""Processes that read webhooks for the one that stores: how they are told, answered, killed, replaced and asked to leave."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from forked_kit import Alertmanager
from process_kit import Process, serving
from receiver_kit import START, Kit, a_policy, alert, webhook
from test_wire import HEALTH, post
from uvicorn.server import ServerState

from alertkit.model.policy import ChannelSettings
from alertkit.receiver.connections import connection
from alertkit.receiver.readers import Readers
from alertkit.receiver.server import listen, readers_wanted
from alertkit.receiver.settings import Settings

LOG_ONLY = a_policy(channels={"room": ChannelSettings("log"), "mail": ChannelSettings("log")})


def readers(process: Process) -> set[int]:
    """Those that a process has, and that live."""
    found = Path(f"/proc/{process.popen.pid}/task/{process.popen.pid}/children").read_text().split()
    return {int(number) for number in found if is_alive(int(number))}


def wait_for(process: Process, what: Callable[[], bool]) -> None:
    while not what():
        assert process.popen.poll() is None, process.errors


def reads(process: Process, readers: int = 1) -> Process:
    """Wait until so many have come to accept."""
    wait_for(process, lambda: process.errors.count("a reader accepts") == readers)
    return process


def posts(process: Process, name: str) -> bool:
    """Whether a post was taken; False when nobody answered it."""
    with contextlib.suppress(OSError):
        return process.post(webhook(alert(name), group={"alertname": name})) == 200
    return False


def is_alive(pid: int) -> bool:
    """Zombies are not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kept(folder: Path) -> set[str]:
    """Groups in the database."""
    db = sqlite3.connect(folder / "alertkit.db")
    found = {name for (name,) in db.execute("SELECT json_extract(grouped, '$.alertname') FROM incident")}
    db.close()
    return found


@pytest.mark.parametrize(
    ("settings", "processors", "wanted"),
    [({}, 1, 0), ({}, 2, 1), ({}, 3, 1), ({}, 4, 2), ({}, 64, 2), ({"readers": 0}, 8, 0), ({"readers": 5}, 1, 5)]
    + [({"readers": 5, other: Path("x")}, 8, 0) for other in ("tls_certificate", "otlp_endpoint")],
)
def test_there_are_as_many_readers_as_are_of_use(settings: dict[str, object], processors: int, wanted: int) -> None:
    where = Path()
    given: Settings = Settings(policies=where, database="", secrets=where, tokens=where, **settings)  # type: ignore[arg-type]
    assert readers_wanted(given, processors) == wanted


def test_a_reader_that_dies_is_replaced_and_nothing_that_was_accepted_is_missing(tmp_path: Path) -> None:
    Kit(tmp_path, [LOG_ONLY])
    with serving(tmp_path, ALERTKIT_READERS="2") as process:
        clients = [Alertmanager(lambda: process, name) for name in "ab"]
        reads(process, 2)
        for client in clients:
            client.start()
        try:
            for kill in range(1, 5):
                enough = [len(client.accepted) + 3 for client in clients]
                wait_for(process, lambda enough=enough: all(len(c.accepted) >= n for c, n in zip(clients, enough, strict=True)))
                os.kill(min(readers(process)), signal.SIGKILL)
                wait_for(process, lambda kill=kill: process.errors.count("a reader has ended") == kill)
                reads(process, 2 + kill)
        finally:
            for client in clients:
                client.enough.set()
                client.join()
        assert posts(process, "last")
        assert process.stop() == 0
    assert kept(tmp_path) >= {"last", *clients[0].accepted, *clients[1].accepted}
    assert not clients[0].refused | clients[1].refused


def test_readers_end_with_the_process_that_stores_and_leave_its_port(tmp_path: Path) -> None:
    Kit(tmp_path, [LOG_ONLY])
    with serving(tmp_path, ALERTKIT_READERS="2") as process:
        assert posts(reads(process, 2), "before")
        left, address = readers(process), f"127.0.0.1:{process.port}"
        assert len(left) == 2
        process.stop(signal.SIGKILL)
    with serving(tmp_path, "--listen", address, ALERTKIT_READERS="1") as process:
        assert posts(reads(process), "after")
        wait_for(process, lambda: not any(map(is_alive, left)))


def test_a_signal_that_everybody_gets_lets_readers_answer_first(tmp_path: Path) -> None:
    """As Ctrl-C does, and systemd."""
    Kit(tmp_path, [LOG_ONLY])
    with serving(tmp_path, ALERTKIT_READERS="1") as process:
        assert posts(reads(process), "before")
        (reader,) = readers(process)
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(reader, number)
        assert posts(process, "still")
        assert readers(process) == {reader}
        assert process.stop(signal.SIGINT) == 0
    assert not is_alive(reader)


def test_readers_go_by_new_tokens_and_policies(tmp_path: Path) -> None:
    kit = Kit(tmp_path, [LOG_ONLY])
    with serving(tmp_path, ALERTKIT_READERS="1", ALERTKIT_RELOAD_INTERVAL="0.05") as process:
        assert reads(process).post(webhook(alert(customer="initech"))) == 200
        body = webhook(alert("theirs", customer="initech"), group={"alertname": "theirs"})
        kit.write(a_policy(tenant_label="customer", channels=LOG_ONLY.channels))
        wait_for(process, lambda: process.post(body) == 200 and "alerts of another tenant dropped" in process.errors)
        other = [{"name": "x", "sha256": hashlib.sha256(b"other").hexdigest(), "tenants": "*", "scopes": ["ingest"]}]
        (tmp_path / "tokens.json").write_text(json.dumps(other))
        wait_for(process, lambda: process.post(body) == 401)
        assert process.request("POST", "/v1/alerts/acme/standard", body, "other")[0] == 200


@contextlib.asynccontextmanager
async def reading(
    kit: Kit, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a reader of the kit's receiver."""
    (bound,) = await listen("127.0.0.1", 0, 10)
    config, state = uvicorn.Config(kit.receiver, log_config=None), ServerState()
    config.load()
    adopt = partial(connection, kit.receiver.ingest, config=config, server_state=state, app_state={})
    readers_ = Readers(kit.receiver.ingest, partial(kit.receiver.rules, 5), [bound], adopt)
    await readers_.start(1)
    while "a reader accepts" not in capsys.readouterr().out:  # noqa: ASYNC110 - what is waited for is a line of the log
        await asyncio.sleep(0)
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        for one in list(state.connections):
            one.shutdown()
        await readers_.leave(60)


async def ask(connected: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: bytes) -> bytes:
    """The status line of the answer."""
    reader, writer = connected
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[16:]) for line in head.splitlines() if line.startswith(b"content-length: ")), 0)
    await reader.readexactly(length)
    return head.partition(b"\r\n")[0]


def test_what_cannot_be_stored_is_a_503_and_a_fault_of_our_own_a_500_and_the_connection_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(kit: Kit) -> None:
        async with reading(kit, capsys) as connected:
            assert await ask(connected, post()) == b"HTTP/1.1 200 OK"
            other = sqlite3.connect(tmp_path / "alertkit.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            assert await ask(connected, post(webhook(alert("two")))) == b"HTTP/1.1 503 Service Unavailable"
            other.execute("ROLLBACK")
            other.close()
            kit.clock.now = None  # type: ignore[assignment]  # a clock that is broken
            assert await ask(connected, post()) == b"HTTP/1.1 500 Internal Server Error"
            kit.clock.now = START
            assert await ask(connected, post(webhook(alert("two")))) == b"HTTP/1.1 200 OK"

    Kit(tmp_path).run(story)


def test_what_a_reader_does_not_take_the_process_that_stores_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A body that is refused, an alert of somebody else's, a trace, no alert at all, and whatever is no webhook."""
    theirs = webhook(alert(), alert("theirs", tenant="globex"))
    trace = b"traceparent: 00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"

    async def story(kit: Kit) -> None:
        async with reading(kit, capsys) as connected:
            assert await ask(connected, post(b"{}")) == b"HTTP/1.1 400 Bad Request"
            assert await ask(connected, post(theirs)) == b"HTTP/1.1 200 OK"
            assert await ask(connected, post(webhook(alert("traced")), trace)) == b"HTTP/1.1 200 OK"
            assert await ask(connected, post(webhook())) == b"HTTP/1.1 200 OK"
            assert await ask(connected, post(path=b"/v1/alerts/nobody/standard")) == b"HTTP/1.1 403 Forbidden"
            assert await ask(connected, HEALTH) == b"HTTP/1.1 200 OK"
            assert await ask(connected, post(webhook(alert("after")))) == b"HTTP/1.1 200 OK"
        (mine,) = [one for one in await kit.receiver.store.open_alerts() if one.incident.tenant == "acme"]
        assert len(mine.alerts) == 3

    Kit(tmp_path).run(story)
