"""Where the database is, how it is spoken to, and its schema."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import StrDumper
from psycopg_pool import ConnectionPool

from alertkit.errors import UsageError
from alertkit.stores.base import StoreError
from alertkit.stores.migrations import missing

OLDEST: Final = 130_000
"""PostgreSQL 13, as its server tells its version."""
LIFETIME: Final = 600.0
"""Seconds after which a connection is replaced."""
MIGRATION: Final = 0x616C6572746B6974
"""The advisory lock that is held while the schema is brought up to date: the bytes of `alertkit`."""

# A server that is gone is noticed, and a name in pg_stat_activity says who is there.
_DEFAULTS: Final = {
    "application_name": "alertkit",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
# A replica that stops in the middle of a transaction must not keep its locks, and nobody waits for ever for somebody else's.
_SESSION: Final = {
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "4s",
    "statement_timeout": "30s",
    "timezone": "UTC",
}


# What psycopg and its pool would write on standard error, the store says itself, to whoever asked.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


class _Text(StrDumper):
    """PostgreSQL keeps every character but one."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def target(url: str) -> str:
    """What libpq is told. What goes wrong here never repeats the URL: it may hold a password.

    Raises:
        UsageError: it is no URL that libpq understands.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        problem = "--database is not postgresql://user@host:5432/name with parameters that libpq knows"
        raise UsageError(problem) from None
    return make_conninfo(**_DEFAULTS | {name: str(value) for name, value in given.items() if value is not None})


def pool(
    conninfo: str, connections: int, patience: float, connected: Callable[[psycopg.Connection[Any]], None]
) -> ConnectionPool[psycopg.Connection[Any]]:
    """Connections for transactions that `commit` ends, each handed to `connected` first. One that breaks is replaced at once."""
    found: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
        conninfo,
        min_size=1,
        max_size=connections,
        configure=connected,
        max_lifetime=LIFETIME,
        timeout=patience,
        reconnect_timeout=patience,
        name="alertkit",
        open=True,
    )
    return found


def configure(db: psycopg.Connection[Any]) -> None:
    """What every session of ours is like."""
    db.isolation_level = IsolationLevel.READ_COMMITTED
    db.adapters.register_dumper(str, _Text)
    for name, value in _SESSION.items():
        db.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    # An answer says that it is on disk; a server that answers earlier is told not to.
    db.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
    db.commit()


def server_time(db: psycopg.Connection[Any]) -> float:
    """The server's clock, in seconds since 1970."""
    found = db.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    db.commit()
    return float(found[0]) if found else 0.0


def prepare(conninfo: str) -> None:
    """Connect once, and bring the schema up to date: one replica after the other, each step in a transaction of its own.

    Raises:
        StoreError: the server does not answer or refuses, is too old, or holds the schema of a newer alertkit.
    """
    try:
        with psycopg.connect(conninfo, autocommit=True) as db:
            if db.info.server_version < OLDEST:
                raise StoreError(f"PostgreSQL {db.info.server_version // 10_000} is too old: 13 is the oldest that will do")
            db.execute("SELECT pg_advisory_lock(%s)", [MIGRATION])
            _migrate(db)
    except psycopg.Error as error:
        raise StoreError(f"cannot open the database: {sentence(error)}") from error


def sentence(error: psycopg.Error) -> str:
    """What libpq says, on one line."""
    return " ".join(str(error).split())


def _migrate(db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE IF NOT EXISTS alertkit_schema (version bigint NOT NULL)")
    found = db.execute("SELECT max(version) FROM alertkit_schema").fetchone()
    for number, script in missing("postgres_schema", (found[0] or 0) if found else 0):
        with db.transaction():
            db.execute(script.encode())
            db.execute("INSERT INTO alertkit_schema (version) VALUES (%s)", [number])
