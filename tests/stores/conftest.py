"""The stores, one after the other, for whoever asks for a `database`."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import Database, PostgresDatabase, SqliteFile


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return SqliteFile(tmp_path / "x.db")
    return PostgresDatabase(request.getfixturevalue("postgres").database())
