"""The port that every store implements: decisions go in, one transaction each comes out.

A store never decides. It loads what a pure function wants to see, calls it, and writes the Changes that come back, all in one
transaction; when a call returns, what it wrote is durable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, Protocol

import msgspec

from alertkit.errors import AlertkitError
from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import (
    Changes,
    DutyOverride,
    Event,
    Fold,
    Held,
    Incident,
    NoteKind,
    Occurrence,
    Place,
    Post,
    Seen,
    Step,
    Thread,
)
from alertkit.model.message import State

Folding = Callable[[Post, Seen], Fold]
Deciding = Callable[[Held, Sequence[Thread]], Changes | None]
Beating = Callable[[Heartbeat | None], Heartbeat]
CANDIDATES: Final = 256
"""Waiting messages looked at in one pass, at least one of every lane."""
Ended = Literal["sent", "pending", "failed", "skipped"]


class StoreError(AlertkitError):
    """Nothing was written; the same call may succeed later (disk full, database locked or away, too much is waiting)."""


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """How an attempt ended. `pending` tries again at `at`; otherwise `at` is when it was done.

    `reopen`: what the thread began with is gone, the next attempt begins it anew.
    """

    state: Ended
    at: dt.datetime
    reference: str = ""
    reason: str = ""
    reopen: bool = False


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A message that could leave now. `kind` is its priority too."""

    id: int
    kind: NoteKind
    thread: Thread
    tenant: str
    attempt: int


class Choice(msgspec.Struct, frozen=True):
    """Which messages leave now, in order, and when each lane that they take is free again."""

    messages: tuple[int, ...]
    lanes: Mapping[str, dt.datetime] = {}


Choosing = Callable[[Mapping[str, dt.datetime]], Choice]
"""Chooses among waiting messages, given when the lanes that are not free will be."""


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An occurrence of an incident with the number of the stored post that told of it; `ends` is None while it is open."""

    occurrence: Occurrence
    ends: dt.datetime | None
    post: int


class Alerts(msgspec.Struct, frozen=True, gc=False):
    """All occurrences of an incident, and the stored posts they came in, by number."""

    recorded: tuple[Recorded, ...]
    posts: dict[int, bytes]


class OpenAlerts(msgspec.Struct, frozen=True, gc=False):
    """An open incident and what is open of its alerts."""

    incident: Incident
    alerts: tuple[Occurrence, ...]


class Due(msgspec.Struct, frozen=True):
    """What is due of one incident: its steps, in order, and where it has been told. `alerts` reads its alerts."""

    incident: Incident
    steps: Sequence[Step]
    threads: Sequence[Thread]
    alerts: Callable[[], Alerts]


Planning = Callable[[Due], Changes]


class Listing(msgspec.Struct, frozen=True):
    """Which incidents to list: `tenants` None is all of them, `states` empty is any; those with smaller ids than `before`."""

    tenants: frozenset[str] | None = None
    states: frozenset[str] = frozenset()
    before: int | None = None
    limit: int = 50


class Told(msgspec.Struct, frozen=True, gc=False):
    """What became of one message: where it went, its kind, how it stands and when that was decided."""

    place: Place
    kind: NoteKind
    state: str
    wanted: dt.datetime
    done: dt.datetime | None
    reason: str


class Story(msgspec.Struct, frozen=True, gc=False):
    """An incident's timeline and its messages, in order."""

    events: tuple[Event, ...]
    told: tuple[Told, ...]


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A note that is leaving. `attempt` counts from 1 and fences: only the latest attempt may settle it. `wanted` is when it
    was first due, `until` when the lease ends: whoever has not begun to send by then leaves it to others. `alerts` and `story`
    are the incident's: what the words are made of.
    """

    id: int
    attempt: int
    kind: NoteKind
    thread: Thread
    incident: Incident
    wanted: dt.datetime
    until: dt.datetime
    event: Event | None
    alerts: Alerts
    story: Story


class End(msgspec.Struct, frozen=True, gc=False):
    """An attempt that is over; `decide` says what follows for the incident."""

    outgoing: Outgoing
    settlement: Settlement
    decide: Deciding | None = None


class Store(Protocol):
    """What the receiver asks of a store. Every method may raise StoreError."""

    async def start(self) -> None:
        """Open, migrate, and take the lock where only one process may write."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go."""
        ...

    async def ingest(self, post: Post, fold: Folding) -> Fold:
        """Fold a post and return its effect once that is durable. A duplicate waits for what it duplicates."""
        ...

    async def ingest_all(self, posts: Sequence[Post], fold: Folding) -> list[Fold]:
        """Fold several, one after the other, and return their effects once all of it is durable."""
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

    async def waiting(self, now: dt.datetime, room: int = CANDIDATES) -> list[Waiting]:
        """Of every lane the messages that should leave first: pages before notes before refreshes, then by age.

        At most `room` of one lane and about CANDIDATES of all, but of every lane at least one. The messages of a thread leave
        one at a time, the one that begins it first.
        """
        ...

    async def claim(self, now: dt.datetime, lease: dt.timedelta, choose: Choosing) -> list[Outgoing]:
        """Take the chosen messages; they are ours until the lease ends. Those that are gone by now are left out.

        Lanes are shared by everybody who uses the store: nobody else chooses meanwhile.
        """
        ...

    async def settle(self, ends: Sequence[End]) -> list[bool]:
        """Record how attempts ended and what follows for their incidents, all in one transaction.

        False for each of which a later attempt has taken over, or which is recorded already: nothing is decided about it.
        """
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

    async def incidents(self, listing: Listing) -> list[Incident]:
        """Incidents, the latest first."""
        ...

    async def open_counts(self) -> Mapping[tuple[str, State], int]:
        """How many incidents are open, by tenant and state."""
        ...

    async def open_alerts(self) -> list[OpenAlerts]:
        """Every open incident with its open alerts: to compare with what Alertmanager has."""
        ...

    async def story(self, incident: int) -> Story:
        """What has happened to an incident and who was told."""
        ...

    async def heartbeat(self, source: str, decide: Beating) -> Heartbeat:
        """Replace what is known of a sign of life by what is decided about it (None: nothing is); the new one."""
        ...

    async def prune(self, before: dt.datetime, limit: int) -> int:
        """Forget incidents that were closed before, with all that belongs to them, and bodies of posts that nothing needs.

        About `limit` rows at a time; how many went (pages given back count as well), 0 when nothing is left. What waits to be
        done or sent is kept.
        """
        ...

    async def add_override(self, override: DutyOverride) -> DutyOverride:
        """Keep an override; it comes back with its id."""
        ...

    async def overrides(self, now: dt.datetime) -> list[DutyOverride]:
        """Overrides that have not ended, in the order in which they were made."""
        ...

    async def remove_override(self, override: int) -> bool:
        """Take an override back; False when there is none of that id."""
        ...
