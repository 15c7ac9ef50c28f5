"""Statements that take any number of rows at once: one JSON document, which the server reads as the rows `r`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
import psycopg

from alertkit.stores import rows

_NUL: Final = "\\u0000"
_TEXT_OF_INCIDENT = {
    "tenant",
    "policy",
    "grouped",
    "state",
    "severity",
    "acknowledged_by",
    "resolved_by",
    "suppressed_reason",
    "trace",
}
INCIDENT: Final = "key:bytea heard closed " + " ".join(
    f"{column}:text" if column in _TEXT_OF_INCIDENT else column for column in rows.INCIDENT.split(", ")
)
"""Every column of an incident, in the order of `rows.incident_row` after the first three."""
_FIXED: Final = {"key", "id", "tenant", "policy", "grouped", "pinned", "opened"}
"""What an incident keeps for ever."""


class Statement:
    """`sql` with `{rows}` for the rows, whose columns are `name` (an integer) or `name:type`."""

    def __init__(self, columns: str, sql: str) -> None:
        typed = [(name, kind or "bigint") for name, _, kind in (column.partition(":") for column in columns.split())]
        self._names = tuple(name for name, _ in typed)
        self.sql: Final = sql.format(rows=self._rows(typed), names=", ".join(self._names))

    def run(self, db: psycopg.Connection[Any], found: Collection[Sequence[Any]]) -> None:
        """Execute it once, unless there are no rows."""
        if found:
            db.execute(self.sql, self._parameters(found))

    def _rows(self, typed: Sequence[tuple[str, str]]) -> str:
        return recordset(typed)

    def _parameters(self, found: Collection[Sequence[Any]]) -> list[Any]:
        return [records(self._names, found)]


class OfArrays(Statement):
    """One array a column: for bytes that are too many to be spelt out in JSON."""

    def _rows(self, typed: Sequence[tuple[str, str]]) -> str:
        arrays = ", ".join(f"{'%b' if kind == 'bytea' else '%s'}::{kind}[]" for _, kind in typed)
        return f"unnest({arrays}) AS r ({', '.join(self._names)})"

    def _parameters(self, found: Collection[Sequence[Any]]) -> list[Any]:
        return [list(column) for column in zip(*found, strict=True)]


def recordset(typed: Iterable[tuple[str, str]]) -> str:
    """The rows of a parameter that `records` made, by the names and types of their columns."""
    return f"json_to_recordset(%s::json) AS r ({', '.join(f'{name} {kind}' for name, kind in typed)})"


def records(names: Sequence[str], found: Iterable[Sequence[Any]]) -> str:
    """Rows as one parameter. One array a column would be converted value by value in Python, at many times the cost."""
    encoded = _encoded(names, found, _value)
    return encoded if _NUL not in encoded else _encoded(names, found, _value_without_nul)


def _encoded(names: Sequence[str], found: Iterable[Sequence[Any]], value: Callable[[Any], Any]) -> str:
    return msgspec.json.encode([dict(zip(names, map(value, row), strict=True)) for row in found]).decode()


def _value(value: Any) -> Any:
    return "\\x" + value.hex() if isinstance(value, bytes) else value


def _value_without_nul(value: Any) -> Any:
    """PostgreSQL keeps every character but one."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else _value(value)


def insert(table: str, columns: str, conflict: str = "", kind: type[Statement] = Statement) -> Statement:
    """Rows into a table."""
    return kind(columns, f"INSERT INTO {table} ({{names}}) SELECT * FROM {{rows}} {conflict}")


POSTS: Final = insert("post", "id received body:bytea", kind=OfArrays)
POLICIES: Final = insert("pinned_policy", "digest:bytea body:bytea", "ON CONFLICT DO NOTHING")
INCIDENTS: Final = insert("incident", INCIDENT)
INCIDENT_CHANGES: Final = Statement(
    INCIDENT,
    "UPDATE incident i SET "
    + ", ".join(f"{c} = r.{c}" for c in (column.partition(":")[0] for column in INCIDENT.split()) if c not in _FIXED)
    + " FROM {rows} WHERE i.id = r.id",
)
NO_LONGER_LATEST: Final = Statement(
    "incident fingerprint:text",
    "UPDATE occurrence o SET scope = NULL FROM {rows}"
    " WHERE o.incident = r.incident AND o.fingerprint = r.fingerprint AND o.scope IS NOT NULL",
)
OCCURRENCES: Final = insert(
    "occurrence",
    "incident fingerprint:text starts severity:text post scope:bytea",
    # An ending so old that it was forgotten: Alertmanager says that it fires, so it does.
    "ON CONFLICT (incident, fingerprint, starts) DO UPDATE SET ends = NULL, post = excluded.post, scope = excluded.scope",
)
TOLD_ANEW: Final = Statement(
    "incident fingerprint:text post",
    "UPDATE occurrence o SET post = r.post FROM {rows}"
    " WHERE o.incident = r.incident AND o.fingerprint = r.fingerprint AND o.ends IS NULL",
)
ENDINGS: Final = Statement(
    "incident fingerprint:text ends through",
    "UPDATE occurrence o SET ends = greatest(o.starts, r.ends), scope = NULL FROM {rows}"
    " WHERE o.incident = r.incident AND o.fingerprint = r.fingerprint AND o.starts <= r.through AND o.ends IS NULL",
)
CLOSINGS: Final = Statement(
    "incident resolved",
    "UPDATE occurrence o SET ends = greatest(o.starts, r.resolved), scope = NULL FROM {rows}"
    " WHERE o.incident = r.incident AND o.ends IS NULL",
)
HELD_PAGES: Final = Statement(
    "incident at",
    "UPDATE outbox o SET state = 'skipped', done = r.at, reason = 'no longer wanted'"
    " FROM {rows} JOIN thread t ON t.incident = r.incident"
    " WHERE o.thread = t.id AND o.kind = 'page' AND o.state = 'pending'",
)
DROPPED_STEPS: Final = Statement(
    "incident kind:text", "DELETE FROM step s USING {rows} WHERE s.incident = r.incident AND s.kind = r.kind"
)
STEPS: Final = insert("step", "incident kind:text due position person:text after", "ON CONFLICT DO NOTHING")
EVENTS: Final = insert("event", "id incident at kind:text actor:text targets:text until count reason:text")
THREADS: Final = insert(
    "thread",
    "incident channel:text address:text secret recipient:text locale:text timezone:text",
    "ON CONFLICT DO NOTHING",
)
MESSAGES: Final = Statement(
    "number incident channel:text address:text lane:bytea kind:text event wanted",
    # Messages of a thread leave by their numbers, which follow the order of the rows.
    "INSERT INTO outbox (thread, lane, kind, event, wanted, due) SELECT t.id, r.lane, r.kind, r.event, r.wanted, r.wanted"
    " FROM {rows} JOIN thread t ON (t.incident, t.channel, t.address) = (r.incident, r.channel, r.address)"
    " ORDER BY r.number ON CONFLICT DO NOTHING",
)
SETTLEMENTS: Final = Statement(
    "state:text done due reason:text id attempt",
    "UPDATE outbox o SET state = r.state, lease = NULL, done = r.done, due = greatest(o.wanted, r.due), reason = r.reason"
    " FROM {rows} WHERE o.id = r.id AND o.attempt = r.attempt AND o.state = 'sending'",
)
OPENED: Final = Statement(
    "opened reference:text thread",
    # Only the first message is the thread's: what came later has a reference of its own.
    "UPDATE thread t SET opened = r.opened, reference = r.reference, refused = 0 FROM {rows}"
    " WHERE t.id = r.thread AND t.opened IS NULL",
)
GONE: Final = Statement("thread", "UPDATE thread t SET opened = NULL, reference = '' FROM {rows} WHERE t.id = r.thread")
REFUSED: Final = Statement("thread", "UPDATE thread t SET refused = 1 FROM {rows} WHERE t.id = r.thread")
LANES: Final = insert("pace", "lane:text free", "ON CONFLICT (lane) DO UPDATE SET free = excluded.free")
