"""Objects of grafanalib as plain JSON."""

from __future__ import annotations

from typing import Any

_SCALARS, _LISTS = frozenset((str, int, float, bool)), (list, tuple)


def plain(value: Any) -> Any:
    """Dictionaries, lists and scalars alone, without nulls. Scalars, which most values are, are not worth a call."""
    if isinstance(value, dict):
        return {key: item if type(item) in _SCALARS else plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, _LISTS):
        return [item if type(item) in _SCALARS else plain(item) for item in value if item is not None]
    if isinstance(value, str | int | float):
        return value
    return plain(value.to_json_data())
