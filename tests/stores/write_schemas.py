"""Writes tests/stores/schemas/: a database of each version of each schema, as text, with what a store of then would have kept.

Run it when a migration is added: `PYTHONPATH=tests python tests/stores/write_schemas.py`. Files that are there are left alone: a
migration that is in use is never edited.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import postgres_server
import psycopg
from psycopg import sql
from test_same_story import Teller

from alertkit.stores.base import Store
from alertkit.stores.migrations import scripts
from alertkit.stores.postgres import PostgresStore
from alertkit.stores.sqlite import SqliteStore

FOLDER = Path(__file__).parent / "schemas"
STORY: list[tuple[str, Any]] = [
    ("posts", [("x", [("a", True, 0, "critical"), ("b", True, 0, "warning")], False), ("y", [("c", True, 0, "odd")], False)]),
    ("posts", [("z", [("d", True, 0, "critical")], False)]),
    ("plan", 3),
    ("send", "sent"),
    ("acknowledge", 1),
    ("wait", 60),
    ("posts", [("x", [("a", False, 0, "critical")], True)]),
    ("resolve", 3),
]
ORDER = [
    "post",
    "pinned_policy",
    "incident",
    "occurrence",
    "step",
    "event",
    "thread",
    "lane",
    "outbox",
    "pace",
    "duty_override",
    "heartbeat",
]
"""Tables, parents first."""


async def tell(store: Store) -> None:
    teller = Teller(store)
    await store.start()
    for what, how in STORY:
        await teller.happen(what, how)
    await store.close()


def write_sqlite(file: Path, version: int, latest: Path) -> None:
    db = sqlite3.connect(":memory:")
    for script in scripts("sqlite_schema")[:version]:
        db.executescript(script)
    db.execute("ATTACH ? AS latest", [str(latest)])
    for table in ORDER:
        then, now = ([row[1] for row in db.execute(f"PRAGMA {s}.table_info({table})")] for s in ("main", "latest"))
        if columns := ", ".join(column for column in then if column in now):
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM latest.{table}")
    db.commit()
    db.execute("DETACH latest")
    file.write_text("\n".join([*db.iterdump(), f"PRAGMA user_version = {version};", ""]))
    db.close()


def write_postgres(file: Path, version: int, server: postgres_server.Server, latest: str) -> None:
    steps = scripts("postgres_schema")[:version]
    lines = [*steps, "CREATE TABLE alertkit_schema (version bigint NOT NULL);"]
    lines += [f"INSERT INTO alertkit_schema (version) VALUES ({number});" for number in range(1, version + 1)]
    with psycopg.connect(server.database()) as then, psycopg.connect(latest) as now:
        for step in steps:
            then.execute(step.encode())
        for table in ORDER:
            lines += list(rows_of(table, columns(then, table), columns(now, table), now))
    file.write_text("\n".join([*lines, ""]))


def columns(db: psycopg.Connection[Any], table: str) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    return [name for (name,) in db.execute(query, [table])]


def rows_of(table: str, then: list[str], now: list[str], db: psycopg.Connection[Any]) -> list[str]:
    kept = [column for column in then if column in now]
    if not kept:
        return []
    names = ", ".join(kept)
    found = db.execute(f"SELECT {names} FROM {table} ORDER BY 1".encode()).fetchall()
    values = [sql.SQL(", ").join(map(sql.Literal, row)).as_string(db) for row in found]
    lines = [f"INSERT INTO {table} ({names}) VALUES ({row});" for row in values]
    if kept[0] == "id" and found:
        lines.append(f"SELECT setval('{table}_id_seq', {found[-1][0]});")
    return lines


def missing(folder: str) -> list[tuple[int, Path]]:
    wanted = [(n, FOLDER / f"{folder}_{n:04}.sql") for n in range(1, len(scripts(folder)) + 1)]
    return [(number, file) for number, file in wanted if not file.exists()]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        latest = Path(folder) / "latest.db"
        asyncio.run(tell(SqliteStore(latest)))
        for number, file in missing("sqlite_schema"):
            write_sqlite(file, number, latest)
    binaries = postgres_server.programs()
    if binaries is None:
        raise SystemExit("PostgreSQL's initdb is not installed (Debian package postgresql)")
    with postgres_server.running(binaries) as server:
        url = server.database()
        asyncio.run(tell(PostgresStore(url)))
        for number, file in missing("postgres_schema"):
            write_postgres(file, number, server, url)


if __name__ == "__main__":
    main()
