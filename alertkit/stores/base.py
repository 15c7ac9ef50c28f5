"""The port that every store implements: decisions go in, one transaction each comes out.

A store never decides. It loads what a pure function wants to see, calls it, and writes the Changes that come back, all in one
transaction; when a call returns, what it wrote is durable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from alertkit.errors import AlertkitError
from alertkit.model.incident import Changes, Event, Fold, Held, Incident, NoteKind, Occurrence, Post, Seen, Step, Thread

Folding = Callable[[Post, Seen], Fold]
Deciding = Callable[[Held, Sequence[Thread]], Changes | None]
Planning = Callable[[Held, Sequence[Step], Sequence[Thread]], Changes]
Ended = Literal["sent", "pending", "failed", "skipped"]


class StoreError(AlertkitError):
    """Nothing was written; the same call may succeed later (disk full, database locked or away, too much is waiting)."""


class Outgoing(msgspec.Struct, frozen=True):
    """A note that is leaving. `attempt` counts from 1 and fences: only the latest attempt may settle it. `wanted` is when it
    was first due.
    """

    id: int
    attempt: int
    kind: NoteKind
    thread: Thread
    incident: Incident
    wanted: dt.datetime
    event: Event | None


class Settlement(msgspec.Struct, frozen=True):
    """How an attempt ended. `pending` tries again at `at`; otherwise `at` is when it was done."""

    state: Ended
    at: dt.datetime
    reference: str = ""
    reason: str = ""


class Recorded(msgspec.Struct, frozen=True):
    """An occurrence of an incident with the number of the stored post that told of it; `ends` is None while it is open."""

    occurrence: Occurrence
    ends: dt.datetime | None
    post: int


class Alerts(msgspec.Struct, frozen=True):
    """All occurrences of an incident, and the stored posts they came in, by number."""

    recorded: tuple[Recorded, ...]
    posts: dict[int, bytes]


class Store(Protocol):
    """What the receiver asks of a store. Every method may raise StoreError."""

    async def start(self) -> None:
        """Open, migrate, and take the lock where only one process may write."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go."""
        ...

    async def ingest(self, post: Post, fold: Folding) -> None:
        """Fold a post and return once its effect is durable. A duplicate waits for what it duplicates."""
        ...

    async def decide(self, incident: int, at: dt.datetime, decide: Deciding) -> Incident | None:
        """Apply a decision to one incident, open or closed; the incident afterwards, or None when there is no such one."""
        ...

    async def run_due(self, now: dt.datetime, limit: int, plan: Planning) -> int:
        """Plan up to `limit` steps that are due, all due steps of an incident together; how many were done."""
        ...

    async def next_due(self) -> dt.datetime | None:
        """When the earliest step or message falls due."""
        ...

    async def claim(self, now: dt.datetime, lease: dt.timedelta, limit: int) -> list[Outgoing]:
        """Take messages that are due, oldest first, one per thread at a time; they are ours until the lease ends."""
        ...

    async def settle(self, outgoing: Outgoing, settlement: Settlement) -> bool:
        """Record how an attempt ended; False when a later attempt has taken over."""
        ...

    async def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose sender is gone: nobody knows whether they left."""
        ...

    async def incident(self, incident: int) -> Incident | None:
        """One incident, open or closed."""
        ...

    async def alerts(self, incident: int) -> Alerts:
        """What is known about the alerts of an incident."""
        ...
