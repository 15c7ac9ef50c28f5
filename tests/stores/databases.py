"""A place for each kind of store, with what tests do to it from outside."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import psycopg

from alertkit.stores.base import Store
from alertkit.stores.postgres import PostgresStore
from alertkit.stores.sqlite import SqliteStore

Story = Callable[[Store], Awaitable[None]]


class Database(Protocol):
    """`refusal` is what the database raises when a constraint is broken."""

    refusal: type[Exception]

    def store(self) -> Store: ...

    def tell(self, story: Story) -> None: ...

    def execute(self, statement: str) -> None: ...


class SqliteFile:
    refusal: type[Exception] = sqlite3.IntegrityError

    def __init__(self, path: Path) -> None:
        self._path = path

    def store(self) -> Store:
        return SqliteStore(self._path)

    def tell(self, story: Story) -> None:
        tell(self.store(), story)

    def execute(self, statement: str) -> None:
        db = sqlite3.connect(self._path)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute(statement)
            db.commit()
        finally:
            db.close()


class PostgresDatabase:
    refusal: type[Exception] = psycopg.errors.IntegrityError

    def __init__(self, url: str) -> None:
        self.url = url

    def store(self) -> Store:
        return PostgresStore(self.url)

    def tell(self, story: Story) -> None:
        tell(self.store(), story)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url) as db:
            db.execute(statement.encode())


def tell(store: Store, story: Story) -> None:
    """Open a store, let something happen to it, close it."""

    async def play() -> None:
        await store.start()
        try:
            await story(store)
        finally:
            await store.close()

    asyncio.run(play())
