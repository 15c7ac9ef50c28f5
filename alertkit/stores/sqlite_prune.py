"""Forgetting what was closed long ago, a few rows at a time: whatever waits for the next transaction waits no longer for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

SLACK: Final = 4
"""One page in so many may be free: they are used again, and giving all of them back would be work for nothing."""
GIVEN_BACK: Final = 500
"""Pages given back at a time."""
_INCREMENTAL: Final = 2

# Incidents about which something is still to be done or said are not over, however long ago they were closed.
_OLDEST = """
    SELECT i.id FROM incident i WHERE i.closed > 0 AND i.resolved < ?
       AND NOT EXISTS (SELECT 1 FROM step s WHERE s.incident = i.id)
       AND NOT EXISTS (
           SELECT 1 FROM thread t JOIN outbox o ON o.thread = t.id WHERE t.incident = i.id AND o.state IN ('pending', 'sending')
       )
     ORDER BY i.resolved LIMIT 1
"""
_MESSAGES = (
    "DELETE FROM outbox WHERE id IN (SELECT o.id FROM thread t JOIN outbox o ON o.thread = t.id WHERE t.incident = ? LIMIT ?)"
)
_EVENTS = "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE incident = ? LIMIT ?)"


def prune(db: sqlite3.Connection, before: int, limit: int) -> int:
    """Forget incidents that were closed before an instant; how many rows went, about `limit`, and pages."""
    gone: int = db.execute("DELETE FROM duty_override WHERE ends < ?", (before,)).rowcount
    while gone < limit and (found := db.execute(_OLDEST, (before,)).fetchone()) is not None:
        gone += _forget(db, found[0], limit - gone)
    return gone + _give_back(db)


def _forget(db: sqlite3.Connection, incident: int, limit: int) -> int:
    """As much of an incident as `limit` allows; the incident itself with the last of it."""
    gone = _forget_alerts(db, incident, limit)
    for statement in (_MESSAGES, _EVENTS):
        if gone < limit:
            gone += db.execute(statement, (incident, limit - gone)).rowcount
    if gone < limit:
        gone += db.execute("DELETE FROM thread WHERE incident = ?", (incident,)).rowcount
        gone += db.execute("DELETE FROM incident WHERE id = ?", (incident,)).rowcount
    return gone


def _forget_alerts(db: sqlite3.Connection, incident: int, limit: int) -> int:
    query = "SELECT post, incident, starts, fingerprint FROM occurrence WHERE incident = ? LIMIT ?"
    found = db.execute(query, (incident, limit)).fetchall()
    db.executemany("DELETE FROM occurrence WHERE incident = ? AND starts = ? AND fingerprint = ?", [row[1:] for row in found])
    release(db, incident, {row[0] for row in found})
    return len(found)


def release(db: sqlite3.Connection, incident: int, posts: Iterable[int]) -> None:
    """Of these posts an incident may need some no longer; those that no incident needs go."""
    kept = {post for (post,) in db.execute("SELECT DISTINCT post FROM occurrence WHERE incident = ?", (incident,))}
    for post in set(posts) - kept:
        db.execute("UPDATE post SET incidents = incidents - 1 WHERE id = ?", (post,))
        db.execute("DELETE FROM post WHERE id = ? AND incidents <= 0", (post,))


def _give_back(db: sqlite3.Connection) -> int:
    """Free pages to the file system, when they are many; how many went. A file that was not made for it keeps its own."""
    free, pages, kind = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_count", "auto_vacuum"))
    if kind != _INCREMENTAL or free * SLACK <= pages:
        return 0
    wanted = min(int(free), GIVEN_BACK)
    for _ in range(wanted):
        # One at a time: the module takes a single step of a statement that has no rows.
        db.execute("PRAGMA incremental_vacuum(1)")
    return wanted
