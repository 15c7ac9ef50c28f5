"""Incidents in PostgreSQL: several replicas, one database.

Nothing is held in memory between transactions: another replica may have changed it. Posts that wait for a transaction share one,
so that a post waits for its batch and not for a commit of its own. What is locked is let go by the server when a replica stops
in the middle; what it had claimed goes to the others when the lease is over.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import compress
from typing import Final, TypeVar

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import Changes, DutyOverride, Fold, Held, Incident, Post
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
from alertkit.stores.postgres_changes import Batch
from alertkit.stores.postgres_ingest import ingest
from alertkit.stores.postgres_outbox import Outbox
from alertkit.stores.postgres_prune import drop_posts, prune
from alertkit.stores.postgres_tables import Tables
from alertkit.stores.postgres_transactions import Transactions

T = TypeVar("T")

BATCH: Final = 500
"""Posts of one transaction."""
WAITING: Final = 20_000
"""Pieces of work that may queue up before the store says that it is unavailable."""
RUNNERS: Final = 3
"""Transactions of posts at a time: while one waits for the server, the next is folded."""


class _WaitingPost:
    __slots__ = ("done", "fold", "post")

    def __init__(self, post: Post, fold: Folding, done: asyncio.Future[Fold]) -> None:
        self.post = post
        self.fold = fold
        self.done = done


class PostgresStore:
    """The store in a database that `url` names as libpq does: what it leaves out comes from PGPASSFILE, PGSERVICE and so on.

    `clock` gives seconds since 1970: it is compared with the server's, whose time holds for leases.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._transactions = Transactions(url, clock)
        self._posts: deque[_WaitingPost] = deque()
        self._wake = asyncio.Event()
        self._closing = False

    async def start(self) -> None:
        """Connect and migrate.

        Raises:
            StoreError: the database does not answer, refuses, or is a newer alertkit's.
        """
        await self._transactions.start()
        self._runners = [asyncio.create_task(self._run()) for _ in range(RUNNERS)]

    async def close(self) -> None:
        """Commit what was accepted, then let go."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(*self._runners)
        await self._transactions.close()

    async def ingest(self, post: Post, fold: Folding) -> Fold:
        """Fold a post into its incident; returns what that does once it is on disk."""
        return (await self.ingest_all([post], fold))[0]

    async def ingest_all(self, posts: Sequence[Post], fold: Folding) -> list[Fold]:
        """Fold several posts; they may share a transaction with others, and need not share one with each other."""
        self._check_room(len(self._posts))
        loop = asyncio.get_running_loop()
        waiting = [_WaitingPost(post, fold, loop.create_future()) for post in posts]
        self._posts += waiting
        self._wake.set()
        return await asyncio.gather(*(one.done for one in waiting))

    async def decide(self, incident: int, at: dt.datetime, decide: Deciding) -> Incident | None:
        """Apply a decision to one incident."""
        return await self._do(lambda tables: _decide(tables, tables.whole(incident), at, decide))

    async def run_due(self, now: dt.datetime, limit: int, plan: Planning) -> int:
        """Plan what is due and no other replica is planning."""
        return await self._do(lambda tables: _run_due(tables, now, limit, plan))

    async def next_due(self) -> dt.datetime | None:
        """When to look again."""
        return await self._do(Tables.next_due)

    async def waiting(self, now: dt.datetime, room: int = CANDIDATES) -> list[Waiting]:
        """What could leave."""
        return await self._do(lambda tables: Outbox(tables).waiting(now, room))

    async def claim(self, now: dt.datetime, lease: dt.timedelta, choose: Choosing) -> list[Outgoing]:
        """Take messages to send."""
        return await self._do(lambda tables: Outbox(tables).claim(now, lease, choose))

    async def settle(self, ends: Sequence[End]) -> list[bool]:
        """Record how attempts ended."""
        return await self._do(lambda tables: _settle(tables, ends))

    async def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose lease is over, whoever had it."""
        return await self._do(lambda tables: Outbox(tables).orphans(now))

    async def incident(self, incident: int) -> Incident | None:
        """One incident, as committed."""
        return await self._do(lambda tables: tables.incident(incident))

    async def alerts(self, incident: int) -> Alerts:
        """Everything about an incident's alerts."""
        return await self._do(lambda tables: _alerts(tables, incident))

    async def incidents(self, listing: Listing) -> list[Incident]:
        """A page of incidents."""
        return await self._do(lambda tables: tables.incidents(listing))

    async def open_counts(self) -> Mapping[tuple[str, State], int]:
        """How many incidents are open, all replicas' together."""
        return await self._do(Tables.open_counts)

    async def open_alerts(self) -> list[OpenAlerts]:
        """Every open incident with its open alerts."""
        return await self._do(Tables.open_alerts)

    async def story(self, incident: int) -> Story:
        """An incident's timeline."""
        return await self._do(lambda tables: tables.stories(tables.events((incident,)))[incident])

    async def heartbeat(self, source: str, decide: Beating) -> Heartbeat:
        """Follow a sign of life, all replicas together."""
        return await self._do(lambda tables: tables.heartbeat(source, decide))

    async def prune(self, before: dt.datetime, limit: int) -> int:
        """Forget what was closed long ago, and bodies that nothing needs."""
        gone = await self._do(lambda tables: prune(tables.db, before, limit))
        return gone or await self._do(lambda tables: drop_posts(tables.db, before, limit))

    async def add_override(self, override: DutyOverride) -> DutyOverride:
        """Keep an override."""
        return await self._do(lambda tables: tables.add_override(override))

    async def overrides(self, now: dt.datetime) -> list[DutyOverride]:
        """Overrides that have not ended."""
        return await self._do(lambda tables: tables.overrides(now))

    async def remove_override(self, override: int) -> bool:
        """Take an override back."""
        return await self._do(lambda tables: tables.remove_override(override))

    def _check_room(self, waiting: int) -> None:
        if self._closing or waiting >= WAITING:
            raise StoreError("the store is closing" if self._closing else f"{WAITING} transactions are waiting already")

    async def _do(self, work: Callable[[Tables], T]) -> T:
        self._check_room(len(self._transactions))
        return await self._transactions.run(work)

    # Posts that share a transaction

    async def _run(self) -> None:
        while self._posts or not self._closing:
            if not self._posts:
                self._wake.clear()
                await self._wake.wait()
            else:
                await self._ingest([self._posts.popleft() for _ in range(min(BATCH, len(self._posts)))])

    async def _ingest(self, waiting: list[_WaitingPost]) -> None:
        """All of it or nothing. When one piece is to blame, the others are done without it."""
        work = [(one.post, one.fold) for one in waiting]
        try:
            folds = await self._transactions.run(lambda tables: ingest(tables.db, tables, work))
        except Exception as error:  # noqa: BLE001 - whatever went wrong goes to whoever waits for it
            if len(waiting) > 1 and not isinstance(error, StoreError):
                for one in waiting:
                    await self._ingest([one])
                return
            for one in waiting:
                if not one.done.done():
                    one.done.set_exception(error)
            return
        for one, fold in zip(waiting, folds, strict=True):
            if not one.done.done():
                one.done.set_result(fold)


def _settle(tables: Tables, ends: Sequence[End]) -> list[bool]:
    # The row of an incident about which is decided comes first, as everywhere.
    held = tables.lock({end.outgoing.incident.id for end in ends if end.decide is not None})
    settled = Outbox(tables).settle(ends)
    for end in compress(ends, settled):
        if end.decide is not None:
            _decide(tables, held.get(end.outgoing.incident.id), end.settlement.at, end.decide)
    return settled


def _decide(tables: Tables, held: Held | None, at: dt.datetime, decide: Deciding) -> Incident | None:
    if held is None:
        return None
    changes = decide(held, tables.threads([held.incident.id])[held.incident.id])
    if changes is not None:
        batch = Batch(tables.db)
        _apply(batch, held, changes, at)
        batch.flush()
    return held.incident


def _run_due(tables: Tables, now: dt.datetime, limit: int, plan: Planning) -> int:
    due = tables.take_due(now, limit)
    threads = tables.threads([held.incident.id for held, _ in due])
    batch = Batch(tables.db)
    for held, steps in due:
        number = held.incident.id
        _apply(batch, held, plan(Due(held.incident, steps, threads[number], partial(_alerts, tables, number))), now)
    batch.flush()
    return sum(len(steps) for _, steps in due)


def _alerts(tables: Tables, incident: int) -> Alerts:
    return tables.alerts((incident,))[incident]


def _apply(batch: Batch, held: Held, changes: Changes, at: dt.datetime) -> None:
    batch.apply(held, changes, at)
    if changes.incident is not None:
        held.incident = changes.incident
