"""A database that an older alertkit has written is brought up to date, with everything in it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import postgres_server
import psycopg
import pytest
from databases import PostgresDatabase, SqliteFile
from test_same_story import made
from test_store_contract import T0
from write_schemas import FOLDER, missing

from alertkit.model.incident import Post
from alertkit.receiver.incidents import fold
from alertkit.stores.base import Listing, Store
from alertkit.stores.migrations import scripts
from alertkit.stores.postgres import PostgresStore

SQLITE = [pytest.param(file, id=file.stem) for file in sorted(FOLDER.glob("sqlite_schema_*.sql"))]
POSTGRES = [pytest.param(file, id=file.stem) for file in sorted(FOLDER.glob("postgres_schema_*.sql"))]
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = current_schema() ORDER BY 1, 2
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace ORDER BY 1, 2
"""
INDEXES = """
    SELECT indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
    WHERE schemaname = current_schema() ORDER BY 1
"""


async def holds_what_was_written(store: Store) -> None:
    found = {incident.group["group"]: incident for incident in await store.incidents(Listing())}
    assert {group: incident.state for group, incident in found.items()} == {"x": "acknowledged", "y": "firing", "z": "resolved"}
    assert found["x"].acknowledged_by == "jo"
    recorded = (await store.alerts(found["x"].id)).recorded
    assert [(one.occurrence.fingerprint[0], one.ends is None) for one in recorded] == [("a", False), ("b", True)]
    story = await store.story(found["x"].id)
    assert [event.kind for event in story.events] == ["opened", "acknowledged"]
    assert "sent" in {told.state for told in story.told}
    assert await store.next_due() is not None
    await store.ingest(standard("new", "b"), fold)
    assert len(await store.incidents(Listing())) == 3, "an alert that was open stays where it is"
    await store.ingest(standard("new", "e"), fold)
    assert {incident.group["group"] for incident in await store.incidents(Listing())} == {"x", "y", "z", "new"}


def standard(group: str, name: str) -> Post:
    """A post of one alert that fires, as the story in the file had them."""
    return made(group, [(name, True, 0, "critical")], False, T0)


@pytest.mark.parametrize("file", SQLITE)
def test_a_file_of_an_older_schema_is_brought_up_to_date_with_all_that_is_in_it(file: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db")) as db:
        db.executescript(file.read_text())
    SqliteFile(tmp_path / "x.db").tell(holds_what_was_written)
    SqliteFile(tmp_path / "fresh.db").tell(nothing)
    assert sqlite_schema(tmp_path / "x.db") == sqlite_schema(tmp_path / "fresh.db"), CHANGED
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db")) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_alert_that_had_come_back_is_open_once_afterwards(tmp_path: Path) -> None:
    """Schemas up to the sixth left open what it was before, until the end of what it became."""
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db")) as db:
        db.executescript((FOLDER / "sqlite_schema_0006.sql").read_text())
        again = "INSERT INTO occurrence SELECT incident, fingerprint, starts + ?, NULL, severity, post FROM occurrence WHERE {}"
        db.execute(again.format("fingerprint LIKE 'b%'"), (60_000_000,))
        db.commit()
        kept = db.execute("SELECT count(*) FROM occurrence").fetchone()
    SqliteFile(tmp_path / "x.db").tell(nothing)
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db")) as db:
        assert db.execute("SELECT count(*) FROM occurrence").fetchone() == kept
        first, second = db.execute("SELECT starts, ends FROM occurrence WHERE fingerprint LIKE 'b%' ORDER BY starts").fetchall()
    assert first[1] == second[0] == first[0] + 60_000_000
    assert second[1] is None


@pytest.mark.parametrize("file", POSTGRES)
def test_a_database_of_an_older_schema_is_brought_up_to_date_with_all_that_is_in_it(
    file: Path, postgres: postgres_server.Server
) -> None:
    old, fresh = PostgresDatabase(postgres.database()), PostgresDatabase(postgres.database())
    old.execute(file.read_text())
    old.tell(holds_what_was_written)
    fresh.tell(nothing)
    assert postgres_schema(old.url) == postgres_schema(fresh.url), CHANGED


def test_two_replicas_that_start_at_once_bring_it_up_to_date_once(postgres: postgres_server.Server) -> None:
    database = PostgresDatabase(postgres.database())
    database.execute(POSTGRES[0].values[0].read_text())  # type: ignore[union-attr]

    async def start() -> None:
        stores = [PostgresStore(database.url) for _ in range(3)]
        await asyncio.gather(*(store.start() for store in stores))
        await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(start())
    with psycopg.connect(database.url) as db:
        found = [number for (number,) in db.execute("SELECT version FROM alertkit_schema ORDER BY 1")]
    assert found == list(range(1, len(scripts("postgres_schema")) + 1))


@pytest.mark.parametrize("folder", ["sqlite_schema", "postgres_schema"])
def test_of_every_version_a_database_is_kept(folder: str) -> None:
    assert missing(folder) == [], "run: PYTHONPATH=tests python tests/stores/write_schemas.py"


CHANGED = "a migration was edited: databases that have it already will never see that; add another instead"


async def nothing(_: Store) -> None:
    return


def sqlite_schema(path: Path) -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").fetchall()
        return {(name, " ".join(text.replace('"', "").split())) for name, text in found}


def postgres_schema(url: str) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(url) as db:
        return [db.execute(query.encode()).fetchall() for query in (COLUMNS, CONSTRAINTS, INDEXES)]
