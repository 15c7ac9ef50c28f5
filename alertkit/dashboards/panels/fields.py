"""How single fields look: overrides, mappings of values, and what a table does with its columns."""

from __future__ import annotations

from typing import Any

from alertkit.dashboards.current import Json


def override(field: str, **properties: Any) -> Json:
    """An override of the field with this name; `__` in a property's name stands for a dot: `custom__width=90`."""
    rules = [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]
    return {"matcher": {"id": "byName", "options": field}, "properties": rules}


def override_query(ref: str, **properties: Any) -> Json:
    """An override of everything that the query `ref` returns."""
    return {**override("", **properties), "matcher": {"id": "byFrameRefID", "options": ref}}


def value_mapping(names: dict[str, tuple[str, str]]) -> Json:
    """Value → (text, colour)."""
    options = {value: {"color": color, "index": i, "text": text} for i, (value, (text, color)) in enumerate(names.items())}
    return {"type": "value", "options": options}


def range_mapping(least: float, most: float, text: str, color: str) -> Json:
    """Values from `least` to `most` → text and colour."""
    return {"type": "range", "options": {"from": least, "to": most, "result": {"color": color, "index": 0, "text": text}}}


def organise(names: dict[str, str], hidden: tuple[str, ...] = ()) -> Json:
    """The transformation that names columns, in this order, and hides others."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "includeByName": {},
            "indexByName": {name: i for i, name in enumerate(names)},
            "renameByName": names,
        },
    }


def only(names: tuple[str, ...]) -> Json:
    """The transformation that keeps these columns."""
    return {"id": "filterFieldsByName", "options": {"include": {"names": list(names)}}}
