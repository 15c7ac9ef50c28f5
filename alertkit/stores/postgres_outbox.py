"""The outbox in PostgreSQL: which messages may leave, which are leaving, and how it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from itertools import compress
from typing import Any, Final

from alertkit.stores import postgres_statements as statements
from alertkit.stores import rows
from alertkit.stores.base import CANDIDATES, Choosing, End, Outgoing, Waiting
from alertkit.stores.postgres_tables import INCIDENT, THREAD, Tables
from alertkit.stores.rows import instant, micros

CHOICE: Final = 0x616C6572746B7070
"""The advisory lock under which messages are chosen, so that all replicas together keep to a channel's pace."""
_INCIDENT_AT = 6 + len(rows.THREAD.split(", "))
"""Where the incident begins in a row of _OUTGOING."""
_OUTGOING = f"""
    SELECT o.id, o.attempt, o.kind, o.event, o.wanted, o.lease, {THREAD}, {INCIDENT}
    FROM outbox o JOIN thread t ON t.id = o.thread JOIN incident i ON i.id = t.incident
"""
_BLOCKED = """
    SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.id <> o.id AND e.state IN ('pending', 'sending')
    AND (e.state = 'sending' OR e.id < o.id AND (t.opened IS NULL OR e.priority = o.priority))
"""
# Lanes with something pending are found by hopping over the index, so that long lanes cost no more than short ones.
_WAITING = f"""
    WITH RECURSIVE busy (lane) AS (
        (SELECT lane FROM outbox WHERE state = 'pending' ORDER BY lane LIMIT 1)
        UNION ALL
        SELECT (SELECT o.lane FROM outbox o WHERE o.state = 'pending' AND o.lane > busy.lane ORDER BY o.lane LIMIT 1)
          FROM busy WHERE busy.lane IS NOT NULL
    ), lanes AS (SELECT lane FROM busy WHERE lane IS NOT NULL)
    SELECT best.* FROM lanes CROSS JOIN LATERAL (
        SELECT o.priority, o.due, o.id AS message, o.kind, o.attempt, i.tenant, {THREAD}
          FROM outbox o JOIN thread t ON t.id = o.thread JOIN incident i ON i.id = t.incident
         WHERE o.lane = lanes.lane AND o.state = 'pending' AND o.due <= %s AND NOT EXISTS ({_BLOCKED})
         ORDER BY o.priority, o.due, o.id LIMIT (SELECT least(%s, greatest(1, {CANDIDATES} / greatest(1, count(*)))) FROM lanes)
    ) best ORDER BY best.priority, best.due, best.message
"""
# Messages that another replica is taking, or whose thread it is settling, are left to it.
_TAKEABLE = """
    SELECT o.id, o.thread FROM outbox o JOIN thread t ON t.id = o.thread WHERE o.id = ANY(%s) AND o.state = 'pending'
    FOR NO KEY UPDATE SKIP LOCKED
"""
_TAKE = """
    UPDATE outbox o SET state = 'sending', attempt = attempt + 1, lease = %s WHERE o.id = ANY(%s) AND o.state = 'pending'
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.state = 'sending') RETURNING o.id
"""
# Whoever else settles them waits, and then finds them settled.
_LEAVING = "SELECT id, attempt FROM outbox WHERE id = ANY(%s) AND state = 'sending' ORDER BY id FOR NO KEY UPDATE"


class Outbox:
    """Reads and writes messages in the transaction of `tables`, which know what they are about."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables.db
        self._tables = tables
        self._ahead = tables.ahead

    def waiting(self, now: dt.datetime, room: int) -> list[Waiting]:
        """The best messages of every lane: the more of each, the fewer lanes there are."""
        found = self._db.execute(_WAITING, [micros(now), room])
        return [Waiting(number, kind, rows.thread(rest), tenant, attempt) for _, _, number, kind, attempt, tenant, *rest in found]

    def claim(self, now: dt.datetime, lease: dt.timedelta, choose: Choosing) -> list[Outgoing]:
        """Waiting messages, now being sent; one of a thread at most. Replicas choose one after the other."""
        self._db.execute("SELECT pg_advisory_xact_lock(%s)", [CHOICE])
        self._db.execute("DELETE FROM pace WHERE free <= %s", [micros(now)])
        choice = choose({lane: instant(free) for lane, free in self._db.execute("SELECT lane, free FROM pace")})
        if not choice.messages:
            return []
        statements.LANES.run(self._db, [(lane, micros(free)) for lane, free in choice.lanes.items()])
        return self._take(now + lease, choice.messages)

    def _take(self, until: dt.datetime, messages: Sequence[int]) -> list[Outgoing]:
        order = {number: place for place, number in enumerate(messages)}
        free: dict[int, int] = {}
        for number, thread in sorted(self._db.execute(_TAKEABLE, [list(messages)]), key=lambda row: order[row[0]]):
            free.setdefault(thread, number)
        taken = [number for (number,) in self._db.execute(_TAKE, [micros(until + self._ahead), list(free.values())])]
        return sorted(self._outgoing("WHERE o.id = ANY(%s)", [taken]), key=lambda one: order[one.id])

    def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose lease is over."""
        return self._outgoing("WHERE o.state = 'sending' AND o.lease <= %s ORDER BY o.id", [micros(now + self._ahead)])

    def _outgoing(self, where: str, values: Sequence[Any]) -> list[Outgoing]:
        found = self._db.execute(_OUTGOING + where, values).fetchall()
        if not found:
            return []
        incidents = self._tables.read_incidents([row[_INCIDENT_AT:] for row in found])
        numbers = {incident.id for incident in incidents}
        alerts, events = self._tables.alerts(numbers), self._tables.events(numbers)
        stories = self._tables.stories(events)
        return [
            Outgoing(
                number,
                attempt,
                kind,
                rows.thread(thread),
                incident,
                instant(wanted),
                instant(until) - self._ahead,
                events[incident.id].get(event),
                alerts[incident.id],
                stories[incident.id],
            )
            for (number, attempt, kind, event, wanted, until, *thread), incident in zip(found, incidents, strict=True)
        ]

    def settle(self, ends: Sequence[End]) -> list[bool]:
        """Finish the attempts that still are the latest of their messages; which were."""
        leaving = {(number, attempt) for number, attempt in self._db.execute(_LEAVING, [[end.outgoing.id for end in ends]])}
        settled = [rows.was_leaving(end, leaving) for end in ends]
        found = list(compress(ends, settled))
        newer = self._newer({end.outgoing.thread.id for end in found if rows.refreshes_again(end)})
        with self._db.pipeline():
            statements.SETTLEMENTS.run(self._db, [rows.settlement_row(end, newer) for end in found])
            statements.OPENED.run(self._db, rows.opened(found))
            statements.GONE.run(self._db, rows.gone(found))
            statements.REFUSED.run(self._db, rows.refused(found))
        return settled

    def _newer(self, threads: Collection[int]) -> set[int]:
        """Those in which a newer state is waiting."""
        query = "SELECT thread FROM outbox WHERE thread = ANY(%s) AND kind = 'refresh' AND state = 'pending'"
        return {thread for (thread,) in self._db.execute(query, [list(threads)])} if threads else set()
