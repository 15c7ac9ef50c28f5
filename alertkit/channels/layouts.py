"""Where a channel's layouts come from: `<overrides>/<tenant>/<name>`, else `<overrides>/platform/<name>`, else the shipped.

An own layout is read again when its file changes; ours is read once, like code. One that cannot be read, or fails on a message,
is passed over for the next and named in `problems`: what an administrator got wrong must never keep a page from being sent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from alertkit import paths, resources
from alertkit.channels.templates import LayoutError

L = TypeVar("L")
R = TypeVar("R")

_LARGEST = 64 * 1024


class _Known(NamedTuple):
    changed: int
    layout: Any


class Layouts:
    """The layouts below `shipped`, with administrators' own below `overrides` before them."""

    def __init__(self, overrides: Path | None = None, shipped: Path | None = None) -> None:
        self._shipped = shipped or resources.root() / "templates"
        self._overrides = overrides
        self._known: dict[Path, _Known] = {}
        self._places: dict[tuple[str, str], tuple[Path, ...]] = {}
        self._ours: dict[str, Any] = {}
        self.problems: dict[Path, str] = {}

    def drawn(
        self, tenant: str, name: str, read: Callable[[str], L], draw: Callable[[L], R], check: Callable[[R], None] | None = None
    ) -> R:
        """What the first usable layout of that name draws. `check` raises LayoutError on what an own layout must not draw.

        Raises:
            LayoutError: not even the shipped one can be used.
        """
        for path in self._paths(tenant, name):
            layout = self._layout(path, read)
            if layout is None:
                continue
            try:
                drawn = draw(layout)
                if check is not None:
                    check(drawn)
            except LayoutError as error:
                self.problems[path] = str(error)
            else:
                return drawn
        return draw(self._shipped_one(name, read))

    def _shipped_one(self, name: str, read: Callable[[str], L]) -> L:
        layout: L | None = self._ours.get(name)
        if layout is None:
            path = self._shipped / name
            layout = self._ours[name] = self._layout(path, read)
            if layout is None:
                raise LayoutError(f"{path}: {self.problems.get(path, 'is missing')}")
        return layout

    def _paths(self, tenant: str, name: str) -> tuple[Path, ...]:
        """Where to look for an own one, in order."""
        found = self._places.get((tenant, name))
        if found is None:
            folders = paths.override_folders(self._overrides, tenant)
            found = self._places[tenant, name] = tuple(folder / name for folder in folders)
        return found

    def _layout(self, path: Path, read: Callable[[str], L]) -> L | None:
        """The layout of a file; None when there is none, or none that can be used."""
        try:
            changed = path.stat().st_mtime_ns
            known = self._known.get(path)
            if known is None or known.changed != changed:
                self.problems.pop(path, None)
                known = self._known[path] = _Known(changed, None)
                known = self._known[path] = _Known(changed, read(_text(path)))
        except FileNotFoundError:
            self._known.pop(path, None)
            self.problems.pop(path, None)
            return None
        except (OSError, ValueError, LayoutError) as error:
            self.problems[path] = str(error)
            return None
        layout: L | None = known.layout
        return layout


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise LayoutError(f"longer than {_LARGEST} characters")
    return text
