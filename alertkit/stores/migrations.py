"""Forward-only migrations: numbered files beside the code, the number of the last one in the database."""

from __future__ import annotations

from importlib import resources

from alertkit.stores.base import StoreError


def scripts(folder: str) -> list[str]:
    """The migrations in order; the first makes everything."""
    files = (entry for entry in resources.files("alertkit.stores").joinpath(folder).iterdir() if entry.name.endswith(".sql"))
    return [entry.read_text("utf-8") for entry in sorted(files, key=lambda entry: entry.name)]


def missing(folder: str, version: int) -> list[tuple[int, str]]:
    """The migrations that a database of this version lacks, with their numbers; each belongs in a transaction of its own.

    Raises:
        StoreError: a newer alertkit has written it.
    """
    known = scripts(folder)
    if version > len(known):
        raise StoreError(f"the database has schema {version}, this alertkit knows {len(known)}: use the newer alertkit")
    return list(enumerate(known, start=1))[version:]
