"""Forward-only migrations: numbered files beside the code, the number of the last one in the database."""

from __future__ import annotations

import sqlite3
from importlib import resources

from alertkit.stores.base import StoreError


def scripts(folder: str) -> list[str]:
    """The migrations in order; the first makes everything."""
    files = (entry for entry in resources.files("alertkit.stores").joinpath(folder).iterdir() if entry.name.endswith(".sql"))
    return [entry.read_text("utf-8") for entry in sorted(files, key=lambda entry: entry.name)]


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database up to date, each step in a transaction of its own.

    Raises:
        StoreError: a newer alertkit has written it.
    """
    steps = scripts("sqlite_schema")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(steps):
        raise StoreError(f"the database has schema {version}, this alertkit knows {len(steps)}: use the newer alertkit")
    for number, script in enumerate(steps[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
