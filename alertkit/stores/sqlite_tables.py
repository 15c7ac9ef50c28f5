"""The SQL of the SQLite store: statements over one connection, no transactions and no decisions."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import Before, Changes, DutyOverride, Event, Held, Incident, Note, Occurrence, Step, Thread
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores import rows
from alertkit.stores.base import CANDIDATES, Alerts, Beating, Listing, Outgoing, Recorded, Settlement, Story, Told, Waiting
from alertkit.stores.rows import instant, micros
from alertkit.stores.sqlite_prune import prune, release

_REMEMBERED: Final = 10_000
BULK: Final = (40, 8)
"""Rows of one INSERT, first so many, then so many: each length is compiled once, and longer ones gain nothing."""

_POLICY = msgspec.json.Decoder(EscalationPolicy)
# The condition of the index by thread, word for word: with it and a `+` before the exact one, that index is the one taken.
_UNFINISHED = "state IN ('pending', 'sending')"
_THREAD = ", ".join(f"t.{column}" for column in rows.THREAD.split(", "))
_INCIDENT_COLUMNS = f"key, closed, {rows.INCIDENT}"
_OUTGOING = f"""
    SELECT o.id, o.attempt, o.kind, o.event, o.wanted, o.lease, {_THREAD},
           {", ".join(f"i.{c}" for c in rows.INCIDENT.split(", "))}
    FROM outbox o JOIN thread t ON t.id = o.thread JOIN incident i ON i.id = t.incident
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
    SELECT o.priority, o.due, o.id, o.kind, o.attempt, l.tenant, {_THREAD}
      FROM outbox o JOIN thread t ON t.id = o.thread JOIN lane l ON l.id = o.lane
     WHERE o.lane = ? AND o.state = 'pending' AND o.due <= ?
       AND NOT EXISTS (
           SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.id <> o.id AND e.{_UNFINISHED}
              AND (e.state = 'sending' OR e.id < o.id AND (t.opened IS NULL OR e.priority = o.priority))
       )
     ORDER BY o.priority, o.due, o.id LIMIT ?
"""
_TAKEABLE = f"""
    SELECT o.id, o.thread FROM outbox o WHERE o.id IN (SELECT value FROM json_each(?)) AND o.state = 'pending'
       AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.{_UNFINISHED} AND +e.state = 'sending')
"""
# An ending so old that it was forgotten: Alertmanager says that it fires, so it does.
_AGAIN = " ON CONFLICT (incident, fingerprint, starts) DO UPDATE SET ends = NULL, post = excluded.post"
_CHANGE = (
    "UPDATE incident SET closed = ?, state = ?, severity = ?, began = ?, position = ?, cycle = ?, acknowledged = ?,"
    " acknowledged_by = ?, snoozed_until = ?, resolved = ?, resolved_by = ?, suppressed_until = ?,"
    " suppressed_reason = ?, flaps = ?, held_until = ?, paged = ?, trace = ? WHERE id = ?"
)
_PLACE = "incident, channel, address, secret, recipient, locale, timezone"
_MESSAGE = (
    "INSERT INTO outbox (thread, lane, kind, event, wanted, due) SELECT id, ?1, ?2, ?3, ?4, ?4 FROM thread"
    " WHERE incident = ?5 AND channel = ?6 AND address = ?7 ON CONFLICT DO NOTHING"
)
_GIVEN = "SELECT value FROM json_each(?)"
"""As many numbers as `_numbers` was given, in one value."""
_NOTHING_BEFORE = Before()
_THREADS = len(rows.THREAD.split(", "))
_INCIDENT_AT = 6 + _THREADS
"""Where the incident begins in a row of _OUTGOING."""


class Pending:
    """Rows that a transaction will insert, collected so that one statement takes many."""

    def __init__(self) -> None:
        self.posts: list[tuple[Any, ...]] = []
        self.incidents: dict[int, tuple[Any, ...]] = {}
        self.occurrences: list[tuple[Any, ...]] = []
        self.endings: list[tuple[Any, ...]] = []
        self.steps: list[tuple[Any, ...]] = []
        self.changed: dict[int, tuple[Any, ...]] = {}
        self.events: list[tuple[Any, ...]] = []
        self.threads: dict[tuple[int, str, str], tuple[Any, ...]] = {}
        self.messages: list[tuple[Any, ...]] = []

    def __bool__(self) -> bool:
        return bool(
            self.posts or self.incidents or self.occurrences or self.endings or self.steps
            or self.changed or self.events or self.messages
        )  # fmt: skip


class Tables:
    """Reads and writes rows. What is added is written by `flush`, which every read that could miss it calls first."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._pending = Pending()
        self._pinned: dict[EscalationPolicy, int] = {}
        self._policies: dict[int, EscalationPolicy] = {}
        self._next_post = self._above("SELECT max(id) FROM post")
        self._next_incident = self._above("SELECT seq FROM sqlite_sequence WHERE name = 'incident'")
        self._next_event = self._above("SELECT max(id) FROM event")
        self._lanes: dict[tuple[str, str, str, bool], int] = {}

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
        self._policies.clear()
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

    def apply_alerts(self, incident: Incident, changes: Changes, post: int) -> None:
        """What a decision says about the incident's row and its alerts; `post` told of those that began."""
        pending, number = self._pending, incident.id
        pending.occurrences += [(number, o.fingerprint, micros(o.starts), None, o.severity, post) for o in changes.begun]
        pending.endings += [(micros(e.ends), number, e.fingerprint, micros(e.through)) for e in changes.ended]
        if changes.incident is not None:
            self._update(changes.incident)

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

    def _update(self, incident: Incident) -> None:
        waiting = self._pending.incidents.get(incident.id)
        if waiting is not None and incident.state != "resolved":
            self._pending.incidents[incident.id] = (*waiting[:2], *rows.incident_row(incident, waiting[6]))
            return
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
            "UPDATE outbox SET state = 'skipped', done = ?, reason = 'no longer wanted' WHERE kind = 'page'"
            f" AND {_UNFINISHED} AND +state = 'pending' AND thread IN (SELECT id FROM thread WHERE incident = ?)",
            (micros(done), incident),
        )

    def _add_note(self, incident: Incident, note: Note, event: int | None) -> None:
        place = note.place
        thread = (incident.id, place.channel, place.address)
        self._pending.threads.setdefault(thread, rows.place_row(incident.id, place))
        lane = self._lane(incident.tenant, place.channel, place.address, note.kind == "refresh")
        self._pending.messages.append((lane, note.kind, event, micros(note.due), *thread))

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

    def refresh_post(self, incident: int, fingerprints: Sequence[str], post: int) -> None:
        """Open occurrences are told anew by a later post; earlier ones go, when nothing else is known from them."""
        self.flush()
        query = "SELECT DISTINCT post FROM occurrence WHERE incident = ? AND ends IS NULL"
        earlier = [number for (number,) in self._db.execute(query, (incident,))]
        self._db.executemany(
            "UPDATE occurrence SET post = ? WHERE incident = ? AND fingerprint = ? AND ends IS NULL",
            [(post, incident, fingerprint) for fingerprint in fingerprints],
        )
        release(self._db, incident, earlier)

    def flush(self) -> None:
        """Insert what has been collected, parents first."""
        pending = self._pending
        if not pending:
            return
        self._pending = Pending()
        self._insert("post (id, incidents, received, body)", pending.posts)
        self._insert(f"incident ({_INCIDENT_COLUMNS})", list(pending.incidents.values()))
        self._db.executemany(_CHANGE, pending.changed.values())
        self._insert("occurrence (incident, fingerprint, starts, ends, severity, post)", pending.occurrences, _AGAIN)
        self._db.executemany(
            "UPDATE occurrence SET ends = max(starts, ?) WHERE incident = ? AND fingerprint = ? AND starts <= ? AND ends IS NULL",
            pending.endings,
        )
        self._insert(f"step ({rows.STEP})", pending.steps, " ON CONFLICT DO NOTHING")
        self._insert(f"event (id, {rows.EVENT})", pending.events)
        self._insert(f"thread ({_PLACE})", list(pending.threads.values()), " ON CONFLICT DO NOTHING")
        self._db.executemany(_MESSAGE, pending.messages)

    def _insert(self, into: str, values: list[tuple[Any, ...]], conflict: str = "") -> None:
        if not values:
            return
        one = f"({', '.join('?' * len(values[0]))})"
        start = 0
        for length in BULK:
            many = f"INSERT INTO {into} VALUES {', '.join([one] * length)}{conflict}"
            while start + length <= len(values):
                self._db.execute(many, [*chain.from_iterable(values[start : start + length])])
                start += length
        self._db.executemany(f"INSERT INTO {into} VALUES {one}{conflict}", values[start:])

    # Reading

    def open_incidents(self) -> list[Held]:
        """Everything that is open, for the map."""
        found = self._db.execute(f"SELECT key, {rows.INCIDENT} FROM incident WHERE closed = 0").fetchall()
        held = {row[1]: self._held(row[0], row[1:]) for row in found}
        query = (
            "SELECT o.incident, o.fingerprint, o.starts, o.ends, o.severity, p.received FROM occurrence o"
            " JOIN incident i ON i.id = o.incident JOIN post p ON p.id = o.post WHERE i.closed = 0 ORDER BY o.starts"
        )
        for incident, fingerprint, starts, ends, severity, received in self._db.execute(query):
            one = held[incident]
            one.heard = max(one.heard, instant(received))
            if ends is None:
                one.open[fingerprint] = Occurrence(fingerprint, instant(starts), severity)
            else:
                one.ended[fingerprint] = instant(ends)
        return list(held.values())

    def _held(self, key: bytes, row: Sequence[Any]) -> Held:
        incident = self._incident(row)
        return Held(key, incident, {}, {}, self.before(key), incident.opened)

    def before(self, key: bytes) -> Before:
        """How the group's latest closed incident ended; closing it wrote all of it, so nothing that is collected belongs here."""
        query = "SELECT id, resolved, resolved_by, flaps FROM incident WHERE key = ? AND closed > 0 ORDER BY closed DESC LIMIT 1"
        last = self._db.execute(query, (key,)).fetchone()
        if last is None:
            return _NOTHING_BEFORE
        query = "SELECT fingerprint, max(ends) FROM occurrence WHERE incident = ? GROUP BY fingerprint"
        ended = {fingerprint: instant(ends) for fingerprint, ends in self._db.execute(query, (last[0],))}
        return Before(ended, instant(last[1]), bool(last[2]), last[3])

    def incident(self, number: int) -> Held | None:
        """One incident by its number, without its alerts: for those that are closed."""
        self.flush()
        row = self._db.execute(f"SELECT key, {rows.INCIDENT} FROM incident WHERE id = ?", (number,)).fetchone()
        return None if row is None else self._held(row[0], row[1:])

    def _incident(self, row: Sequence[Any]) -> Incident:
        return rows.incident(row, self._policy(row[4]))

    def _policy(self, number: int) -> EscalationPolicy:
        policy = self._policies.get(number)
        if policy is None:
            body = self._db.execute("SELECT body FROM pinned_policy WHERE id = ?", (number,)).fetchone()[0]
            policy = self._policies[number] = _POLICY.decode(body)
        return policy

    def take_due(self, now: dt.datetime, limit: int) -> dict[int, list[Step]]:
        """Remove steps that are due, at least `limit` of them if there are as many, and all that their incidents have due."""
        self.flush()
        query = (
            f"DELETE FROM step WHERE due <= ?1 AND incident IN (SELECT incident FROM step WHERE due <= ?1 ORDER BY due LIMIT ?2)"
            f" RETURNING {rows.STEP}"
        )
        found: dict[int, list[Step]] = {}
        for row in self._db.execute(query, (micros(now), limit)).fetchall():
            found.setdefault(row[0], []).append(rows.step(row))
        for steps in found.values():
            steps.sort(key=lambda step: step.due)
        return found

    def threads(self, incidents: Iterable[int]) -> dict[int, list[Thread]]:
        """Where incidents have been told, or are about to be."""
        self.flush()
        found: dict[int, list[Thread]] = {number: [] for number in incidents}
        query = f"SELECT incident, {rows.THREAD} FROM thread WHERE incident IN ({_GIVEN}) ORDER BY incident, id"
        for incident, *row in self._db.execute(query, (_numbers(found),)):
            found[incident].append(rows.thread(row))
        return found

    def next_due(self) -> dt.datetime | None:
        """The earliest step or message."""
        self.flush()
        query = (
            "SELECT min(due) FROM (SELECT min(due) AS due FROM step"
            " UNION ALL SELECT min(due) FROM outbox WHERE state = 'pending')"
        )
        found = self._db.execute(query).fetchone()[0]
        return None if found is None else instant(found)

    def waiting(self, now: dt.datetime, room: int) -> list[Waiting]:
        """The best messages of every lane: the more of each, the fewer lanes there are."""
        self.flush()
        lanes = [lane for (lane,) in self._db.execute(_BUSY)]
        each = min(room, max(1, CANDIDATES // max(1, len(lanes))))
        found = [row for lane in lanes for row in self._db.execute(_BEST, (lane, micros(now), each))]
        found.sort(key=lambda row: row[:3])
        return [Waiting(number, kind, rows.thread(rest), tenant, attempt) for _, _, number, kind, attempt, tenant, *rest in found]

    def claim(self, now: dt.datetime, lease: dt.timedelta, messages: Sequence[int]) -> list[Outgoing]:
        """Waiting messages, now being sent; one of a thread at most."""
        self.flush()
        order = {number: place for place, number in enumerate(messages)}
        free: dict[int, int] = {}
        for number, thread in sorted(self._db.execute(_TAKEABLE, (_numbers(messages),)), key=lambda row: order[row[0]]):
            free.setdefault(thread, number)
        taken = _numbers(free.values())
        self._db.execute(
            f"UPDATE outbox SET state = 'sending', attempt = attempt + 1, lease = ? WHERE id IN ({_GIVEN})",
            (micros(now + lease), taken),
        )
        return sorted(self._outgoing(f"WHERE o.id IN ({_GIVEN})", (taken,)), key=lambda one: order[one.id])

    def end_leases(self) -> None:
        """Whoever was sending is gone: this process alone has the file."""
        self._db.execute("UPDATE outbox SET lease = 0 WHERE state = 'sending'")

    def orphans(self, now: dt.datetime) -> list[Outgoing]:
        """Messages whose lease is over."""
        self.flush()
        return self._outgoing("WHERE o.state = 'sending' AND o.lease <= ? ORDER BY o.id", (micros(now),))

    def _outgoing(self, where: str, values: Sequence[Any]) -> list[Outgoing]:
        found = self._db.execute(_OUTGOING + where, values).fetchall()
        query = f"SELECT id, {rows.EVENT} FROM event WHERE id IN ({_GIVEN})"
        told = _numbers(row[3] for row in found if row[3] is not None)
        events = {number: rows.event(row) for number, *row in self._db.execute(query, (told,))} if found else {}
        incidents = {row[_INCIDENT_AT] for row in found}
        alerts, stories = self.alerts(incidents), self.stories(incidents)
        return [
            Outgoing(
                number,
                attempt,
                kind,
                rows.thread(rest[:_THREADS]),
                self._incident(rest[_THREADS:]),
                instant(wanted),
                instant(until),
                events.get(event),
                alerts[rest[_THREADS]],
                stories[rest[_THREADS]],
            )
            for number, attempt, kind, event, wanted, until, *rest in found
        ]

    def settle(self, outgoing: Outgoing, end: Settlement) -> bool:
        """Finish an attempt, if it still is the latest."""
        self.flush()
        at = micros(end.at)
        again = end.state == "pending"
        if again and self._has_newer_refresh(outgoing):
            end, again = Settlement("skipped", end.at, reason="a newer state is waiting"), False
        changed = self._db.execute(
            "UPDATE outbox SET state = ?, lease = NULL, done = ?, due = max(wanted, ?), reason = ?"
            " WHERE id = ? AND attempt = ? AND state = 'sending'",
            (end.state, None if again else at, at, end.reason, outgoing.id, outgoing.attempt),
        ).rowcount
        if changed and end.state == "sent":
            # Only the first message is the thread's: what came later has a reference of its own.
            self._db.execute(
                "UPDATE thread SET opened = ?, reference = ?, refused = 0 WHERE id = ? AND opened IS NULL",
                (at, end.reference, outgoing.thread.id),
            )
        if changed and end.reopen:
            self._db.execute("UPDATE thread SET opened = NULL, reference = '' WHERE id = ?", (outgoing.thread.id,))
        if changed and end.state == "failed" and outgoing.kind == "page":
            self._db.execute("UPDATE thread SET refused = 1 WHERE id = ?", (outgoing.thread.id,))
        return bool(changed)

    def _has_newer_refresh(self, outgoing: Outgoing) -> bool:
        query = "SELECT 1 FROM outbox WHERE thread = ? AND kind = 'refresh' AND state = 'pending'"
        return outgoing.kind == "refresh" and self._db.execute(query, (outgoing.thread.id,)).fetchone() is not None

    def incidents(self, listing: Listing) -> list[Incident]:
        """A page of incidents, the latest first."""
        self.flush()
        where, values = ["id < ?"], [listing.before or 2**62]
        for column, wanted in (("tenant", listing.tenants), ("state", listing.states or None)):
            if wanted is not None:
                where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += sorted(wanted)  # type: ignore[arg-type]
        query = f"SELECT {rows.INCIDENT} FROM incident WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        return [self._incident(row) for row in self._db.execute(query, (*values, listing.limit)).fetchall()]

    def stories(self, incidents: Collection[int]) -> dict[int, Story]:
        """Timelines and messages."""
        self.flush()
        given = (_numbers(incidents),)
        events: dict[int, list[Event]] = {number: [] for number in incidents}
        query = f"SELECT {rows.EVENT} FROM event WHERE incident IN ({_GIVEN}) ORDER BY incident, id"
        for row in self._db.execute(query, given):
            events[row[0]].append(rows.event(row))
        told: dict[int, list[Told]] = {number: [] for number in incidents}
        query = (
            f"SELECT t.incident, o.kind, o.state, o.wanted, o.done, o.reason, {_THREAD}"
            f" FROM thread t JOIN outbox o ON o.thread = t.id WHERE t.incident IN ({_GIVEN}) ORDER BY o.id"
        )
        for incident, *row in self._db.execute(query, given):
            told[incident].append(_told(row))
        return {number: Story(tuple(events[number]), tuple(told[number])) for number in incidents}

    def heartbeat(self, source: str, decide: Beating) -> Heartbeat:
        """Replace what is known of a sign of life."""
        query = f"SELECT {rows.HEARTBEAT} FROM heartbeat WHERE source = ?"
        found = self._db.execute(query, (source,)).fetchone()
        decided = decide(rows.heartbeat(found) if found else None)
        self._db.execute(f"REPLACE INTO heartbeat ({rows.HEARTBEAT}) VALUES (?, ?, ?, ?)", rows.heartbeat_row(decided))
        return decided

    def prune(self, before: dt.datetime, limit: int) -> int:
        """Forget what was closed long ago."""
        self.flush()
        return prune(self._db, micros(before), limit)

    def add_override(self, override: DutyOverride) -> DutyOverride:
        """Keep it."""
        statement = f"INSERT INTO duty_override ({rows.OVERRIDE.removeprefix('id, ')}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        number = int(self._db.execute(statement, rows.override_row(override)).lastrowid or 0)
        return msgspec.structs.replace(override, id=number)

    def overrides(self, now: dt.datetime) -> list[DutyOverride]:
        """Those that have not ended."""
        query = f"SELECT {rows.OVERRIDE} FROM duty_override WHERE ends > ? ORDER BY id"
        return [rows.override(row) for row in self._db.execute(query, (micros(now),))]

    def remove_override(self, override: int) -> bool:
        """Take it back."""
        return bool(self._db.execute("DELETE FROM duty_override WHERE id = ?", (override,)).rowcount)

    def alerts(self, incidents: Collection[int]) -> dict[int, Alerts]:
        """All occurrences and the posts that tell of them."""
        self.flush()
        recorded: dict[int, list[Recorded]] = {number: [] for number in incidents}
        query = (
            "SELECT incident, fingerprint, starts, severity, ends, post FROM occurrence"
            f" WHERE incident IN ({_GIVEN}) ORDER BY incident, starts, fingerprint"
        )
        for incident, fingerprint, starts, severity, ends, post in self._db.execute(query, (_numbers(incidents),)):
            occurrence = Occurrence(fingerprint, instant(starts), severity)
            recorded[incident].append(Recorded(occurrence, None if ends is None else instant(ends), post))
        wanted = {one.post for found in recorded.values() for one in found}
        query = f"SELECT id, body FROM post WHERE id IN ({_GIVEN})"
        posts = {number: bytes(body) for number, body in self._db.execute(query, (_numbers(wanted),))}
        return {
            number: Alerts(tuple(found), {post: posts[post] for post in {one.post for one in found}})
            for number, found in recorded.items()
        }


def _numbers(found: Iterable[int]) -> str:
    return msgspec.json.encode(list(found)).decode()


def _changed(incident: Incident) -> tuple[Any, ...]:
    state, severity, _opened, *rest = rows.incident_row(incident, 0)[5:]
    closed = incident.id if incident.state == "resolved" else 0
    return (closed, state, severity, *rest, incident.id)


def _told(row: Sequence[Any]) -> Told:
    return Told(rows.thread(row[5:]).place, row[0], row[1], instant(row[2]), None if row[3] is None else instant(row[3]), row[4])
