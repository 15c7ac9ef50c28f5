"""Expressions parse, stay inside the tenant, and can be an alert; labels and fields that may be written."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.rules.guard import refusal
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import IsolationError, Level, PromQLError
from alertkit.promql.condition import condition
from alertkit.promql.versions import OLDEST

_QUOTED = 24
_ALWAYS = {
    "none": "has no condition: it fires as long as there is data",
    "bool": "compares with bool at the top: the result is 0 or 1 for every series, so it always fires",
}


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Everything wrong with rules: expressions, conditions, labels, recorded names and fields the target lacks."""
    target = scope.project.targets.prometheus
    if scope.is_platform and target < OLDEST:
        message = f"alertkit knows what Prometheus {_dotted(OLDEST)} and later understand; the target is {_dotted(target)}"
        yield Finding(("targets", "prometheus"), "AK407", message, "ask its own promtool with --verify", level=Level.WARNING)
    for index, record in enumerate(data.get("records", [])):
        path: Path = ("records", index)
        yield from check_expression(record["expr"], (*path, "expr"), scope)
        yield from check_labels(record, path, scope)
        if record["record"] in scope.project.shared_metrics and not scope.is_platform:
            message = f"{record['record']!r} is a shared metric; a tenant may read it, not record it"
            yield Finding((*path, "record"), "AK408", message, "choose another name")
    for index, alert in enumerate(data.get("alerts", [])):
        path = ("alerts", index)
        yield from _alert(alert, path, scope)
        yield from check_labels(alert, path, scope)
        if "keep_firing_for" in alert and scope.project.targets.prometheus < (2, 42):
            message = f"keep_firing_for needs Prometheus 2.42; the project's target is {_target(scope)}"
            yield Finding((*path, "keep_firing_for"), "AK407", message, "remove it, or raise targets.prometheus", on_key=True)


def _alert(alert: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    place = (*path, "expr")
    broken = list(check_expression(alert["expr"], place, scope))
    yield from broken
    if broken:
        return
    try:
        kind = condition(alert["expr"]).kind
    except PromQLError as error:
        yield Finding(place, "AK403", f"alert {alert['name']!r}: {error}")
        return
    if kind in _ALWAYS:
        yield Finding(place, "AK403", f"alert {alert['name']!r} {_ALWAYS[kind]}", "compare with a threshold, as in … > 0.01")


def check_expression(expr: str, path: Path, scope: Scope) -> Iterator[Finding]:
    """An expression that is not PromQL, or cannot be confined to the tenant."""
    try:
        need = scope.guard.too_new(expr)
        if need:
            hint = "write it otherwise" if need.experimental else "write it otherwise, or raise targets.prometheus"
            yield Finding(path, "AK407", refusal(need, scope.project.targets.prometheus), hint, offset=need.offset)
            return
        scope.guard(expr)
    except PromQLError as error:
        yield Finding(path, "AK401", f"not PromQL: {error}{_near(expr, error.offset)}", offset=error.offset)
    except IsolationError as error:
        message = f"cannot be confined to the tenant: {error}{_near(expr, error.offset)}"
        yield Finding(path, "AK402", message, offset=error.offset)


def _target(scope: Scope) -> str:
    return _dotted(scope.project.targets.prometheus)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _near(expr: str, offset: int | None) -> str:
    if offset is None:
        return ""
    rest = " ".join(expr[offset : offset + _QUOTED].split())
    return f", near {rest!r}" if rest else ", at the end"


def check_labels(rule: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    """Labels that alertkit or Prometheus sets."""
    for name in rule.get("labels", {}):
        if name in scope.project.reserved_labels():
            yield Finding((*path, "labels", name), "AK404", f"label {name!r} is set by alertkit", "remove it", on_key=True)
        elif name.startswith("__"):
            yield Finding(
                (*path, "labels", name), "AK404", f"label {name!r}: names that begin with __ are Prometheus' own", on_key=True
            )
