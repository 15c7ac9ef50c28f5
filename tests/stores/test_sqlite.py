"""What a store in a file owes beside the contract: one process, and a file that it understands."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest
from databases import SqliteFile
from test_store_contract import ROOM, T0, with_note

from alertkit.model.incident import Changes, Note
from alertkit.stores.base import End, Settlement, Store, StoreError
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


def test_no_statement_about_messages_reads_a_whole_table(tmp_path: Path) -> None:
    """Messages are kept for weeks: a pass of the worker must not grow with them."""
    planned: list[str] = []

    async def story(store: Store) -> None:
        assert isinstance(store, SqliteStore)
        db, said = store._db, list[str]()
        db.set_trace_callback(said.append)
        (outgoing,) = await with_note(store, Note("page", ROOM, T0))
        await store.settle([End(outgoing, Settlement("sent", T0, "1"))])
        await store.decide(1, T0, lambda *_: Changes(quiet=True))
        await store.orphans(T0)
        await store.next_due()
        await store.story(1)
        db.set_trace_callback(None)
        for statement in (one for one in said if "outbox" in one):
            planned.extend(step[3] for step in db.execute(f"EXPLAIN QUERY PLAN {statement}"))

    SqliteFile(tmp_path / "x.db").tell(story)
    assert "SEARCH o USING INDEX outbox_sending (lease<?)" in planned
    assert [one for one in planned if re.match(r"SCAN (o|e|t|i|l|outbox|event|thread|incident)\b", one)] == []
