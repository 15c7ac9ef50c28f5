"""Entries that an environment leaves out: they must be there, and nothing else is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.reading.merge import REMOVE, identity
from alertkit.compiler.scope import Data, Scope

_NAMED = "give the tenant's entry a name, and say it here; or write the whole list as it shall be"


def check(data: Data, _scope: Scope) -> Iterator[Finding]:
    """`remove` outside of environments, of entries that are not there, and beside other keys."""
    base = {key: value for key, value in data.items() if key != "environments"}
    for path in _marks(base):
        message = "only an environment leaves an entry out"
        yield Finding((*path, REMOVE), "AK308", message, "remove the entry itself, or do it under environments", on_key=True)
    for name, partial in data.get("environments", {}).items():
        yield from _idle(base, partial, ("environments", name))


def _marks(value: Data | list[Any]) -> list[Path]:
    """Where something is marked: a list, because generators within generators are slow on a large definition."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    below = [(key, *path) for key, inner in entries if isinstance(inner, (dict, list)) for path in _marks(inner)]
    return [(), *below] if isinstance(value, dict) and value.get(REMOVE) is True else below


def _idle(base: Any, partial: Any, path: Path) -> Iterator[Finding]:
    """What the partial removes although the base does not have it, or says more of."""
    if isinstance(partial, dict):
        for key, inner in partial.items():
            yield from _idle(base.get(key) if isinstance(base, dict) else None, inner, (*path, key))
    elif isinstance(partial, list):
        entries = [entry for entry in base if isinstance(entry, dict)] if isinstance(base, list) else []
        known = {found: entry for entry in reversed(entries) if (found := identity(entry))}
        for index, entry in enumerate(partial):
            if isinstance(entry, dict):
                yield from _entry(known, entry, (*path, index))


def _entry(known: dict[tuple[str, str], Any], entry: Data, path: Path) -> Iterator[Finding]:
    found = identity(entry)
    if entry.get(REMOVE) is not True:
        yield from _idle(known.get(found) if found else None, entry, path)
        return
    if found is None:
        yield Finding((*path, REMOVE), "AK308", "an entry is left out by its name, and this has none", _NAMED, on_key=True)
        return
    key, name = found
    if found not in known:
        hint = did_you_mean(name, (value for _, value in known))
        yield Finding((*path, key), "AK308", f"there is no {name!r} to leave out", hint)
    others = [other for other in entry if other not in (key, REMOVE)]
    if others:
        message = f"{name!r} is left out, so {others[0]!r} would do nothing"
        yield Finding((*path, others[0]), "AK308", message, f"keep {key} and {REMOVE} alone", on_key=True)
