"""The outbox in SQLite: which messages may leave, which are leaving, and how it ended."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress
from typing import Any

from alertkit.model.incident import Incident
from alertkit.stores import rows
from alertkit.stores.base import CANDIDATES, End, Outgoing, Waiting
from alertkit.stores.held import OpenIncidents
from alertkit.stores.rows import instant, micros
from alertkit.stores.sqlite_changes import UNFINISHED
from alertkit.stores.sqlite_tables import GIVEN, THREAD, Tables, given

_OUTGOING = f"""
    SELECT o.id, o.attempt, o.kind, o.event, o.wanted, o.lease, t.incident, {THREAD}
    FROM outbox o JOIN thread t ON t.id = o.thread
"""
# Lanes with something pending are found by hopping over the index, so that long lanes cost no more than short ones.
_BUSY = """
    WITH RECURSIVE busy (lane) AS (
        SELECT min(lane) FROM outbox WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT min(lane) FROM outbox WHERE state = 'pending' AND lane > busy.lane) FROM busy WHERE busy.lane IS NOT NULL
    )
    SELECT lane FROM busy WHERE lane IS NOT NULL
"""
_BEST = f"""
    SELECT o.priority, o.due, o.id, o.kind, o.attempt, l.tenant, {THREAD}
      FROM outbox o JOIN thread t ON t.id = o.thread JOIN lane l ON l.id = o.lane
     WHERE o.lane = ? AND o.state = 'pending' AND o.due <= ?
       AND NOT EXISTS (
           SELECT 1 FROM outbox e INDEXED BY outbox_unfinished WHERE e.thread = o.thread AND e.id <> o.id AND e.{UNFINISHED}
              AND (e.state = 'sending' OR e.id < o.id AND (t.opened IS NULL OR e.priority = o.priority))
       )
     ORDER BY o.priority, o.due, o.id LIMIT ?
"""
_TAKEABLE = f"""
    SELECT o.id, o.thread FROM outbox o WHERE o.id IN (SELECT value FROM json_each(?)) AND o.state = 'pending'
       AND NOT EXISTS (
           SELECT 1 FROM outbox e INDEXED BY outbox_unfinished
            WHERE e.thread = o.thread AND e.{UNFINISHED} AND e.state = 'sending'
       )
"""
_SETTLE = """
    UPDATE outbox SET state = ?, lease = NULL, done = ?, due = max(wanted, ?), reason = ?
     WHERE id = ? AND attempt = ? AND state = 'sending'
"""
# Only the first message is the thread's: what came later has a reference of its own.
_OPEN = "UPDATE thread SET opened = ?, reference = ?, refused = 0 WHERE id = ? AND opened IS NULL"


class Outbox:
    """Reads and writes messages; `tables` and, of what is open, `memory` know what they are about."""

    def __init__(self, db: sqlite3.Connection, tables: Tables, memory: OpenIncidents) -> None:
        self._db = db
        self._tables = tables
        self._open = memory

    def waiting(self, now: dt.datetime, room: int) -> list[Waiting]:
        """The best messages of every lane: the more of each, the fewer lanes there are."""
        self._tables.flush()
        lanes = [lane for (lane,) in self._db.execute(_BUSY)]
        each = min(room, max(1, CANDIDATES // max(1, len(lanes))))
        found = [row for lane in lanes for row in self._db.execute(_BEST, (lane, micros(now), each))]
        found.sort(key=lambda row: row[:3])
        return [Waiting(number, kind, rows.thread(rest), tenant, attempt) for _, _, number, kind, attempt, tenant, *rest in found]

    def claim(self, now: dt.datetime, lease: dt.timedelta, messages: Sequence[int]) -> list[Outgoing]:
        """Waiting messages, now being sent; one of a thread at most."""
        self._tables.flush()
        order = {number: place for place, number in enumerate(messages)}
        free: dict[int, int] = {}
        for number, thread in sorted(self._db.execute(_TAKEABLE, (given(messages),)), key=lambda row: order[row[0]]):
            free.setdefault(thread, number)
        taken = given(free.values())
        self._db.execute(
            f"UPDATE outbox SET state = 'sending', attempt = attempt + 1, lease = ? WHERE id IN ({GIVEN})",
            (micros(now + lease), taken),
        )
        return sorted(self._outgoing(f"WHERE o.id IN ({GIVEN})", (taken,)), key=lambda one: order[one.id])

    def end_leases(self) -> None:
        """Whoever was sending is gone: this process alone has the file."""
        self._db.execute("UPDATE outbox SET lease = 0 WHERE state = 'sending'")

    def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose lease is over."""
        self._tables.flush()
        # With the `+` it is the leases that are looked through, and not all messages in order.
        return self._outgoing("WHERE o.state = 'sending' AND o.lease <= ? ORDER BY +o.id", (micros(now),))

    def _outgoing(self, where: str, values: Sequence[Any]) -> list[Outgoing]:
        found = self._db.execute(_OUTGOING + where, values).fetchall()
        if not found:
            return []
        numbers = {row[6] for row in found}
        alerts, events, incidents = self._tables.alerts(numbers), self._tables.events(numbers), self._incidents(numbers)
        stories = self._tables.stories(events)
        return [
            Outgoing(
                number,
                attempt,
                kind,
                rows.thread(thread),
                incidents[of],
                instant(wanted),
                instant(until),
                events[of].get(event),
                alerts[of],
                stories[of],
            )
            for number, attempt, kind, event, wanted, until, of, *thread in found
        ]

    def _incidents(self, numbers: AbstractSet[int]) -> dict[int, Incident]:
        """Those that are open are in memory."""
        known = {number: held.incident for number in numbers if (held := self._open.get(number)) is not None}
        return known | self._tables.incidents_of(numbers - known.keys())

    def settle(self, ends: Sequence[End]) -> list[bool]:
        """Finish the attempts that still are the latest of their messages; which were."""
        self._tables.flush()
        query = f"SELECT id, attempt FROM outbox WHERE id IN ({GIVEN}) AND state = 'sending'"
        leaving = set(self._db.execute(query, (given(end.outgoing.id for end in ends),)))
        settled = [rows.was_leaving(end, leaving) for end in ends]
        found = list(compress(ends, settled))
        newer = self._newer({end.outgoing.thread.id for end in found if rows.refreshes_again(end)})
        self._db.executemany(_SETTLE, [rows.settlement_row(end, newer) for end in found])
        self._db.executemany(_OPEN, rows.opened(found))
        self._db.executemany("UPDATE thread SET opened = NULL, reference = '' WHERE id = ?", rows.gone(found))
        self._db.executemany("UPDATE thread SET refused = 1 WHERE id = ?", rows.refused(found))
        return settled

    def _newer(self, threads: Collection[int]) -> set[int]:
        """Those in which a newer state is waiting."""
        query = f"SELECT thread FROM outbox WHERE thread IN ({GIVEN}) AND kind = 'refresh' AND state = 'pending'"
        return {thread for (thread,) in self._db.execute(query, (given(threads),))} if threads else set()
