"""Incidents in one SQLite file: one process, one writer, many posts a commit.

Posts are folded into what is open, which is kept in memory, and go ahead of the commit before theirs; everything else waits for
the connection. How a group's last incident ended is read over a second connection, which sees what is committed.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import compress
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import Before, Changes, DutyOverride, Fold, Held, Incident, Post, Seen
from alertkit.model.message import State
from alertkit.stores.base import (
    CANDIDATES,
    Alerts,
    Beating,
    Choosing,
    Deciding,
    Due,
    End,
    Folding,
    Listing,
    OpenAlerts,
    Outgoing,
    Planning,
    StoreError,
    Story,
    Waiting,
)
from alertkit.stores.group_commit import GroupCommit
from alertkit.stores.held import OpenIncidents
from alertkit.stores.sqlite_changes import Writes
from alertkit.stores.sqlite_connection import connect, identity, lock, prepare
from alertkit.stores.sqlite_outbox import Outbox
from alertkit.stores.sqlite_tables import Tables, before_each

T = TypeVar("T")


class SqliteStore:
    """The store in a file, for one process: a second one is refused by a lock beside the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = OpenIncidents()
        self._lanes: Mapping[str, dt.datetime] = {}

    async def start(self) -> None:
        """Lock, open, migrate, and read what is open.

        Raises:
            StoreError: another process has the file, or it cannot be opened.
        """
        self._lock = lock(self._path)
        try:
            self._db = connect(self._path)
            try:
                self._read()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            self._lock.close()
            raise StoreError(f"cannot open {self._path}: {error}") from error
        except StoreError:
            self._lock.close()
            raise
        self._file = identity(self._path)
        self._commits = GroupCommit(self._db, self._writes, self._open, self._tables.forget)

    def _read(self) -> None:
        prepare(self._db)
        self._writes = Writes(self._db)
        self._tables = Tables(self._db, self._writes)
        self._outbox = Outbox(self._db, self._tables, self._open)
        self._outbox.end_leases()
        for held in self._tables.open_incidents():
            self._open.load(held)
        self._past = connect(self._path)
        self._past.execute("PRAGMA query_only = ON")

    async def close(self) -> None:
        """Commit what is queued, then let go of the file."""
        await self._commits.close()
        self._past.close()
        self._db.close()
        self._lock.close()

    async def ingest(self, post: Post, fold: Folding) -> Fold:
        """Fold a post into its incident; returns what that does once it is on disk."""
        return (await self.ingest_all([post], fold))[0]

    async def ingest_all(self, posts: Sequence[Post], fold: Folding) -> list[Fold]:
        """Fold several posts; all of them are on disk or none."""
        self._check_file()
        return await self._commits.do_ahead(lambda: self._ingest_all(posts, fold))

    async def decide(self, incident: int, at: dt.datetime, decide: Deciding) -> Incident | None:
        """Apply a decision to one incident."""
        return await self._do(lambda: self._decide(incident, at, decide))

    async def run_due(self, now: dt.datetime, limit: int, plan: Planning) -> int:
        """Plan what is due."""
        return await self._do(lambda: self._run_due(now, limit, plan))

    async def next_due(self) -> dt.datetime | None:
        """When to look again."""
        return await self._do(lambda: self._tables.next_due())

    async def waiting(self, now: dt.datetime, room: int = CANDIDATES) -> list[Waiting]:
        """What could leave."""
        return await self._do(lambda: self._outbox.waiting(now, room))

    async def claim(self, now: dt.datetime, lease: dt.timedelta, choose: Choosing) -> list[Outgoing]:
        """Take messages to send."""
        return await self._do(lambda: self._claim(now, lease, choose))

    async def settle(self, ends: Sequence[End]) -> list[bool]:
        """Record how attempts ended."""
        return await self._do(lambda: self._settle(ends))

    async def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose lease is over."""
        return await self._do(lambda: self._outbox.orphans(now))

    async def incident(self, incident: int) -> Incident | None:
        """One incident, as committed."""
        return await self._do(lambda: held.incident if (held := self._held(incident)) else None)

    async def alerts(self, incident: int) -> Alerts:
        """Everything about an incident's alerts."""
        return await self._do(lambda: self._alerts(incident))

    async def incidents(self, listing: Listing) -> list[Incident]:
        """A page of incidents."""
        return await self._do(lambda: self._tables.incidents(listing))

    async def open_counts(self) -> Mapping[tuple[str, State], int]:
        """How many incidents are open."""
        return await self._do(self._open.counts)

    async def open_alerts(self) -> list[OpenAlerts]:
        """Every open incident with its open alerts."""
        return await self._do(self._open.alerts)

    async def story(self, incident: int) -> Story:
        """An incident's timeline."""
        return await self._do(lambda: self._story(incident))

    async def heartbeat(self, source: str, decide: Beating) -> Heartbeat:
        """Follow a sign of life."""
        self._check_file()
        return await self._do(lambda: self._tables.heartbeat(source, decide))

    async def prune(self, before: dt.datetime, limit: int) -> int:
        """Forget what was closed long ago."""
        return await self._do(lambda: self._tables.prune(before, limit))

    async def add_override(self, override: DutyOverride) -> DutyOverride:
        """Keep an override."""
        return await self._do(lambda: self._tables.add_override(override))

    async def overrides(self, now: dt.datetime) -> list[DutyOverride]:
        """Overrides that have not ended."""
        return await self._do(lambda: self._tables.overrides(now))

    async def remove_override(self, override: int) -> bool:
        """Take an override back."""
        return await self._do(lambda: self._tables.remove_override(override))

    def _check_file(self) -> None:
        """Nothing more is accepted into a file that no restart would find; who is known to wait for a page is still paged."""
        if identity(self._path) != self._file:
            raise StoreError(f"{self._path} was moved, deleted or replaced: put it back, or start again on what is there")

    async def _do(self, work: Callable[[], T]) -> T:
        return await self._commits.do(work)

    # What runs inside a transaction

    def _claim(self, now: dt.datetime, lease: dt.timedelta, choose: Choosing) -> list[Outgoing]:
        choice = choose(self._lanes)
        # One process has the file, and with it the lanes. A transaction that fails leaves them taken: slower, never faster.
        self._lanes = {lane: free for lane, free in self._lanes.items() if free > now} | dict(choice.lanes)
        return self._outbox.claim(now, lease, choice.messages)

    def _settle(self, ends: Sequence[End]) -> list[bool]:
        settled = self._outbox.settle(ends)
        for end in compress(ends, settled):
            if end.decide is not None:
                self._decide(end.outgoing.incident.id, end.settlement.at, end.decide)
        return settled

    async def _ingest_all(self, posts: Sequence[Post], fold: Folding) -> list[Fold]:
        past = self._endings(posts)
        return [await self._ingest(post, fold, past) for post in posts]

    def _endings(self, posts: Sequence[Post]) -> dict[bytes, Before]:
        """How the last incidents of groups without an open one ended, without waiting for a commit that is under way."""
        new = {post.key for post in posts if post.key not in self._open and not self._open.is_closing(post.key)}
        return before_each(self._past, list(new)) if new else {}

    async def _ingest(self, post: Post, fold: Folding, past: dict[bytes, Before]) -> Fold:
        writes, memory = self._writes, self._open
        if post.key not in memory and (post.key not in past or memory.is_closing(post.key)):
            await self._commits.connected()
            past[post.key] = self._tables.before(post.key)
        seen = memory.seen(post, past.__getitem__)
        result = fold(post, seen)
        if not result.changes and not result.keep:
            return result
        if result.keep or not all(writes.collects(changes) for _, changes in result.changes):
            await self._commits.connected()
        telling = sum(1 for _, changes in result.changes if changes.begun) + result.keep
        number = writes.add_post(post.received, post.body, telling) if telling else 0
        for incident, changes in result.changes:
            held = memory.get(incident)
            if held is None:
                held, changes = self._new(post, seen, changes)
            else:
                memory.heard(held, post.received)
            self._apply(held, changes, post.received, number)
        if result.keep and seen.current is not None:
            memory.heard(seen.current, post.received)
            known = seen.current.open
            told = [known[alert.fingerprint] for alert in post.alerts if alert.fingerprint in known]
            writes.refresh_post(seen.current.incident.id, told, number)
        return result

    def _new(self, post: Post, seen: Seen, changes: Changes) -> tuple[Held, Changes]:
        if changes.incident is None:
            raise AssertionError("a fold names an incident that is open, or brings a new one")
        incident = self._writes.add_incident(post.key, changes.incident)
        return self._open.opened(post.key, incident, seen.before, post.received), replace(changes, incident=None)

    def _held(self, number: int) -> Held | None:
        return self._open.get(number) or self._tables.incident(number)

    def _decide(self, number: int, at: dt.datetime, decide: Deciding) -> Incident | None:
        held = self._held(number)
        if held is None:
            return None
        changes = decide(held, self._tables.threads((number,))[number])
        if changes is None:
            return held.incident
        self._apply(held, changes, at)
        return changes.incident or held.incident

    def _run_due(self, now: dt.datetime, limit: int, plan: Planning) -> int:
        found = self._tables.take_due(now, limit)
        threads = self._tables.threads(found)
        for number, steps in found.items():
            held = self._held(number)
            if held is None:
                raise AssertionError("a step belongs to an incident: the schema holds it")
            self._open.refreshing(held, False)
            due_of = Due(held.incident, steps, threads[number], partial(self._alerts, number))
            self._apply(held, plan(due_of), now)
        return sum(map(len, found.values()))

    def _story(self, number: int) -> Story:
        return self._tables.stories(self._tables.events((number,)))[number]

    def _alerts(self, number: int) -> Alerts:
        return self._tables.alerts((number,))[number]

    def _apply(self, held: Held, changes: Changes, at: dt.datetime, post: int = 0) -> None:
        refreshes = [step for step in changes.steps if step.kind == "refresh"]
        if refreshes and held.refreshing:
            changes = replace(changes, steps=tuple([step for step in changes.steps if step.kind != "refresh"]))
        elif refreshes:
            self._open.refreshing(held, True)
        incident = held.incident
        self._writes.apply_alerts(held, changes, post)
        self._open.apply(held, changes)
        self._writes.apply_rest(incident, changes, at)
