"""What one transaction writes to SQLite: collected decision by decision, written table by table."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from alertkit.model.incident import Changes, Held, Incident, Note, Occurrence
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores import rows
from alertkit.stores.rows import micros
from alertkit.stores.sqlite_prune import release

_REMEMBERED: Final = 10_000
BULK: Final = (40, 8)
"""Rows of one INSERT, first so many, then so many: each length is compiled once, and longer ones gain nothing."""

UNFINISHED: Final = "state IN ('pending', 'sending')"
"""The condition of the index `outbox_unfinished`, word for word: a query that uses that index has to say it."""
_INCIDENT_COLUMNS = f"key, closed, {rows.INCIDENT}"
# An ending so old that it was forgotten: Alertmanager says that it fires, so it does.
_AGAIN = " ON CONFLICT (incident, starts, fingerprint) DO UPDATE SET ends = NULL, post = excluded.post"
_CHANGE = (
    "UPDATE incident SET closed = ?, state = ?, severity = ?, began = ?, position = ?, cycle = ?, acknowledged = ?,"
    " acknowledged_by = ?, snoozed_until = ?, resolved = ?, resolved_by = ?, suppressed_until = ?,"
    " suppressed_reason = ?, flaps = ?, held_until = ?, paged = ?, trace = ?, stale_since = ? WHERE id = ?"
)
# What an escalation changes: fewer columns have fewer conditions to hold.
_ADVANCE = "UPDATE incident SET began = ?, position = ?, cycle = ?, paged = ? WHERE id = ?"
_PLACE = "incident, channel, address, secret, recipient, locale, timezone"
_MESSAGE = "((SELECT id FROM thread WHERE incident = ? AND channel = ? AND address = ?), ?, ?, ?, ?, ?)"


class Pending:
    """Rows that a transaction will insert, collected so that one statement takes many."""

    def __init__(self) -> None:
        self.posts: list[tuple[Any, ...]] = []
        self.incidents: dict[int, tuple[Any, ...]] = {}
        self.occurrences: list[tuple[Any, ...]] = []
        self.endings: list[tuple[Any, ...]] = []
        self.steps: list[tuple[Any, ...]] = []
        self.changed: dict[int, tuple[Any, ...]] = {}
        self.advanced: dict[int, tuple[Any, ...]] = {}
        self.events: list[tuple[Any, ...]] = []
        self.threads: dict[tuple[int, str, str], tuple[Any, ...]] = {}
        self.messages: list[tuple[Any, ...]] = []

    def __bool__(self) -> bool:
        return bool(
            self.posts or self.incidents or self.occurrences or self.endings or self.steps
            or self.changed or self.advanced or self.events or self.messages
        )  # fmt: skip


class Writes:
    """Writes rows. What is added is collected until `flush`, which every read that could miss it calls first."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._pending = Pending()
        self._pinned: dict[EscalationPolicy, int] = {}
        self._lanes: dict[tuple[str, str, str, bool], int] = {}
        self._next_post = self._above("SELECT max(id) FROM post")
        self._next_incident = self._above("SELECT seq FROM sqlite_sequence WHERE name = 'incident'")
        self._next_event = self._above("SELECT max(id) FROM event")

    def _above(self, query: str) -> int:
        found = self._db.execute(query).fetchone()
        return (found[0] or 0) + 1 if found else 1

    @property
    def has_pending(self) -> bool:
        """Is there something to flush?"""
        return bool(self._pending)

    def forget(self) -> None:
        """The transaction is undone: so is what it would have inserted."""
        self._pending = Pending()
        self._pinned.clear()
        self._lanes.clear()

    def add_post(self, received: dt.datetime, body: bytes, incidents: int) -> int:
        """Keep a body for so many incidents; its number. Numbers of transactions that failed are not used again."""
        number = self._next_post
        self._next_post += 1
        self._pending.posts.append((number, incidents, micros(received), body))
        return number

    def add_incident(self, key: bytes, incident: Incident) -> Incident:
        """Insert an incident; it comes back with its id."""
        incident = msgspec.structs.replace(incident, id=self._next_incident)
        self._next_incident += 1
        self._pending.incidents[incident.id] = (key, 0, *rows.incident_row(incident, self._pin(incident.escalation)))
        return incident

    def _pin(self, policy: EscalationPolicy) -> int:
        number = self._pinned.get(policy)
        if number is None:
            body = msgspec.json.encode(policy)
            self._db.execute("INSERT INTO pinned_policy (body) VALUES (?) ON CONFLICT DO NOTHING", (body,))
            number = int(self._db.execute("SELECT id FROM pinned_policy WHERE body = ?", (body,)).fetchone()[0])
            self._pinned[policy] = number
        return number

    def apply_alerts(self, held: Held, changes: Changes, post: int) -> None:
        """What a decision says about the incident's row and its alerts; `post` told of those that began."""
        pending, number = self._pending, held.incident.id
        pending.occurrences += [(number, micros(o.starts), o.fingerprint, None, o.severity, post) for o in changes.begun]
        for ending in changes.ended:
            known = held.open.get(ending.fingerprint)
            if known is not None and known.starts <= ending.through:
                pending.endings.append((micros(ending.ends), number, micros(known.starts), ending.fingerprint))
        if changes.incident is not None:
            self._update(held.incident, changes.incident)

    def apply_rest(self, incident: Incident, changes: Changes, done: dt.datetime) -> None:
        """What a decision says about steps, events and notes."""
        if changes.cancel or changes.quiet:
            self.flush()
        if changes.cancel:
            kinds = ", ".join("?" * len(changes.cancel))
            self._db.execute(f"DELETE FROM step WHERE incident = ? AND kind IN ({kinds})", (incident.id, *changes.cancel))
        if changes.quiet:
            self._hold_pages(incident.id, done)
        self._pending.steps += [rows.step_row(incident.id, step) for step in changes.steps]
        first = self._next_event
        self._next_event += len(changes.events)
        self._pending.events += [(first + n, *rows.event_row(incident.id, event)) for n, event in enumerate(changes.events)]
        for note in changes.notes:
            self._add_note(incident, note, first + changes.events.index(note.event) if note.event else None)

    def _update(self, before: Incident, incident: Incident) -> None:
        waiting = self._pending.incidents.get(incident.id)
        if waiting is not None and incident.state != "resolved":
            self._pending.incidents[incident.id] = (*waiting[:2], *rows.incident_row(incident, waiting[6]))
            return
        if incident.id not in self._pending.changed and _has_only_advanced(before, incident):
            self._pending.advanced[incident.id] = _advanced(incident)
            return
        self._pending.advanced.pop(incident.id, None)
        self._pending.changed[incident.id] = _changed(incident)
        if incident.state == "resolved":
            # At once: the next incident of its group takes the key that it leaves.
            self.flush()
            self._db.execute(
                "UPDATE occurrence SET ends = max(starts, ?) WHERE incident = ? AND ends IS NULL",
                (micros(incident.resolved or incident.opened), incident.id),
            )

    def _hold_pages(self, incident: int, done: dt.datetime) -> None:
        self._db.execute(
            "UPDATE outbox INDEXED BY outbox_unfinished SET state = 'skipped', done = ?, reason = 'no longer wanted'"
            f" WHERE kind = 'page' AND {UNFINISHED} AND state = 'pending'"
            " AND thread IN (SELECT id FROM thread WHERE incident = ?)",
            (micros(done), incident),
        )

    def _add_note(self, incident: Incident, note: Note, event: int | None) -> None:
        place = note.place
        thread = (incident.id, place.channel, place.address)
        self._pending.threads.setdefault(thread, rows.place_row(incident.id, place))
        lane = self._lane(incident.tenant, place.channel, place.address, note.kind == "refresh")
        due = micros(note.due)
        self._pending.messages.append((*thread, lane, note.kind, event, due, due))

    def _lane(self, tenant: str, channel: str, address: str, rewrites: bool) -> int:
        lane = (tenant, channel, address, rewrites)
        number = self._lanes.get(lane)
        if number is None:
            if len(self._lanes) >= _REMEMBERED:
                self._lanes.clear()
            self._db.execute(
                "INSERT INTO lane (tenant, channel, address, rewrites) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", lane
            )
            query = "SELECT id FROM lane WHERE tenant = ? AND channel = ? AND address = ? AND rewrites = ?"
            number = self._lanes[lane] = int(self._db.execute(query, lane).fetchone()[0])
        return number

    def refresh_post(self, incident: int, told: Sequence[Occurrence], post: int) -> None:
        """Open occurrences are told anew by a later post; earlier ones go, when nothing else is known from them."""
        self.flush()
        query = "SELECT DISTINCT post FROM occurrence WHERE incident = ? AND ends IS NULL"
        earlier = [number for (number,) in self._db.execute(query, (incident,))]
        self._db.executemany(
            "UPDATE occurrence SET post = ? WHERE incident = ? AND starts = ? AND fingerprint = ?",
            [(post, incident, micros(one.starts), one.fingerprint) for one in told],
        )
        release(self._db, incident, earlier)

    def collects(self, changes: Changes) -> bool:
        """Can all of it be collected, so that the connection is not needed before `insert`?"""
        incident = changes.incident
        if changes.cancel or changes.quiet or changes.notes:
            return False
        return incident is None or (incident.state != "resolved" and (incident.id > 0 or incident.escalation in self._pinned))

    def flush(self) -> None:
        """Insert what has been collected."""
        if self._pending:
            self.insert(self.take())

    def take(self) -> Pending:
        """What has been collected; it is somebody else's to insert."""
        pending, self._pending = self._pending, Pending()
        return pending

    def insert(self, pending: Pending) -> None:
        """Insert rows, parents first."""
        self._insert("post (id, incidents, received, body)", pending.posts)
        self._insert(f"incident ({_INCIDENT_COLUMNS})", list(pending.incidents.values()))
        self._db.executemany(_CHANGE, pending.changed.values())
        self._db.executemany(_ADVANCE, pending.advanced.values())
        self._insert("occurrence (incident, starts, fingerprint, ends, severity, post)", pending.occurrences, _AGAIN)
        self._db.executemany(
            "UPDATE occurrence SET ends = max(starts, ?) WHERE incident = ? AND starts = ? AND fingerprint = ? AND ends IS NULL",
            pending.endings,
        )
        self._insert(f"step ({rows.STEP})", pending.steps, " ON CONFLICT DO NOTHING")
        self._insert(f"event (id, {rows.EVENT})", pending.events)
        self._insert(f"thread ({_PLACE})", list(pending.threads.values()), " ON CONFLICT DO NOTHING")
        self._insert("outbox (thread, lane, kind, event, wanted, due)", pending.messages, " ON CONFLICT DO NOTHING", _MESSAGE)

    def _insert(self, into: str, values: list[tuple[Any, ...]], conflict: str = "", row: str = "") -> None:
        """`row` says how a row is made of its values, where that is more than to write them down."""
        if not values:
            return
        one = row or f"({', '.join('?' * len(values[0]))})"
        start = 0
        for length in BULK:
            many = f"INSERT INTO {into} VALUES {', '.join([one] * length)}{conflict}"
            while start + length <= len(values):
                self._db.execute(many, [*chain.from_iterable(values[start : start + length])])
                start += length
        self._db.executemany(f"INSERT INTO {into} VALUES {one}{conflict}", values[start:])


def _has_only_advanced(before: Incident, incident: Incident) -> bool:
    onward = {"began": incident.began, "position": incident.position, "cycle": incident.cycle, "paged": incident.paged}
    return msgspec.structs.replace(before, **onward) == incident


def _advanced(incident: Incident) -> tuple[Any, ...]:
    paged = None if incident.paged is None else micros(incident.paged)
    return (micros(incident.began), incident.position, incident.cycle, paged, incident.id)


def _changed(incident: Incident) -> tuple[Any, ...]:
    state, severity, _opened, *rest = rows.incident_row(incident, 0)[5:]
    closed = incident.id if incident.state == "resolved" else 0
    return (closed, state, severity, *rest, incident.id)
