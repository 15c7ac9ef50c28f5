"""The file of the SQLite store: how it is opened, its schema, and the lock that keeps others out."""

from __future__ import annotations

import fcntl
import sqlite3
from pathlib import Path
from typing import IO

from alertkit.stores.base import StoreError
from alertkit.stores.migrations import missing

# What is forgotten is given back (only a new file takes `auto_vacuum`), and the journal of a busy hour is cut.
_PRAGMAS = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "journal_size_limit = 67108864",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    "busy_timeout = 250",
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection for transactions that begin and end when we say so, on whichever thread."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)


def prepare(db: sqlite3.Connection) -> None:
    """Settle how it writes, and bring the schema up to date.

    Raises:
        StoreError: a newer alertkit has written it.
    """
    for pragma in _PRAGMAS:
        db.execute(f"PRAGMA {pragma}")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    for number, script in missing("sqlite_schema", version):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def identity(path: Path) -> tuple[int, int]:
    """Which file is there now: another one, or none, has another identity."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_dev, stat.st_ino)


def lock(database: Path) -> IO[str]:
    """Two receivers on one file would both page: the lock goes with the process, however it ends.

    Raises:
        StoreError: another process has it.
    """
    file = database.with_name(database.name + ".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StoreError(f"{database} is in use by another alertkit serve: one receiver a file") from error
    return file
