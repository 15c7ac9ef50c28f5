"""Whatever happens, an incident is the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import postgres_server
import pytest
from databases import PostgresDatabase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_store_contract import MINUTE, T0

from alertkit import names
from alertkit.model.incident import Changes, Held, Post, Thread, identity
from alertkit.model.oncall import Contact, EscalationPolicy, Person, Step, Target, Team
from alertkit.model.policy import ChannelSettings, TenantPolicy
from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver.actions import Action, act
from alertkit.receiver.escalation import plan
from alertkit.receiver.incidents import fold
from alertkit.receiver.payload import sightings
from alertkit.stores.base import Choice, Due, End, Listing, Outgoing, Settlement, Store
from alertkit.stores.postgres import PostgresStore
from alertkit.stores.sqlite import SqliteStore

ESCALATION = EscalationPolicy(
    steps=(Step(0, (Target(team="ops"), Target(person="jo"))), Step(300, (Target(person="jo"),))),
    repeat=1,
    acknowledge_timeout=600,
)
POLICY = TenantPolicy(
    version=names.POLICY_VERSION,
    tenant="acme",
    tenant_label="tenant",
    title="Acme",
    locale="en",
    timezone="UTC",
    severities=names.SEVERITIES,
    policies={"standard": ESCALATION},
    people={"jo": Person("Jo", "en", "UTC", (Contact("room", "U1"), Contact("mail", "jo@x", after=120)))},
    teams={"ops": Team("en", "UTC", (Contact("room", "#ops"),), ("jo",))},
    schedules={},
    channels={"room": ChannelSettings("scripted"), "mail": ChannelSettings("scripted")},
)
TABLES = "outbox, thread, event, step, occurrence, incident, pinned_policy, post, pace, duty_override"

an_alert = st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(-2, 2), st.sampled_from(["critical", "warning", "odd"]))
a_post = st.tuples(st.sampled_from("xyz"), st.lists(an_alert, min_size=1, max_size=4, unique_by=lambda a: a[0]), st.booleans())
a_happening = st.one_of(
    st.tuples(st.just("posts"), st.lists(a_post, min_size=1, max_size=5)),
    st.tuples(st.sampled_from(["acknowledge", "resolve", "snooze", "escalate"]), st.integers(1, 4)),
    st.tuples(st.just("plan"), st.integers(1, 3)),
    st.tuples(st.just("send"), st.sampled_from(["sent", "pending", "failed", "skipped", "reopen"])),
    st.tuples(st.just("recover"), st.integers(1, 2)),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 301, 700])),
)


def made(group: str, alerts: Sequence[tuple[str, bool, int, str]], truncated: bool, now: dt.datetime) -> Post:
    labels = {"group": group}
    told = [
        Alert(
            "firing" if fires else "resolved",
            {"severity": severity, "alertname": name},
            starts_at=now + minutes * MINUTE,
            ends_at=now + (minutes + 1) * MINUTE,
            fingerprint=name * 16,
        )
        for name, fires, minutes, severity in alerts
    ]
    body = msgspec.json.encode(Webhook("4", "", "firing", "acme/standard", labels, told, int(truncated)))
    key = identity("acme", "standard", labels)
    return Post("acme", "standard", labels, key, sightings(told), truncated, body, now, ESCALATION, names.SEVERITIES)


class Teller:
    """Tells a story to one store. `seen` is everything that anybody could see, without numbers that only the store knows."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = T0
        self.seen: list[Any] = []

    async def happen(self, what: str, how: Any) -> None:
        if what == "posts":
            found = await asyncio.gather(*(self.store.ingest(made(*post, self.now), fold) for post in how))
            self.seen.append([[(number > 0, changes) for number, changes in one.changes] for one in found])
        elif what == "plan":
            self.seen.append(await self.store.run_due(self.now, how, lambda due: self._plan(due)))
        elif what == "send":
            await self._send(how)
        elif what == "recover":
            self.now += how * MINUTE
            for one in await self.store.orphans(self.now):
                assert await self.store.settle([End(one, Settlement("pending", self.now, reason="interrupted"))]) == [True]
        elif what == "wait":
            self.now += dt.timedelta(seconds=how)
        else:
            self.seen.append(await act(self.store, Action(what, how, "acme", "jo", 120), self.now))
        await self._look()

    def _plan(self, due: Due) -> Changes:
        self.seen.append([one.occurrence for one in due.alerts().recorded])
        return plan(POLICY, self.now, due, [])

    async def _send(self, end: str) -> None:
        """The first two leave, and the rest stays with a sender who is gone."""
        waiting = await self.store.waiting(self.now)
        choice = Choice(tuple(one.id for one in waiting[:3]), {"lane": self.now + MINUTE})
        taken = await self.store.claim(self.now, MINUTE, lambda _: choice)
        self.seen.append([self._message(one) for one in taken])
        if taken:
            state: Any = "pending" if end == "reopen" else end
            settlement = Settlement(state, self.now, "ref" if end == "sent" else "", end, end == "reopen")
            ends = [End(one, settlement, self._note) for one in taken[:2]]
            assert await self.store.settle([*ends, ends[0]]) == [*(True for _ in ends), False]
            assert await self.store.settle(ends) == [False for _ in ends]

    def _note(self, held: Held, threads: Sequence[Thread]) -> Changes:
        self.seen.append((held.incident, [self._thread(thread) for thread in threads]))
        return Changes(quiet=held.incident.state != "firing")

    def _message(self, one: Outgoing) -> Any:
        return (one.attempt, one.kind, self._thread(one.thread), one.incident, one.wanted, one.until, one.event)

    def _thread(self, thread: Thread) -> Thread:
        return msgspec.structs.replace(thread, id=0)

    async def _look(self) -> None:
        incidents = await self.store.incidents(Listing())
        waiting = await self.store.waiting(self.now)
        self.seen += [
            incidents,
            [await self.store.alerts(incident.id) for incident in incidents],
            [await self.store.story(incident.id) for incident in incidents],
            [(one.kind, self._thread(one.thread), one.tenant, one.attempt) for one in waiting],
            await self.store.next_due(),
            await self.store.open_counts(),
            {one.incident.id: (one.incident, set(one.alerts)) for one in await self.store.open_alerts()},
        ]


async def tell_both(url: str, story: Sequence[tuple[str, Any]]) -> None:
    PostgresDatabase(url).execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
    with tempfile.TemporaryDirectory() as folder:
        tellers = Teller(SqliteStore(Path(folder) / "x.db")), Teller(PostgresStore(url))
        for teller in tellers:
            await teller.store.start()
        try:
            for what, how in story:
                for teller in tellers:
                    await teller.happen(what, how)
                assert tellers[0].seen == tellers[1].seen, f"after {what} {how}"
        finally:
            for teller in tellers:
                await teller.store.close()


@pytest.fixture(scope="module")
def url(postgres: postgres_server.Server) -> str:
    found = postgres.database()
    asyncio.run(_migrated(found))
    return found


async def _migrated(url: str) -> None:
    store = PostgresStore(url)
    await store.start()
    await store.close()


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(a_happening, min_size=1, max_size=12))
def test_both_stores_tell_the_same_story(url: str, story: list[tuple[str, Any]]) -> None:
    asyncio.run(tell_both(url, story))
