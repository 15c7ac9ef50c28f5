"""Posts folded into PostgreSQL, many in one transaction: lock what they may touch, read it, fold one after the other, write.

The row of an incident is its lock. A group that has no open incident has no row to lock: two replicas that open one at the same
time meet at the unique index, and whoever comes second folds again and joins. The same holds for a fingerprint under two groups.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import psycopg
from msgspec.structs import replace

from alertkit.model.incident import Before, Changes, Fold, Held, Occurrence, Post, Seen
from alertkit.stores.base import Folding
from alertkit.stores.held import OpenIncidents
from alertkit.stores.postgres_changes import Batch, scope
from alertkit.stores.postgres_statements import records, recordset
from alertkit.stores.postgres_tables import HELD, Tables
from alertkit.stores.rows import instant

_ALERT = ("scope", "fingerprint")
_ALERTS = recordset(zip(_ALERT, ("bytea", "text"), strict=True))
_LOCK = f"""
    WITH touched AS MATERIALIZED (
        SELECT id FROM incident WHERE key = ANY(%b) AND closed = 0
        UNION
        SELECT o.incident FROM occurrence o JOIN {_ALERTS}
          ON (o.scope, o.fingerprint) = (r.scope, r.fingerprint)
    )
    SELECT {HELD} FROM incident i WHERE i.id IN (SELECT id FROM touched) AND i.closed = 0 ORDER BY i.id FOR NO KEY UPDATE
"""
_TOUCHED = f"""
    SELECT id FROM incident WHERE key = ANY(%b) AND closed = 0
    UNION
    SELECT o.incident FROM occurrence o JOIN {_ALERTS}
      ON (o.scope, o.fingerprint) = (r.scope, r.fingerprint)
"""
_LISTED = "ARRAY(SELECT json_array_elements_text(%s::json))"
_OPEN = "SELECT incident, fingerprint, starts, severity FROM occurrence WHERE incident = ANY(%s) AND ends IS NULL ORDER BY starts"
_ENDED = f"""
    SELECT incident, fingerprint, max(ends) FROM occurrence
    WHERE incident = ANY(%s) AND fingerprint = ANY({_LISTED}) AND ends IS NOT NULL GROUP BY incident, fingerprint
"""
_BEFORE = f"""
    WITH last AS (
        SELECT DISTINCT ON (key) key, id, resolved, resolved_by, flaps FROM incident
        WHERE key = ANY(%b) AND closed > 0 ORDER BY key, closed DESC
    )
    SELECT l.key, l.resolved, l.resolved_by, l.flaps, o.fingerprint, max(o.ends) FROM last l
      LEFT JOIN occurrence o ON o.incident = l.id AND o.fingerprint = ANY({_LISTED}) AND o.ends IS NOT NULL
     GROUP BY l.key, l.resolved, l.resolved_by, l.flaps, o.fingerprint
"""


class Changed(Exception):  # noqa: N818 - reads as what happened
    """Another replica was faster; the same work, done again, sees what it did."""


def ingest(db: psycopg.Connection[Any], tables: Tables, work: Sequence[tuple[Post, Folding]]) -> list[Fold]:
    """Fold posts in their order and write what that changes.

    Raises:
        Changed: to be done again.
    """
    ingestion = _Ingestion(db, tables, [post for post, _ in work])
    folds = [ingestion.fold(post, fold) for post, fold in work]
    ingestion.batch.flush()
    return [_numbered(found, ingestion.batch) for found in folds]


def _numbered(found: Fold, batch: Batch) -> Fold:
    """With the numbers that incidents got when they were written."""
    if all(number >= 0 for number, _ in found.changes):
        return found
    parts = []
    for number, changes in found.changes:
        incident = changes.incident and replace(changes.incident, id=batch.number(changes.incident.id))
        parts.append((batch.number(number), replace(changes, incident=incident)))
    return replace(found, changes=tuple(parts))


class _Ingestion:
    def __init__(self, db: psycopg.Connection[Any], tables: Tables, posts: Sequence[Post]) -> None:
        self._db = db
        self.batch = Batch(db)
        self._memory = OpenIncidents()
        self._closed: set[bytes] = set()
        self._keys = list({post.key for post in posts})
        alerts = {(scope(post.tenant, post.policy), alert.fingerprint) for post in posts for alert in post.alerts}
        self._fingerprints = msgspec.json.encode({fingerprint for _, fingerprint in alerts}).decode()
        self._load(tables, alerts)

    def _load(self, tables: Tables, alerts: Collection[tuple[bytes, str]]) -> None:
        values = [self._keys, records(_ALERT, alerts)]
        # In one pipeline, so that BEGIN goes with the first of them.
        with self._db.pipeline():
            held = {one.incident.id: one for one in tables.held(self._db.execute(_LOCK, values).fetchall())}
            touched = self._db.execute(_TOUCHED, values)
            before = self._db.execute(_BEFORE, [[*self._keys, *(one.key for one in held.values())], self._fingerprints])
            still_open = self._db.execute(_OPEN, [list(held)])
            ended = self._db.execute(_ENDED, [list(held), self._fingerprints])
        if not {number for (number,) in touched} <= held.keys():
            raise Changed
        self._before = _befores(before)
        for incident, fingerprint, starts, severity in still_open:
            held[incident].open[fingerprint] = Occurrence(fingerprint, instant(starts), severity)
        for incident, fingerprint, ends in ended:
            held[incident].ended[fingerprint] = instant(ends)
        for one in held.values():
            one.before = self._before.get(one.key, one.before)
            self._memory.load(one)

    def _before_of(self, key: bytes) -> Before:
        if key in self._closed:
            self.batch.flush()
            self._before.update(_befores(self._db.execute(_BEFORE, [[key], self._fingerprints])))
            self._closed.discard(key)
        return self._before.get(key, Before())

    def fold(self, post: Post, fold: Folding) -> Fold:
        seen = self._memory.seen(post, self._before_of)
        result = fold(post, seen)
        if result.changes or result.keep:
            tells = result.keep or any(changes.begun for _, changes in result.changes)
            number = self.batch.add_post(post.received, post.body) if tells else 0
            for incident, changes in result.changes:
                self._change(post, number, seen, incident, changes)
            if result.keep and seen.current is not None:
                self._hear(seen.current, post)
                self.batch.refresh_post(seen.current, [alert.fingerprint for alert in post.alerts], number)
        return result

    def _change(self, post: Post, number: int, seen: Seen, incident: int, changes: Changes) -> None:
        held = self._memory.get(incident)
        if held is None:
            held, changes = self._open(post, seen, changes)
        self._hear(held, post)
        self.batch.apply(held, changes, post.received, number)
        self._memory.apply(held, changes)
        if held.incident.state == "resolved":
            self._closed.add(held.key)

    def _open(self, post: Post, seen: Seen, changes: Changes) -> tuple[Held, Changes]:
        if changes.incident is None:
            raise AssertionError("a fold names an incident that is open, or brings a new one")
        incident = self.batch.add_incident(changes.incident)
        held = self._memory.opened(post.key, incident, seen.before, post.received)
        self.batch.opened(held)
        return held, replace(changes, incident=None)

    def _hear(self, held: Held, post: Post) -> None:
        self._memory.heard(held, post.received)
        self.batch.heard(held)


def _befores(found: Iterable[Sequence[Any]]) -> dict[bytes, Before]:
    """How the latest closed incident of each key ended."""
    befores: dict[bytes, Before] = {}
    ended: dict[bytes, dict[str, dt.datetime]] = {}
    for key, resolved, resolved_by, flaps, fingerprint, ends in found:
        alerts = ended.setdefault(bytes(key), {})
        befores.setdefault(bytes(key), Before(alerts, instant(resolved), bool(resolved_by), flaps))
        if fingerprint is not None:
            alerts[fingerprint] = instant(ends)
    return befores
