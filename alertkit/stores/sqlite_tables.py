"""What SQLite has about incidents, and what falls due: statements over one connection, no transactions and no decisions."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import Before, DutyOverride, Event, Held, Incident, Occurrence, Step, Thread
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores import rows
from alertkit.stores.base import Alerts, Beating, Listing, Recorded, Story, Told
from alertkit.stores.rows import instant, micros
from alertkit.stores.sqlite_changes import Writes
from alertkit.stores.sqlite_prune import prune

_POLICY = msgspec.json.Decoder(EscalationPolicy)
_NOTHING_BEFORE = Before()
_ASKED: Final = (32, 4, 1)
"""Groups that are asked for in one statement: each length is compiled once."""
THREAD: Final = ", ".join(f"t.{column}" for column in rows.THREAD.split(", "))
PLACE: Final = ", ".join(f"t.{column}" for column in rows.PLACE.split(", "))
GIVEN: Final = "SELECT value FROM json_each(?)"
"""As many numbers as `given` was given, in one value."""


class Tables:
    """Reads rows; `writes` holds what has not been written yet, and is flushed before every read that could miss it."""

    def __init__(self, db: sqlite3.Connection, writes: Writes) -> None:
        self._db = db
        self._policies: dict[int, EscalationPolicy] = {}
        self.flush: Final = writes.flush

    def forget(self) -> None:
        """The transaction is undone: so may be what was read in it."""
        self._policies.clear()

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
        incident = self._read_incident(row)
        return Held(key, incident, {}, {}, self.before(key), incident.opened)

    def before(self, key: bytes) -> Before:
        """How the group's latest closed incident ended; closing it wrote all of it, so nothing that is collected belongs here."""
        return before_each(self._db, (key,))[key]

    def incident(self, number: int) -> Held | None:
        """One incident by its number, without its alerts: for those that are closed."""
        self.flush()
        row = self._db.execute(f"SELECT key, {rows.INCIDENT} FROM incident WHERE id = ?", (number,)).fetchone()
        return None if row is None else self._held(row[0], row[1:])

    def incidents_of(self, numbers: Collection[int]) -> dict[int, Incident]:
        """Incidents by their numbers."""
        query = f"SELECT {rows.INCIDENT} FROM incident WHERE id IN ({GIVEN})"
        found = self._db.execute(query, (given(numbers),)).fetchall() if numbers else ()
        return {row[0]: self._read_incident(row) for row in found}

    def _read_incident(self, row: Sequence[Any]) -> Incident:
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
            "DELETE FROM step WHERE due <= ? AND incident IN"
            f" (SELECT incident FROM step WHERE due <= ? ORDER BY due, incident LIMIT ?) RETURNING {rows.STEP}"
        )
        found: dict[int, list[Step]] = {}
        for row in self._db.execute(query, (micros(now), micros(now), limit)).fetchall():
            found.setdefault(row[0], []).append(rows.step(row))
        for steps in found.values():
            steps.sort(key=lambda step: step.due)
        return found

    def threads(self, incidents: Iterable[int]) -> dict[int, list[Thread]]:
        """Where incidents have been told, or are about to be."""
        self.flush()
        found: dict[int, list[Thread]] = {number: [] for number in incidents}
        query = f"SELECT incident, {rows.THREAD} FROM thread WHERE incident IN ({GIVEN}) ORDER BY incident, id"
        for incident, *row in self._db.execute(query, (given(found),)):
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

    def incidents(self, listing: Listing) -> list[Incident]:
        """A page of incidents, the latest first."""
        self.flush()
        where, values = ["id < ?"], [listing.before or 2**62]
        for column, wanted in (("tenant", listing.tenants), ("state", listing.states or None)):
            if wanted is not None:
                where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += sorted(wanted)  # type: ignore[arg-type]
        query = f"SELECT {rows.INCIDENT} FROM incident WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        return [self._read_incident(row) for row in self._db.execute(query, (*values, listing.limit)).fetchall()]

    def events(self, incidents: Collection[int]) -> dict[int, dict[int, Event]]:
        """Timelines by incident, in order and by number."""
        self.flush()
        found: dict[int, dict[int, Event]] = {number: {} for number in incidents}
        query = f"SELECT id, {rows.EVENT} FROM event WHERE incident IN ({GIVEN}) ORDER BY incident, id"
        for number, *row in self._db.execute(query, (given(incidents),)):
            found[row[0]][number] = rows.event(row)
        return found

    def stories(self, events: Mapping[int, Mapping[int, Event]]) -> dict[int, Story]:
        """Timelines, as `events` has found them, and messages."""
        self.flush()
        told: dict[int, list[Told]] = {number: [] for number in events}
        query = (
            f"SELECT t.incident, o.kind, o.state, o.wanted, o.done, o.reason, {PLACE}"
            f" FROM thread t JOIN outbox o ON o.thread = t.id WHERE t.incident IN ({GIVEN}) ORDER BY o.id"
        )
        for incident, *row in self._db.execute(query, (given(events),)):
            told[incident].append(rows.told(row))
        return {number: Story(tuple(events[number].values()), tuple(told[number])) for number in events}

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
            f" WHERE incident IN ({GIVEN}) ORDER BY incident, starts, fingerprint"
        )
        for incident, fingerprint, starts, severity, ends, post in self._db.execute(query, (given(incidents),)):
            occurrence = Occurrence(fingerprint, instant(starts), severity)
            recorded[incident].append(Recorded(occurrence, None if ends is None else instant(ends), post))
        wanted = {one.post for found in recorded.values() for one in found}
        query = f"SELECT id, body FROM post WHERE id IN ({GIVEN})"
        posts = {number: bytes(body) for number, body in self._db.execute(query, (given(wanted),))}
        return {
            number: Alerts(tuple(found), {post: posts[post] for post in {one.post for one in found}})
            for number, found in recorded.items()
        }


def before_each(db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Before]:
    """How the latest closed incident of each of these groups ended, as committed."""
    found = dict.fromkeys(keys, _NOTHING_BEFORE)
    start = 0
    for length in _ASKED:
        asked = ", ".join(["(?)"] * length)
        # A closed incident's `closed` is its id.
        query = (
            f"WITH asked (key) AS (VALUES {asked}) SELECT i.key, i.id, i.resolved, i.resolved_by, i.flaps FROM asked a"
            " JOIN incident i ON i.id = (SELECT max(e.closed) FROM incident e WHERE e.key = a.key AND e.closed > 0)"
        )
        while start + length <= len(keys):
            for key, number, resolved, by, flaps in db.execute(query, keys[start : start + length]).fetchall():
                found[key] = Before(_ended(db, number), instant(resolved), bool(by), flaps)
            start += length
    return found


def _ended(db: sqlite3.Connection, incident: int) -> dict[str, dt.datetime]:
    query = "SELECT fingerprint, max(ends) FROM occurrence WHERE incident = ? GROUP BY fingerprint"
    return {fingerprint: instant(ends) for fingerprint, ends in db.execute(query, (incident,))}


def given(numbers: Iterable[int]) -> str:
    """Numbers for GIVEN."""
    return msgspec.json.encode(list(numbers)).decode()
