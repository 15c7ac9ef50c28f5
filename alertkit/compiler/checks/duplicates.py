"""Names that must be unique: within the tenant, and against what the platform lends."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from alertkit import names
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope

_KEYS = {
    "services": "name",
    "alerts": "name",
    "slos": "name",
    "detections": "name",
    "teams": "name",
    "people": "id",
    "channels": "name",
    "schedules": "name",
    "escalation": "name",
}
_NAMED_AT_WILL = (("routing", "routes"), ("routing", "inhibit"), ("maintenance",))
"""Lists whose entries may have names, by which environments know them; below routes there are more."""
_LENT = ("teams", "schedules")


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Every second use of a name, every name that the platform has, every name that alertkit keeps for itself."""
    for section, key in _KEYS.items():
        yield from _repeated(data, section, key)
    yield from _repeated_records(data)
    for path in _NAMED_AT_WILL:
        yield from _repeated_at_will(data, path)
    for section in _LENT:
        lent = {entry["name"] for entry in scope.lent(section)}
        for index, entry in enumerate(data.get(section, [])):
            if entry["name"] in lent:
                message = f"{entry['name']!r} is one of the platform's {section}, which a tenant may name but not change"
                yield Finding((section, index, "name"), "AK303", message, "choose another name")
    for index, policy in enumerate(data.get("escalation", [])):
        if policy["name"] == names.POLICY_UNROUTED or policy["name"].startswith(names.OWNER_POLICY_PREFIX):
            message = f"policy {policy['name']!r}: alertkit makes policies of this name itself, for alerts that no route takes"
            yield Finding(("escalation", index, "name"), "AK303", message, "choose another name")


def _repeated(data: Data, section: str, key: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(data.get(section, [])):
        first = seen.setdefault(entry[key], index)
        if first != index:
            message = f"{section}: {key} {entry[key]!r} stands twice, as number {first + 1} and number {index + 1}"
            yield Finding((section, index, key), "AK302", message, "names are unique in a tenant")


def _repeated_at_will(data: Any, path: Path) -> Iterator[Finding]:
    entries = functools.reduce(lambda value, key: value.get(key, {}), path, data) or []
    yield from _repeated_among(entries, path)


def _repeated_among(entries: list[Data], path: Path) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        first = seen.setdefault(entry["name"], index) if "name" in entry else index
        if first != index:
            message = f"{path[-1]}: name {entry['name']!r} stands twice, as number {first + 1} and number {index + 1}"
            yield Finding((*path, index, "name"), "AK302", message, "an environment could mean either")
        yield from _repeated_among(entry.get("routes", []), (*path, index, "routes"))


def _repeated_records(data: Data) -> Iterator[Finding]:
    seen: dict[tuple[str, frozenset[tuple[str, str]]], int] = {}
    for index, entry in enumerate(data.get("records", [])):
        first = seen.setdefault((entry["record"], frozenset(entry.get("labels", {}).items())), index)
        if first != index:
            both = f"as number {first + 1} and number {index + 1}"
            message = f"records: {entry['record']!r} is recorded twice with the same labels, {both}"
            yield Finding(("records", index, "record"), "AK302", message, "two rules would write one series")
