"""Pieces of the JSON that today's Grafana writes itself, for our own panels and for the normaliser of everybody else's."""

from __future__ import annotations

import itertools
import string
from collections.abc import Collection, Iterator
from typing import Any

Json = dict[str, Any]

_LINK: Json = {
    "asDropdown": False,
    "icon": "",
    "includeVars": False,
    "keepTime": False,
    "tags": [],
    "targetBlank": False,
    "tooltip": "",
    "type": "link",
}
"""What Grafana's type of a link wants, also on panels."""


def link(given: Json) -> Json:
    """A panel's link with everything that Grafana's type of it wants."""
    return {**_LINK, **given}


def steps(given: Any) -> list[Json]:
    """Ascending thresholds over a base whose value is null: the only null that Grafana's schema asks for."""
    found = [step for step in given or () if isinstance(step, dict)] or [{"color": "green"}]
    base = next((step for step in found if not isinstance(step.get("value"), int | float)), None)
    above = sorted((step for step in found if isinstance(step.get("value"), int | float)), key=lambda one: float(one["value"]))
    first = {"color": base["color"] if base else "transparent", "value": None}
    return [first, *({"color": step["color"], "value": step["value"]} for step in above)]


def override(given: Json) -> Json:
    """An override whose thresholds have a base as well."""
    properties = [
        {**one, "value": {**one["value"], "steps": steps(one["value"].get("steps"))}} if one["id"] == "thresholds" else one
        for one in given.get("properties", [])
    ]
    return {**given, "properties": properties}


def references(used: Collection[str | None]) -> Iterator[str]:
    """The refIds of queries, A, B, …, Z, AA, BB, …, that none of the others has."""
    doubled = (letter * times for times in itertools.count(2) for letter in string.ascii_uppercase)
    return itertools.filterfalse(used.__contains__, itertools.chain(string.ascii_uppercase, doubled))
