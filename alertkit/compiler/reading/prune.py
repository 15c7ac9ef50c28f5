"""A definition without what its schema refuses, so that the rest can still be checked for its meaning in the same run.

What is wrong is left out: the key, or the entry of a list; then, round by round, what cannot do without it. Where something
else can stand in for it, the rest of the entry is still checked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from alertkit import names
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.reading import schema

_ROUNDS = 8
"""The deepest key is this far below its section."""
_NAMED = ("services", "alerts", "teams", "people", "channels", "schedules", "escalation")
"""Sections whose entries other sections name."""
_STAND_INS = {"version": names.DEFINITION_VERSION, "title": "?", "locale": "en", "timezone": "UTC"}
_OF_ENTRIES = {
    "alerts": {"severity": "critical", "summary": "?"},
    "detections": {"severity": "critical"},
}
"""By section, what stands in for keys of its entries: values in which nothing can be wrong."""


class Pruned:
    """What is left, and how to find its way back: `data` is None when too little is left to be checked.

    `dropped_names` are those of entries that are left out; with `lost_names` a whole section of them is gone.
    """

    def __init__(self, data: Any, findings: Iterable[Finding], tenant: str) -> None:
        self.data: Any = copy.deepcopy(data)
        self.dropped_names: set[str] = set()
        self.lost_names = False
        self._kept: dict[Path, list[int]] = {}
        todo = list(findings)
        for _ in range(_ROUNDS):
            if not todo or not isinstance(self.data, dict):
                break
            self._drop({finding.path for finding in todo})
            self.data = {**_STAND_INS, "tenant": tenant, **self.data}
            todo = schema.check("tenant", self.data)
        if todo:
            self.data = None

    def original(self, path: Path) -> Path:
        """The path in the whole definition of a path in what is left."""
        result: Path = ()
        for part in path:
            kept = self._kept.get(result)
            result = (*result, kept[part] if kept is not None and isinstance(part, int) else part)
        return result

    def _drop(self, paths: set[Path]) -> None:
        """Leave out the value at each path."""
        # From the end of each list, so that the entries before keep their numbers.
        for path in sorted(paths, key=_order, reverse=True):
            self._remove(path)

    def _remove(self, path: Path) -> None:
        if not path:
            return
        parent = self.data
        for part in path[:-1]:
            parent = _child(parent, part)
        if isinstance(parent, list) and isinstance(path[-1], int):
            if not _filled(path, parent):
                self._remember(path, parent)
        elif isinstance(parent, dict) and _stands_in(path):
            parent[path[-1]] = _stands_in(path)
        elif isinstance(parent, dict):
            parent.pop(path[-1], None)
            self.lost_names |= path[-1] in _NAMED and len(path) == 1

    def _remember(self, path: Path, parent: list[Any]) -> None:
        index = path[-1]
        if not isinstance(index, int) or index >= len(parent):
            return
        kept = self._kept.setdefault(self.original(path[:-1]), list(range(len(parent))))
        entry = parent.pop(index)
        kept.pop(index)
        if isinstance(entry, dict):
            self.dropped_names |= {value for key in ("name", "id") if isinstance(value := entry.get(key), str)}


def _stands_in(path: Path) -> str:
    """What stands in for the value of a key of an entry, or nothing."""
    return _OF_ENTRIES.get(str(path[0]), {}).get(str(path[2]), "") if len(path) == 3 else ""


def _filled(path: Path, section: list[Any]) -> bool:
    """Fill what an entry lacks and something can stand in for; False when there is nothing."""
    index = path[-1]
    entry = section[index] if isinstance(index, int) and index < len(section) else None
    if len(path) != 2 or not isinstance(entry, dict):
        return False
    lacking = {key: value for key, value in _OF_ENTRIES.get(str(path[0]), {}).items() if key not in entry}
    entry.update(lacking)
    return bool(lacking)


def _order(path: Path) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in path]


def _child(parent: Any, part: str | int) -> Any:
    if isinstance(parent, list):
        return parent[part] if isinstance(part, int) and part < len(parent) else {}
    return parent.get(part, {}) if isinstance(parent, dict) else {}
