"""What is known of Alertmanager when it restarts, when the receiver does, or when it does not answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver_kit import START, Kit, alert, request, until, webhook

from alertkit.receiver.app import ASKED_FIRST
from alertkit.testing.alertmanager import FakeAlertmanager

HOUR = dt.timedelta(hours=1)
ONE = alert("one")["fingerprint"]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres").database()
        return url
    return f"sqlite:///{tmp_path}/alertkit.db"


@pytest.fixture
def peer() -> Iterator[FakeAlertmanager]:
    with FakeAlertmanager(START - HOUR) as peer:
        yield peer


async def poll(kit: Kit, times: int = 1) -> None:
    for _ in range(times):
        await kit.after(minutes=1)
        await kit.receiver.reconciler.poll()
        await kit.receiver.worker.settle()


async def state(kit: Kit) -> str:
    found = await kit.receiver.store.incident(1)
    return found.state if found else "none"


async def rung(kit: Kit) -> bool:
    return bool(kit.rung())


async def stale_since(kit: Kit) -> tuple[Any, bool]:
    """What the API says, and whether the thread says it."""
    _, body = await request(kit.receiver, "GET", "/v1/incidents/1", headers={"authorization": "Bearer acting"})
    shown = [delivery for delivery in kit.told if delivery.address == "#payments" and delivery.purpose != "reply"][-1]
    return json.loads(body)["incident"]["stale_since"], "Non confirmé" in [fact.name for fact in shown.message.facts]


def test_what_was_in_doubt_before_a_restart_says_so_until_it_is_confirmed(
    tmp_path: Path, database: str, peer: FakeAlertmanager
) -> None:
    kit = Kit(tmp_path)
    kit.token("jonas", "acting", scopes=["read", "act"])
    with FakeAlertmanager(START - HOUR) as other:
        peers = (peer.origin, other.origin)

        async def doubted(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            await kit.after(seconds=0)
            other.down = True
            await poll(kit, 11)
            assert await stale_since(kit) == ("2026-01-05T09:01:00Z", True)

        async def confirmed(kit: Kit) -> None:
            assert await stale_since(kit) == ("2026-01-05T09:01:00Z", True)
            other.down = peer.down = True
            await poll(kit)
            assert await stale_since(kit) == ("2026-01-05T09:01:00Z", True), "nobody that could confirm it has answered"
            peer.down = False
            peer.alerts = {ONE: "active"}
            await poll(kit)
            assert await stale_since(kit) == (None, False)

        kit.receiver = kit.new(database=database, alertmanager=peers)
        kit.run(doubted)
        kit.receiver = kit.new(database=database, alertmanager=peers)
        kit.run(confirmed)


def test_what_ends_while_it_is_in_doubt_is_in_doubt_no_longer(tmp_path: Path, database: str, peer: FakeAlertmanager) -> None:
    kit = Kit(tmp_path)
    kit.token("jonas", "acting", scopes=["read", "act"])
    kit.receiver = kit.new(database=database, alertmanager=(peer.origin,))

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert("one")))
        await kit.after(seconds=0)
        peer.started = kit.clock()
        await poll(kit, 11)
        assert (await stale_since(kit))[1]
        await kit.post(webhook(alert("one", resolved="2026-01-05T09:11:00Z")))
        await poll(kit)
        assert (await state(kit), await stale_since(kit)) == ("resolved", (None, False))

    kit.run(story)


def test_an_opinion_that_another_replica_does_not_share_is_told_once(tmp_path: Path, peer: FakeAlertmanager) -> None:
    """One of them does not reach the peer that has the alert: nobody's screen is rewritten every minute because of that."""
    kit = Kit(tmp_path)
    with FakeAlertmanager(START - HOUR) as unreached:
        kit.receiver = kit.new(alertmanager=(peer.origin, "http://127.0.0.1:1"))

        async def story(kit: Kit) -> None:
            unreached.alerts = {ONE: "active"}
            await kit.post(webhook(alert("one")))
            other = kit.new(alertmanager=(peer.origin, unreached.origin))
            other.reconciler._store = kit.receiver.store
            for _ in range(30):
                await poll(kit)
                await other.reconciler.poll()
            await other.reconciler.close()
            told = [one for one in kit.told if one.address == "#payments" and one.purpose == "update"]
            assert len([one for one in told if "Non confirmé" in [fact.name for fact in one.message.facts]]) == 1

        kit.run(story)


async def silenced_then_gone(kit: Kit, peer: FakeAlertmanager, how: str) -> None:
    await kit.post(webhook(alert("one")))
    await kit.after(seconds=0)
    peer.alerts = {ONE: "silenced"}
    await poll(kit, 9)
    assert await state(kit) == "suppressed"
    peer.down, peer.alerts, peer.started = how == "does not answer", {}, kit.clock()


@pytest.mark.parametrize("how", ["starts again", "does not answer"])
def test_a_short_restart_of_alertmanager_pages_for_nothing_that_is_silenced(
    tmp_path: Path, peer: FakeAlertmanager, how: str
) -> None:
    """It keeps its silences, and knows its alerts again only when Prometheus has sent them again."""
    kit = Kit(tmp_path)
    kit.receiver = kit.new(alertmanager=(peer.origin,))

    async def story(kit: Kit) -> None:
        await silenced_then_gone(kit, peer, how)
        await poll(kit, 4)
        assert await state(kit) == "suppressed"
        assert len(kit.rung()) == 2, "nobody was paged again"
        peer.down, peer.alerts = False, {ONE: "silenced"}
        await poll(kit, 20)
        assert await state(kit) == "suppressed"
        assert len(kit.rung()) == 2

    kit.run(story)


@pytest.mark.parametrize("how", ["starts again", "does not answer"])
def test_what_alertmanager_no_longer_says_to_be_silenced_pages_within_ten_minutes(
    tmp_path: Path, peer: FakeAlertmanager, how: str
) -> None:
    kit = Kit(tmp_path)
    kit.receiver = kit.new(alertmanager=(peer.origin,))

    async def story(kit: Kit) -> None:
        await silenced_then_gone(kit, peer, how)
        await poll(kit, 10)
        assert await state(kit) == "firing"
        assert len(kit.rung()) > 2

    kit.run(story)


def test_an_alertmanager_that_never_answers_keeps_no_receiver_from_starting(tmp_path: Path) -> None:
    kit = Kit(tmp_path)

    async def story(url: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        kit.receiver = kit.new(alertmanager=(url,), largest_wait=0.05)
        async with kit.receiver.running():
            assert loop.time() - began < ASKED_FIRST
            assert await kit.post(webhook(alert("one"))) == 200
            await until(lambda: rung(kit))
            assert loop.time() - began < 2 * ASKED_FIRST, "and whoever is to be paged waits a moment only"

    with socket.create_server(("127.0.0.1", 0)) as hanging:
        asyncio.run(story(f"http://127.0.0.1:{hanging.getsockname()[1]}"))
