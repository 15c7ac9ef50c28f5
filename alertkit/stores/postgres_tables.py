"""What PostgreSQL has about incidents, and what falls due: statements in one transaction, no decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import psycopg

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import Before, DutyOverride, Event, Held, Incident, Occurrence, Step, Thread
from alertkit.model.message import State
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores import rows
from alertkit.stores.base import Alerts, Beating, Listing, OpenAlerts, Recorded, Story, Told
from alertkit.stores.rows import instant, micros

_REMEMBERED: Final = 10_000
_POLICY = msgspec.json.Decoder(EscalationPolicy)
THREAD: Final = ", ".join(f"t.{column}" for column in rows.THREAD.split(", "))
PLACE: Final = ", ".join(f"t.{column}" for column in rows.PLACE.split(", "))
INCIDENT: Final = ", ".join(f"i.{column}" for column in rows.INCIDENT.split(", "))
HELD: Final = f"i.key, i.heard, {INCIDENT}"
"""The columns of `Tables.held`."""
# Whoever is changing an incident has its row: its steps are theirs.
_DUE = f"""
    SELECT {HELD} FROM step s JOIN incident i ON i.id = s.incident WHERE s.due <= %s ORDER BY s.due, s.incident LIMIT %s
    FOR NO KEY UPDATE OF i SKIP LOCKED
"""


class Tables:
    """One transaction's view. `policies` are pinned policies by number, which never change.

    `ahead` is how far the server's clock is before ours: leases are kept by the server's, which is the same for all replicas.
    """

    def __init__(self, db: psycopg.Connection[Any], policies: dict[int, EscalationPolicy], ahead: dt.timedelta) -> None:
        self.db = db
        self._policies = policies
        self.ahead = ahead

    def held(self, found: Sequence[Sequence[Any]]) -> list[Held]:
        """Rows of HELD as incidents, without their alerts."""
        incidents = self.read_incidents([row[2:] for row in found])
        return [Held(bytes(row[0]), one, {}, {}, Before(), instant(row[1])) for row, one in zip(found, incidents, strict=True)]

    def read_incidents(self, found: Sequence[Sequence[Any]]) -> list[Incident]:
        """Rows of INCIDENT as incidents."""
        self._read_policies(row[4] for row in found)
        return [rows.incident(row, self._policies[row[4]]) for row in found]

    def _read_policies(self, numbers: Iterable[int]) -> None:
        if len(self._policies) > _REMEMBERED:
            self._policies.clear()
        missing = {number for number in numbers if number not in self._policies}
        if missing:
            found = self.db.execute("SELECT id, body FROM pinned_policy WHERE id = ANY(%s)", [list(missing)])
            self._policies.update((number, _POLICY.decode(body)) for number, body in found)

    def lock(self, incidents: Collection[int]) -> dict[int, Held]:
        """Incidents by their numbers, which nobody else changes until the transaction ends; all take them in one order."""
        query = f"SELECT {HELD} FROM incident i WHERE i.id = ANY(%s) ORDER BY i.id FOR NO KEY UPDATE"
        held = self.held(self.db.execute(query, [list(incidents)]).fetchall()) if incidents else ()
        return {one.incident.id: one for one in held}

    def whole(self, incident: int) -> Held | None:
        """As `lock`, with what is open of its alerts."""
        held = self.lock([incident]).get(incident)
        if held is not None:
            held.open.update((one.fingerprint, one) for one in self._open_alerts([incident]).get(incident, ()))
        return held

    def _open_alerts(self, incidents: Sequence[int] | None) -> dict[int, list[Occurrence]]:
        """Of each fingerprint the latest occurrence that is open; `incidents` None is all of them."""
        which = "" if incidents is None else "AND incident = ANY(%s)"
        query = (
            f"SELECT DISTINCT ON (incident, fingerprint) incident, fingerprint, starts, severity FROM occurrence"
            f" WHERE ends IS NULL {which} ORDER BY incident, fingerprint, starts DESC"
        )
        found: dict[int, list[Occurrence]] = {}
        for incident, fingerprint, starts, severity in self.db.execute(query, None if incidents is None else [list(incidents)]):
            found.setdefault(incident, []).append(Occurrence(fingerprint, instant(starts), severity))
        return found

    def open_alerts(self) -> list[OpenAlerts]:
        """Every open incident with its open alerts."""
        query = f"SELECT {HELD} FROM incident i WHERE i.closed = 0 ORDER BY i.id"
        held = self.held(self.db.execute(query).fetchall())
        found = self._open_alerts(None)
        return [OpenAlerts(one.incident, tuple(found.get(one.incident.id, ()))) for one in held]

    def take_due(self, now: dt.datetime, limit: int) -> list[tuple[Held, list[Step]]]:
        """Lock incidents that have steps due and remove those steps, at least `limit` of them if there are as many."""
        found = {row[2]: row for row in self.db.execute(_DUE, [micros(now), limit]).fetchall()}
        query = f"DELETE FROM step WHERE incident = ANY(%s) AND due <= %s RETURNING {rows.STEP}"
        steps: dict[int, list[Step]] = {}
        if found:
            for row in self.db.execute(query, [list(found), micros(now)]):
                steps.setdefault(row[0], []).append(rows.step(row))
        held = self.held([found[number] for number in sorted(steps)])
        return [(one, sorted(steps[one.incident.id], key=lambda step: step.due)) for one in held]

    def threads(self, incidents: Sequence[int]) -> dict[int, list[Thread]]:
        """Where incidents have been told, or are about to be."""
        found: dict[int, list[Thread]] = {number: [] for number in incidents}
        query = f"SELECT t.incident, {THREAD} FROM thread t WHERE t.incident = ANY(%s) ORDER BY t.id"
        for incident, *row in self.db.execute(query, [list(incidents)]):
            found[incident].append(rows.thread(row))
        return found

    def next_due(self) -> dt.datetime | None:
        """The earliest step or message."""
        query = "SELECT least((SELECT min(due) FROM step), (SELECT min(due) FROM outbox WHERE state = 'pending'))"
        found = self._value(query)
        return None if found is None else instant(found)

    def _value(self, query: str, *values: Any) -> Any:
        found = self.db.execute(query, values).fetchone()
        return found[0] if found else None

    def incident(self, number: int) -> Incident | None:
        """One incident, open or closed."""
        found = self.db.execute(f"SELECT {HELD} FROM incident i WHERE i.id = %s", [number]).fetchall()
        return next((held.incident for held in self.held(found)), None)

    def incidents(self, listing: Listing) -> list[Incident]:
        """A page of incidents, the latest first."""
        where, values = ["i.id < %s"], [listing.before or 2**62]
        for column, wanted in (("tenant", listing.tenants), ("state", listing.states or None)):
            if wanted is not None:
                where.append(f"i.{column} = ANY(%s)")
                values.append(sorted(wanted))  # type: ignore[arg-type]
        query = f"SELECT {HELD} FROM incident i WHERE {' AND '.join(where)} ORDER BY i.id DESC LIMIT %s"
        return [held.incident for held in self.held(self.db.execute(query, [*values, listing.limit]).fetchall())]

    def open_counts(self) -> dict[tuple[str, State], int]:
        """How many incidents are open, by tenant and state."""
        query = "SELECT tenant, state, count(*) FROM incident WHERE closed = 0 GROUP BY tenant, state"
        return {(tenant, state): count for tenant, state, count in self.db.execute(query)}

    def alerts(self, incidents: Collection[int]) -> dict[int, Alerts]:
        """All occurrences and the posts that tell of them."""
        recorded: dict[int, list[Recorded]] = {number: [] for number in incidents}
        query = (
            "SELECT incident, fingerprint, starts, severity, ends, post FROM occurrence WHERE incident = ANY(%s)"
            " ORDER BY incident, starts, fingerprint"
        )
        for incident, fingerprint, starts, severity, ends, post in self.db.execute(query, [list(incidents)]):
            occurrence = Occurrence(fingerprint, instant(starts), severity)
            recorded[incident].append(Recorded(occurrence, None if ends is None else instant(ends), post))
        wanted = {one.post for found in recorded.values() for one in found}
        query = "SELECT id, body FROM post WHERE id = ANY(%s)"
        posts = {number: bytes(body) for number, body in self.db.execute(query, [list(wanted)])}
        return {
            number: Alerts(tuple(found), {post: posts[post] for post in {one.post for one in found}})
            for number, found in recorded.items()
        }

    def events(self, incidents: Collection[int]) -> dict[int, dict[int, Event]]:
        """Timelines by incident, in order and by number."""
        found: dict[int, dict[int, Event]] = {number: {} for number in incidents}
        query = f"SELECT id, {rows.EVENT} FROM event WHERE incident = ANY(%s) ORDER BY incident, id"
        for number, *row in self.db.execute(query, [list(incidents)]):
            found[row[0]][number] = rows.event(row)
        return found

    def stories(self, events: Mapping[int, Mapping[int, Event]]) -> dict[int, Story]:
        """Timelines, as `events` has found them, and messages."""
        told: dict[int, list[Told]] = {number: [] for number in events}
        query = (
            f"SELECT t.incident, o.kind, o.state, o.wanted, o.done, o.reason, {PLACE}"
            " FROM outbox o JOIN thread t ON t.id = o.thread WHERE t.incident = ANY(%s) ORDER BY o.id"
        )
        for incident, *row in self.db.execute(query, [list(events)]):
            told[incident].append(rows.told(row))
        return {number: Story(tuple(events[number].values()), tuple(told[number])) for number in events}

    def heartbeat(self, source: str, decide: Beating) -> Heartbeat:
        """Replace what is known of a sign of life."""
        query = f"SELECT {rows.HEARTBEAT} FROM heartbeat WHERE source = %s FOR UPDATE"
        found = self.db.execute(query, [source]).fetchone()
        decided = decide(rows.heartbeat(found) if found else None)
        statement = (
            f"INSERT INTO heartbeat ({rows.HEARTBEAT}) VALUES (%s, %s, %s, %s) ON CONFLICT (source)"
            " DO UPDATE SET beat = excluded.beat, listened = excluded.listened, checked = excluded.checked"
        )
        self.db.execute(statement, rows.heartbeat_row(decided))
        return decided

    def add_override(self, override: DutyOverride) -> DutyOverride:
        """Keep it."""
        columns = rows.OVERRIDE.removeprefix("id, ")
        statement = f"INSERT INTO duty_override ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id"
        return msgspec.structs.replace(override, id=self._value(statement, *rows.override_row(override)))

    def overrides(self, now: dt.datetime) -> list[DutyOverride]:
        """Those that have not ended."""
        query = f"SELECT {rows.OVERRIDE} FROM duty_override WHERE ends > %s ORDER BY id"
        return [rows.override(row) for row in self.db.execute(query, [micros(now)])]

    def remove_override(self, override: int) -> bool:
        """Take it back."""
        return bool(self.db.execute("DELETE FROM duty_override WHERE id = %s", [override]).rowcount)
