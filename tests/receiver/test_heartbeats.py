"""Dead man's switches, in and out, and the receiver's look at itself."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from receiver_kit import START, Kit, a_policy, alert, webhook

from alertkit import names
from alertkit.errors import UsageError
from alertkit.model.heartbeat import Heartbeat, beaten, listen
from alertkit.model.oncall import Contact, EscalationPolicy, Person, Step, Target
from alertkit.receiver.heartbeats import expected
from alertkit.stores.base import Listing
from alertkit.testing.server import Server

MINUTE = dt.timedelta(minutes=1)
OPERATOR = a_policy(
    "platform",
    policies={"unrouted": EscalationPolicy(steps=(Step(0, (Target(person="boss"),)),))},
    people={"boss": Person("Boss", "en", "UTC", (Contact("room", "OPERATOR"),))},
    teams={},
    schedules={},
)
WATCHDOG = webhook(alert("dog", alertname="AlertkitWatchdog"), group={"alertname": "AlertkitWatchdog"})


def a_kit(folder: Path, **settings: Any) -> Kit:
    kit = Kit(folder, [a_policy(), OPERATOR])
    kit.receiver = kit.new(**({"expect_watchdog": ("acme/watchdog=10m",)} | settings))
    return kit


async def trouble(kit: Kit) -> list[tuple[str, str]]:
    """What the operator was told of: the alert and how its incident stands, the first told first."""
    found = await kit.receiver.store.incidents(Listing(frozenset({"platform"})))
    return [(one.group["alertname"], one.state) for one in reversed(found)]


async def listening(kit: Kit, minutes: int) -> None:
    """Time passes while the receiver runs."""
    for _ in range(minutes):
        kit.clock.advance(minutes=1)
        await kit.receiver.watchdogs.look()
    await kit.receiver.worker.settle()


async def dog(kit: Kit) -> int:
    return await kit.post(WATCHDOG, "/v1/alerts/acme/watchdog")


def test_a_watchdog_that_stays_away_is_told_and_over_when_it_is_back(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.receiver.watchdogs.look()
        assert await dog(kit) == 200
        await listening(kit, 10)
        assert await trouble(kit) == []
        await listening(kit, 1)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "firing")]
        assert kit.pages() == [("open", "OPERATOR")]
        await listening(kit, 60)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "firing")], "one incident, however long it lasts"
        assert await dog(kit) == 200
        await listening(kit, 1)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "resolved")]
        assert await kit.receiver.store.incidents(Listing(frozenset({"acme"}))) == []

    a_kit(tmp_path).run(story)


def test_a_watchdog_opens_no_incident_and_takes_nothing_else_with_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        mixed = webhook(alert("dog", alertname="Watchdog"), alert("one"))
        assert await kit.post(mixed, "/v1/alerts/acme/watchdog") == 200
        assert (
            await kit.post(
                webhook(alert("dog", alertname="Watchdog", resolved="2026-01-05T09:00:00Z")), "/v1/alerts/acme/watchdog"
            )
            == 200
        )
        (found,) = await kit.receiver.store.incidents(Listing())
        recorded = (await kit.receiver.store.alerts(found.id)).recorded
        assert [one.occurrence.fingerprint for one in recorded] == [alert("one")["fingerprint"]]
        assert b"Watchdog" not in next(iter((await kit.receiver.store.alerts(found.id)).posts.values()))

    a_kit(tmp_path).run(story)


def test_what_is_named_watchdog_elsewhere_is_an_alert(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(WATCHDOG)
        assert [one.tenant for one in await kit.receiver.store.incidents(Listing())] == ["acme"]

    a_kit(tmp_path).run(story)


def test_a_restart_neither_forgets_nor_raises_a_false_alarm(tmp_path: Path) -> None:
    async def first(kit: Kit) -> None:
        await kit.receiver.watchdogs.look()
        await dog(kit)
        await listening(kit, 8)

    async def second(kit: Kit) -> None:
        kit.clock.advance(hours=3)
        await kit.receiver.watchdogs.look()
        assert await trouble(kit) == [], "nobody listened for three hours: nothing is known of them"
        await listening(kit, 2)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "firing")], "the eight minutes before are not forgotten"

    async def third(kit: Kit) -> None:
        await dog(kit)
        await listening(kit, 1)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "resolved")], "who told of it is gone, and yet it ends"

    kit = a_kit(tmp_path)
    for story in (first, second, third):
        kit.run(story)
        kit.receiver = kit.new(expect_watchdog=("acme/watchdog=10m",))


def test_of_two_receivers_the_one_that_told_ends_it_when_the_other_hears_the_watchdog(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        other = kit.new(expect_watchdog=("acme/watchdog=10m",))
        other.watchdogs._store = kit.receiver.store
        await listening(kit, 12)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "firing")]
        await other.watchdogs._store.heartbeat("acme/watchdog", lambda known: beaten("acme/watchdog", kit.clock(), known))
        await listening(kit, 1)
        assert await trouble(kit) == [(names.ALERT_WATCHDOG, "resolved")]

    a_kit(tmp_path).run(story)


@given(st.lists(st.tuples(st.integers(-7_200, 7_200), st.booleans()), max_size=40))
def test_silence_is_never_longer_than_the_time_that_passed_while_somebody_listened(steps: list[tuple[int, bool]]) -> None:
    now, known = START, beaten("x", START, None)
    looks = 0
    for seconds, came in steps:
        now += dt.timedelta(seconds=seconds)
        known = beaten("x", now, known) if came else listen("x", now, known)
        looks = 0 if came and known.listened == dt.timedelta() else looks + 1
        assert dt.timedelta() <= known.listened <= looks * MINUTE


def test_looks_of_replicas_count_the_same_time_once() -> None:
    known: Heartbeat = beaten("x", START, None)
    for second in range(0, 61, 10):
        for _replica in range(3):
            known = listen("x", START + dt.timedelta(seconds=second), known)
    assert known.listened == MINUTE


@pytest.mark.parametrize("text", ["watchdog=10m", "a/b", "a/b=", "a/b=ten", "a/b/c=10m", "/b=10m", "a/b=30s", "a/b=-5m"])
def test_a_source_that_cannot_be_read_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(UsageError, match="--expect-watchdog"):
        expected(text)


# Out


class Elsewhere(Server):
    """A service that expects heartbeats."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[str] = []
        self.status = 200

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.beats.append(f"{request.method} {request.path}")
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


def test_the_heartbeat_is_heard_while_all_is_well_and_only_then(tmp_path: Path) -> None:
    with Elsewhere() as elsewhere:

        async def story(kit: Kit) -> None:
            pulse = kit.receiver.pulse
            assert await pulse.beat()
            assert elsewhere.beats == ["GET /ping/secret"]
            await kit.post(webhook(alert()))
            kit.clock.advance(minutes=6)
            assert not await pulse.beat(), "a step has been overdue for six minutes"
            await kit.receiver.worker.settle()
            assert await pulse.beat()
            kit.receiver.store._db.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
            assert not await pulse.beat(), "nothing can be written"
            kit.receiver.store._db.execute("PRAGMA query_only = OFF")  # type: ignore[attr-defined]
            elsewhere.status = 302
            assert not await pulse.beat()
            assert elsewhere.beats == ["GET /ping/secret"] * 3, "no redirect is followed"
            text = kit.receiver.metrics.text()
            assert b'alertkit_heartbeats_total{outcome="heard"} 2.0' in text
            assert b'alertkit_heartbeats_total{outcome="unheard"} 1.0' in text

        a_kit(tmp_path, heartbeat_url=f"{elsewhere.origin}/ping/secret", private_networks=True).run(story)


@pytest.mark.parametrize(
    "url", ["http://deadman.example/x", "https://127.0.0.1/x", "https://user:x@deadman.example/", "https://10.0.0.1/"]
)
def test_a_heartbeat_goes_nowhere_near(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="--heartbeat-url"):
        a_kit(tmp_path, heartbeat_url=url)


def test_a_name_that_leads_home_is_not_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(kit: Kit) -> None:
        assert not await kit.receiver.pulse.beat()

    a_kit(tmp_path, heartbeat_url="https://localhost/secret").run(story)
    assert "secret" not in capsys.readouterr().out


def test_without_a_url_nothing_is_asked_for(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await asyncio.wait_for(kit.receiver.pulse.run(60), 5)

    a_kit(tmp_path).run(story)


# The look at ourselves


def test_what_is_overdue_is_told_once_and_over_when_it_is_caught_up(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.receiver.worker.check()
        await kit.post(webhook(alert()))
        for _ in range(30):
            kit.clock.advance(minutes=1)
            await kit.receiver.worker.check()
        assert await trouble(kit) == [(names.ALERT_OVERDUE, "firing")]
        await kit.receiver.worker.settle()
        await kit.receiver.worker.check()
        assert await trouble(kit) == [(names.ALERT_OVERDUE, "resolved")]
        pages = [one for one in kit.told if one.address == "OPERATOR" and one.broadcast]
        for _ in range(60):
            await kit.after(minutes=10)
            await kit.receiver.worker.check()
        assert [one for one in kit.told if one.address == "OPERATOR" and one.broadcast] == pages, (
            "and nobody is paged about it again"
        )

    a_kit(tmp_path).run(story)


def test_an_overdue_receiver_that_restarts_ends_what_its_last_process_told(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        kit.clock.advance(minutes=6)
        await kit.receiver.worker.check()
        assert await trouble(kit) == [(names.ALERT_OVERDUE, "firing")]

    async def after(kit: Kit) -> None:
        await kit.receiver.worker.settle()
        await kit.receiver.worker.check()
        assert await trouble(kit) == [(names.ALERT_OVERDUE, "resolved")]

    kit = a_kit(tmp_path)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)
