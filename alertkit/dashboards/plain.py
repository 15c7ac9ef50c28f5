"""Objects of grafanalib as plain JSON."""

from __future__ import annotations

from typing import Any

_SCALARS, _LISTS = frozenset((str, int, float, bool)), (list, tuple)


def plain(value: Any) -> Any:
    """Dictionaries, lists and scalars alone, without nulls. An object whose `json_is_plain` says so is taken at its word.

    Scalars, which most values are, are not worth a call.
    """
    if isinstance(value, dict):
        return {key: item if type(item) in _SCALARS else plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, _LISTS):
        return [item if type(item) in _SCALARS else plain(item) for item in value if item is not None]
    if isinstance(value, str | int | float):
        return value
    made = value.to_json_data()
    return made if getattr(value, "json_is_plain", False) else plain(made)
