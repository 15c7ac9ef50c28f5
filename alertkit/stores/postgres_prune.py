"""Forgetting what was closed long ago, a few incidents at a time; replicas that do it too take others."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import psycopg

from alertkit.stores.rows import micros

# Incidents about which something is still to be done or said are not over, however long ago they were closed.
_OLDEST = """
    SELECT i.id FROM incident i WHERE i.closed > 0 AND i.resolved < %s
       AND NOT EXISTS (SELECT 1 FROM step s WHERE s.incident = i.id)
       AND NOT EXISTS (
           SELECT 1 FROM thread t JOIN outbox o ON o.thread = t.id WHERE t.incident = i.id AND o.state IN ('pending', 'sending')
       )
     ORDER BY i.resolved LIMIT %s FOR UPDATE SKIP LOCKED
"""
_BELONGING = (
    "DELETE FROM occurrence WHERE incident = ANY(%s)",
    "DELETE FROM outbox WHERE thread IN (SELECT id FROM thread WHERE incident = ANY(%s))",
    "DELETE FROM event WHERE incident = ANY(%s)",
    "DELETE FROM thread WHERE incident = ANY(%s)",
    "DELETE FROM incident WHERE id = ANY(%s)",
)
_POSTS = """
    DELETE FROM post WHERE id IN (
        SELECT p.id FROM post p WHERE p.received < %s AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.post = p.id) LIMIT %s
    )
"""
INCIDENTS: Final = 100
"""Incidents of one transaction, whose rows are theirs to be few or many."""


def prune(db: psycopg.Connection[Any], before: dt.datetime, limit: int) -> int:
    """Forget incidents that were closed before an instant, with all that belongs to them; how many rows went."""
    gone = db.execute("DELETE FROM duty_override WHERE ends < %s", [micros(before)]).rowcount
    found = [number for (number,) in db.execute(_OLDEST, [micros(before), min(limit, INCIDENTS)])]
    if found:
        gone += sum(db.execute(statement, [found]).rowcount for statement in _BELONGING)
    return gone


def drop_posts(db: psycopg.Connection[Any], before: dt.datetime, limit: int) -> int:
    """Drop posts that are as old and tell of nothing that is still known; how many went."""
    return db.execute(_POSTS, [micros(before), limit]).rowcount
