"""Expressions parse, stay inside the tenant, and can be an alert; labels and fields that may be written."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import promql
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import IsolationError, PromQLError

_QUOTED = 24


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Everything wrong with rules: expressions, conditions, labels, recorded names and fields the target lacks."""
    for index, record in enumerate(data.get("records", [])):
        path: Path = ("records", index)
        yield from _expression(record["expr"], (*path, "expr"), scope)
        yield from _labels(record, path, scope)
        if record["record"] in scope.project.shared_metrics and not scope.is_platform:
            message = f"{record['record']!r} is a shared metric; a tenant may read it, not record it"
            yield Finding((*path, "record"), "AK408", message, "choose another name")
    for index, alert in enumerate(data.get("alerts", [])):
        path = ("alerts", index)
        yield from _alert(alert, path, scope)
        yield from _labels(alert, path, scope)
        if "keep_firing_for" in alert and scope.project.targets.prometheus < (2, 42):
            message = f"keep_firing_for needs Prometheus 2.42; the project's target is {'.'.join(map(str, scope.project.targets.prometheus))}"
            yield Finding((*path, "keep_firing_for"), "AK407", message, "remove it, or raise targets.prometheus", on_key=True)


def _alert(alert: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    broken = list(_expression(alert["expr"], (*path, "expr"), scope))
    yield from broken
    if not broken:
        problem = promql.condition_problem(alert["expr"])
        if problem:
            yield Finding((*path, "expr"), "AK403", f"alert {alert['name']!r}: {problem}")


def _expression(expr: str, path: Path, scope: Scope) -> Iterator[Finding]:
    try:
        scope.guard(expr)
    except PromQLError as error:
        yield Finding(path, "AK401", f"not PromQL: {error}{_near(expr, error.offset)}", offset=error.offset)
    except IsolationError as error:
        message = f"cannot be confined to the tenant: {error}{_near(expr, error.offset)}"
        yield Finding(path, "AK402", message, offset=error.offset)


def _near(expr: str, offset: int | None) -> str:
    if offset is None:
        return ""
    rest = " ".join(expr[offset : offset + _QUOTED].split())
    return f", at character {offset + 1}, near {rest!r}" if rest else ", at the end"


def _labels(rule: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    for name in rule.get("labels", {}):
        if name in scope.project.reserved_labels():
            yield Finding((*path, "labels", name), "AK404", f"label {name!r} is set by alertkit", "remove it", on_key=True)
        elif name.startswith("__"):
            yield Finding((*path, "labels", name), "AK404", f"label {name!r}: names that begin with __ are Prometheus' own", on_key=True)
