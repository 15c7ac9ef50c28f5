"""What generating changes, rule by rule: what a reviewer wants to read instead of a text diff."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from alertkit import paths
from alertkit.compiler.reading.load import load_file
from alertkit.compiler.writing import manifest as manifests
from alertkit.compiler.writing import render
from alertkit.compiler.writing.manifest import Manifest
from alertkit.compiler.writing.write import FileChange
from alertkit.errors import Problem, ProblemsFound, any_error
from alertkit.model.document import plain
from alertkit.model.rules import RuleGroup

Sign = Literal["+", "~", "-"]
_SHOWN = 120
_AROUND = 24
GENERATED_LIMIT = 64 * 1024 * 1024


class FieldChange(msgspec.Struct, frozen=True):
    """What changes in a rule, whole: `field` is such as `expr` or `labels.severity`; None where it was not or will not be."""

    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """In a line, what stays the same left out."""
        return f"{self.field}: {_difference(_text(self.before), _text(self.after))}"


class RuleChange(msgspec.Struct, frozen=True):
    """One rule that comes, changes or goes; `source` is `file:line` of the definition that asks for it."""

    sign: Sign
    rule: str
    changes: tuple[FieldChange, ...] = ()
    source: str = ""


class TenantPlan(msgspec.Struct, frozen=True):
    """What happens to one tenant. With `problems` of level error its files stay as they are; `kept` says that there are some."""

    tenant: str
    files: tuple[FileChange, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: dict[str, int] = {}
    load: float = 0.0
    recompiled: bool = True
    kept: bool = False

    @property
    def failed(self) -> bool:
        """True when the tenant keeps its last good files."""
        return any_error(self.problems)

    @property
    def changed(self) -> bool:
        """True when a file is written or removed."""
        return any(change.fate != "unchanged" for change in self.files)


class Plan(msgspec.Struct, frozen=True):
    """What happens to everything; `assembled` are the files that belong to no tenant.

    `load` is how many rules Prometheus will evaluate a second; it and the two counts take in tenants that were not asked for.
    """

    tenants: tuple[TenantPlan, ...]
    assembled: tuple[FileChange, ...] = ()
    load: float = 0.0
    tenants_in_all: int = 0
    routes_in_all: int = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem of every tenant, by place."""
        return tuple(sorted(problem for tenant in self.tenants for problem in tenant.problems))

    @property
    def failed(self) -> bool:
        """True when at least one tenant keeps its last good files."""
        return any(tenant.failed for tenant in self.tenants)

    @property
    def changed(self) -> bool:
        """True when a file is written or removed."""
        return any(change.fate != "unchanged" for change in self.assembled) or any(tenant.changed for tenant in self.tenants)


def rule_changes(out: Path, groups: Iterable[RuleGroup], current: Manifest, previous: Manifest | None) -> tuple[RuleChange, ...]:
    """The difference between what was generated last and what would be now."""
    before = previous.rules if previous else {}
    if before == current.rules:
        return ()
    written = _written_rules(out, current.tenant) if previous else {}
    rules = {render.rule_key(rule): rule for group in groups for rule in map(render.rule, group.rules)}
    changes = []
    for key, value in current.rules.items():
        if key not in before:
            changes.append(RuleChange("+", key, (), current.sources.get(key, "")))
        elif before[key] != value:
            fields = _fields(written.get(key, {}), rules[key])
            changes.append(RuleChange("~", key, fields, current.sources.get(key, "")))
    changes += [RuleChange("-", key) for key in before if key not in current.rules]
    return tuple(changes)


def removed_rules(out: Path, tenant: str) -> tuple[RuleChange, ...]:
    """The rules of a tenant that is no more."""
    last = manifests.read(out, tenant)
    return tuple(RuleChange("-", key) for key in last.rules) if last else ()


def _written_rules(out: Path, tenant: str) -> dict[str, dict[str, Any]]:
    """The rules as they stand in the files, by key; what cannot be read is left out, because a plan must not fail on it."""
    rules: dict[str, dict[str, Any]] = {}
    for path in (paths.records(tenant), paths.alerts(tenant)):
        try:
            data = plain(load_file(out / path, str(path), limit=GENERATED_LIMIT))
            rules |= {render.rule_key(rule): rule for group in data["groups"] for rule in group["rules"]}
        except (OSError, ProblemsFound, KeyError, TypeError, AttributeError):
            continue
    return rules


def _fields(old: dict[str, Any], new: dict[str, Any], above: str = "") -> tuple[FieldChange, ...]:
    found: list[FieldChange] = []
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) or isinstance(after, dict):
            found += _fields(before or {}, after or {}, f"{key}.")
        elif before != after:
            found.append(FieldChange(above + key, *(None if one is None else str(one) for one in (before, after))))
    return tuple(found)


def _text(value: str | None) -> str:
    return "nothing" if value is None else " ".join(value.split())


def _difference(before: str, after: str) -> str:
    """What differs, with a few words of what surrounds it."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return f"{_excerpt(before, start, end)} → {_excerpt(after, start, end)}"


def _common(one: str, other: str) -> int:
    return next((count for count, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _excerpt(text: str, start: int, end: int) -> str:
    begin, stop = max(start - _AROUND, 0), min(len(text) - end + _AROUND, len(text))
    middle = text[begin:stop] if stop - begin <= _SHOWN else text[begin : begin + _SHOWN] + "…"
    return ("…" if begin else "") + middle + ("…" if stop < len(text) and not middle.endswith("…") else "")
