"""What one transaction writes to PostgreSQL: collected decision by decision, written table by table."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg

from alertkit.model.incident import Changes, Event, Held, Incident, Note, Occurrence, Step
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores import postgres_statements as statements
from alertkit.stores import rows
from alertkit.stores.rows import micros

_PINNED = "SELECT digest, id FROM pinned_policy WHERE digest = ANY(%b)"
_Alert = tuple[int, str]
"""Incident and fingerprint."""


class _Collected:
    """What has not been written yet. Incidents, posts and events that are new have numbers below zero."""

    def __init__(self) -> None:
        self.posts: list[tuple[int, int, bytes]] = []
        self.new: dict[int, Held] = {}
        self.changed: dict[int, Held] = {}
        self.begun: dict[_Alert, dict[int, tuple[str, int, bytes]]] = {}
        self.followed: set[_Alert] = set()
        self.told_anew: dict[_Alert, int] = {}
        self.ended: dict[_Alert, tuple[int, int]] = {}
        self.over: set[str] = set()
        self.closed: dict[int, int] = {}
        self.quiet: dict[int, int] = {}
        self.dropped: set[tuple[int, str]] = set()
        self.steps: dict[int, list[Step]] = {}
        self.events: list[tuple[int, int, Event]] = []
        self.notes: list[tuple[Incident, Note, int | None]] = []


class Batch:
    """The writes of one transaction; every incident that it touches is locked, or its own."""

    def __init__(self, db: psycopg.Connection[Any]) -> None:
        self._db = db
        self._collected = _Collected()
        self._numbers: dict[int, int] = {}
        self._below = 0

    def number(self, below: int) -> int:
        """The number that something new got when it was written; others have theirs."""
        return self._numbers.get(below, below)

    def add_post(self, received: dt.datetime, body: bytes) -> int:
        """Keep a body."""
        number = self._next()
        self._collected.posts.append((number, micros(received), body))
        return number

    def add_incident(self, incident: Incident) -> Incident:
        """Give it a number; `opened` has to follow."""
        return msgspec.structs.replace(incident, id=self._next())

    def opened(self, held: Held) -> None:
        """It is inserted as it stands when it is written."""
        self._collected.new[held.incident.id] = held

    def heard(self, held: Held) -> None:
        """A post about it is kept."""
        self._collected.changed[held.incident.id] = held

    def refresh_post(self, held: Held, fingerprints: Iterable[str], post: int) -> None:
        """Open occurrences are told anew by a later post."""
        alerts = [(held.incident.id, fingerprint) for fingerprint in fingerprints]
        if any(alert in self._collected.ended for alert in alerts):
            self.flush()
        self._collected.told_anew.update(dict.fromkeys(alerts, post))

    def apply(self, held: Held, changes: Changes, at: dt.datetime, post: int = 0) -> None:
        """What a decision says about an incident, `held` as it stood before; its row is read from it when it is written."""
        if self._stands_in_the_way(held, changes):
            self.flush()
        number = held.incident.id
        self._apply_alerts(held, changes, post)
        if changes.incident is not None:
            self._collected.changed[number] = held
            if changes.incident.state == "resolved":
                self._collected.closed[number] = micros(changes.incident.resolved or changes.incident.opened)
        self._apply_steps(number, changes)
        if changes.quiet:
            self._collected.quiet[number] = micros(at)
        self._apply_words(held.incident, changes)

    def _stands_in_the_way(self, held: Held, changes: Changes) -> bool:
        """Whether what has been collected must be there first: an end before another or a new start, pages that are dropped."""
        collected = self._collected
        again = any((held.incident.id, ending.fingerprint) in collected.ended for ending in changes.ended)
        anew = any(occurrence.fingerprint in collected.over for occurrence in changes.begun) if collected.over else False
        return again or anew or (changes.quiet and bool(collected.notes))

    def _apply_alerts(self, held: Held, changes: Changes, post: int) -> None:
        for occurrence in changes.begun:
            self._begin(held, occurrence, post)
        for ending in changes.ended:
            self._collected.over.add(ending.fingerprint)
            self._collected.ended[held.incident.id, ending.fingerprint] = (micros(ending.ends), micros(ending.through))

    def _begin(self, held: Held, occurrence: Occurrence, post: int) -> None:
        alert = (held.incident.id, occurrence.fingerprint)
        if occurrence.fingerprint in held.open and alert not in self._collected.begun:
            self._collected.followed.add(alert)
        of = scope(held.incident.tenant, held.incident.policy)
        self._collected.begun.setdefault(alert, {})[micros(occurrence.starts)] = (occurrence.severity, post, of)

    def _apply_steps(self, number: int, changes: Changes) -> None:
        collected = self._collected
        if changes.cancel:
            collected.dropped |= {(number, kind) for kind in changes.cancel}
            collected.steps[number] = [step for step in collected.steps.get(number, ()) if step.kind not in changes.cancel]
        if changes.steps:
            collected.steps.setdefault(number, []).extend(changes.steps)

    def _apply_words(self, incident: Incident, changes: Changes) -> None:
        numbers = [self._next() for _ in changes.events]
        self._collected.events += [(n, incident.id, event) for n, event in zip(numbers, changes.events, strict=True)]
        for note in changes.notes:
            event = numbers[changes.events.index(note.event)] if note.event else None
            self._collected.notes.append((incident, note, event))

    def _next(self) -> int:
        self._below -= 1
        return self._below

    def flush(self) -> None:
        """Write it, parents first."""
        collected, self._collected = self._collected, _Collected()
        with self._db.pipeline():
            pinned = self._prepare(collected)
            statements.POSTS.run(self._db, [(self.number(n), *rest) for n, *rest in collected.posts])
            # One order for all replicas: whoever waits for another's row holds none that the other will wait for.
            new = [self._incident(held, pinned) for held in collected.new.values()]
            statements.INCIDENTS.run(self._db, sorted(new, key=lambda row: row[0]))
            changed = [held for number, held in collected.changed.items() if number not in collected.new]
            statements.INCIDENT_CHANGES.run(self._db, [self._incident(held, {}) for held in changed])
            self._write_alerts(collected)
            self._write_steps(collected)
            self._write_words(collected)

    def _prepare(self, collected: _Collected) -> dict[EscalationPolicy, int]:
        """Give what is new its numbers, and say those of its policies."""
        policies = {held.incident.escalation for held in collected.new.values()}
        bodies = {policy: msgspec.json.encode(policy) for policy in policies}
        digests = {policy: hashlib.sha256(body).digest() for policy, body in bodies.items()}
        pinned = self._db.execute(_PINNED, [list(digests.values())]) if digests else ()
        self._take_numbers(collected)
        known = dict(pinned)
        if missing := sorted((digests[policy], bodies[policy]) for policy in bodies if digests[policy] not in known):
            statements.POLICIES.run(self._db, missing)
            known = dict(self._db.execute(_PINNED, [list(digests.values())]))
        return {policy: known[digest] for policy, digest in digests.items()}

    def _take_numbers(self, collected: _Collected) -> None:
        wanted = {
            "post_id_seq": [number for number, *_ in collected.posts],
            "incident_id_seq": list(collected.new),
            "event_id_seq": [number for number, *_ in collected.events],
        }
        if not any(wanted.values()):
            return
        query = "SELECT " + ", ".join("ARRAY(SELECT nextval(%s) FROM generate_series(1, %s))" for _ in wanted)
        found = self._db.execute(query, [value for name, below in wanted.items() for value in (name, len(below))]).fetchone()
        for below, numbers in zip(wanted.values(), found or (), strict=True):
            self._numbers.update(zip(below, sorted(numbers), strict=True))

    def _incident(self, held: Held, pinned: dict[EscalationPolicy, int]) -> tuple[Any, ...]:
        incident = held.incident
        number = self.number(incident.id)
        row = rows.incident_row(incident, pinned.get(incident.escalation, 0))
        return (held.key, micros(held.heard), number if incident.state == "resolved" else 0, number, *row[1:])

    def _write_alerts(self, collected: _Collected) -> None:
        number = self.number
        begun = [
            # Only the latest start of a fingerprint stands for it.
            (number(incident), fingerprint, starts, severity, number(post), of if starts == max(begins) else None)
            for (incident, fingerprint), begins in collected.begun.items()
            for starts, (severity, post, of) in begins.items()
        ]
        statements.NO_LONGER_LATEST.run(self._db, [(number(i), f) for i, f in collected.followed])
        statements.OCCURRENCES.run(self._db, sorted(begun, key=lambda row: (row[5] or b"", row[1])))
        statements.TOLD_ANEW.run(self._db, [(number(i), f, number(post)) for (i, f), post in collected.told_anew.items()])
        statements.ENDINGS.run(self._db, [(number(i), f, *end) for (i, f), end in collected.ended.items()])
        statements.CLOSINGS.run(self._db, [(number(i), resolved) for i, resolved in collected.closed.items()])

    def _write_steps(self, collected: _Collected) -> None:
        steps = [rows.step_row(self.number(i), step) for i, found in collected.steps.items() for step in found]
        statements.DROPPED_STEPS.run(self._db, [(self.number(i), kind) for i, kind in collected.dropped])
        statements.STEPS.run(self._db, steps)

    def _write_words(self, collected: _Collected) -> None:
        events = [(self.number(n), *rows.event_row(self.number(i), event)) for n, i, event in collected.events]
        places: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for incident, note, _ in collected.notes:
            place = self._place(incident, note)
            places.setdefault(place[:3], place)
        statements.HELD_PAGES.run(self._db, [(self.number(i), at) for i, at in collected.quiet.items()])
        statements.EVENTS.run(self._db, events)
        statements.THREADS.run(self._db, list(places.values()))
        statements.MESSAGES.run(self._db, [self._message(n, *found) for n, found in enumerate(collected.notes)])

    def _place(self, incident: Incident, note: Note) -> tuple[Any, ...]:
        return rows.place_row(self.number(incident.id), note.place)

    def _message(self, order: int, incident: Incident, note: Note, event: int | None) -> tuple[Any, ...]:
        place = note.place
        lane = _digest(incident.tenant, place.channel, place.address, note.kind == "refresh")
        numbers = (order, self.number(incident.id))
        return (*numbers, place.channel, place.address, lane, note.kind, event and self.number(event), micros(note.due))


def scope(tenant: str, policy: str) -> bytes:
    """16 bytes that stand for a tenant's policy."""
    return _digest(tenant, policy)


def _digest(*of: str | bool) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(of), digest_size=16).digest()
