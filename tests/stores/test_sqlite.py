"""What a store in a file owes beside the contract: one process, and a file that it understands."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from databases import SqliteFile
from test_store_contract import ROOM, T0, with_note

from alertkit.model.incident import Note
from alertkit.stores.base import Store, StoreError
from alertkit.stores.sqlite import SqliteStore


def test_a_second_process_is_refused_the_file(tmp_path: Path) -> None:
    async def story(_: Store) -> None:
        with pytest.raises(StoreError, match="in use"):
            await SqliteStore(tmp_path / "x.db").start()

    SqliteFile(tmp_path / "x.db").tell(story)


def test_a_schema_from_the_future_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="newer alertkit"):
        asyncio.run(SqliteStore(tmp_path / "x.db").start())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot open"):
        asyncio.run(SqliteStore(tmp_path / "x.db").start())


def test_after_a_restart_nothing_is_left_that_nobody_sends(tmp_path: Path) -> None:
    """The lock says that whoever was sending is gone, so nobody waits for the lease."""

    async def before(store: Store) -> None:
        assert await with_note(store, Note("page", ROOM, T0))

    async def after(store: Store) -> None:
        assert len(await store.orphans(T0)) == 1

    SqliteFile(tmp_path / "x.db").tell(before)
    SqliteFile(tmp_path / "x.db").tell(after)
