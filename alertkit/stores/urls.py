"""The store that a database's URL names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from alertkit.errors import MissingTool, UsageError
from alertkit.stores.base import Store

Maker = Callable[[str], Store]
"""Makes a store from the whole URL."""


def open_store(database: str) -> Store:
    """The store of a URL by its scheme: ours, or another package's entry point of the group `alertkit.stores`, a Maker.

    Raises:
        UsageError: the URL is of no kind that is known.
        MissingTool: what it needs is not installed.
    """
    scheme, _, _ = database.partition("://")
    makers = {**_installed(), **_MAKERS}
    if scheme not in makers or scheme == database:
        # What was given is not repeated: it may hold a password.
        raise UsageError(f"--database is no URL that starts with {', '.join(f'{name}://' for name in sorted(makers))}")
    return makers[scheme](database)


def _sqlite(url: str) -> Store:
    from alertkit.stores.sqlite import SqliteStore

    path = url.removeprefix("sqlite://")
    if not path.startswith("/") or len(path) < 2:
        raise UsageError(f"--database {url!r} is not sqlite:///relative.db or sqlite:////absolute.db")
    return SqliteStore(Path(path[1:]))


def _postgres(url: str) -> Store:
    try:
        from alertkit.stores.postgres import PostgresStore
    except ImportError as error:
        # psycopg without a libpq is an ImportError of its own.
        raise MissingTool("a PostgreSQL database needs psycopg: pip install 'alertkit[postgres]'") from error
    return PostgresStore(url)


_MAKERS: Mapping[str, Maker] = {"postgres": _postgres, "postgresql": _postgres, "sqlite": _sqlite}


def _installed() -> dict[str, Maker]:
    return {point.name: point.load() for point in entry_points(group="alertkit.stores")}
