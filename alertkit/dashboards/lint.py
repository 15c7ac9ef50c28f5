"""Rules of grafana/dashboard-linter under their own names, and exclusions in the form of its `.lint` file.

Those that `checks` holds itself for every dashboard are not repeated here. Source: grafana/dashboard-linter, `lint/`, 2026-06.
Rules on Loki do not apply: every query is PromQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from grafanalib import formatunits

from alertkit import promql
from alertkit.dashboards.current import Json
from alertkit.dashboards.finding import Finding
from alertkit.dashboards.normalise import panels
from alertkit.errors import PromQLError
from alertkit.promql.syntax import Call, Expr, Range, Selector, children

Exclusions = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rule → where it does not count: {dashboard, panel, reason}; an empty list means nowhere does it count."""

_ONE_SOURCE = "A dashboard reads its tenant's data source and offers no other: choosing one would be choosing a tenant."
_SAME_EXPRESSION = "A panel draws the very expression that its alert or record evaluates; changing it would draw something else."
OWN: Final[dict[str, str]] = {
    "template-datasource-rule": _ONE_SOURCE,
    "panel-datasource-rule": _ONE_SOURCE,
    "template-job-rule": _SAME_EXPRESSION,
    "template-instance-rule": _SAME_EXPRESSION,
    "target-job-rule": _SAME_EXPRESSION,
    "target-instance-rule": _SAME_EXPRESSION,
    "target-rate-interval-rule": _SAME_EXPRESSION,
    "target-counter-agg-rule": _SAME_EXPRESSION,
}
"""Rules that alertkit's own views do not follow, each with the reason."""

_READ_EXPRESSIONS = frozenset({"target-rate-interval-rule", "target-counter-agg-rule"})
_RATES = frozenset({"rate", "irate"})
_COUNTING = frozenset({"rate", "irate", "increase"})
_QUERY = re.compile(r"(label_names|label_values|metrics|query_result)\((.*)\)", re.DOTALL)
_BUILT_IN = re.compile(r"\$\{?__(?:rate_interval|interval|range)\}?")
_UNITS = frozenset(value for value in vars(formatunits).values() if isinstance(value, str)) | {
    "dtdurations",
    "dateTimeFromNow",
    "none",
    "short",
}


def findings(dashboard: Json, unasked: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """What the linter would say beyond `checks`; a dashboard without a data source variable is asked about no job or instance.

    `unasked` are rules that nowhere count: those that read expressions are left out then.
    """
    variables = dashboard["templating"]["list"]
    sources = [variable for variable in variables if variable["type"] == "datasource"]
    if not sources:
        yield Finding("template-datasource-rule", "", "it has no variable of type datasource")
    for variable in variables:
        yield from _variable(variable)
    if any(source.get("query") == "prometheus" for source in sources):
        yield from _wanted(variables)
    for panel in panels(dashboard):
        yield from _unit(panel)
        if not unasked >= _READ_EXPRESSIONS:
            yield from _expressions(panel)


def excluded_everywhere(exclusions: Exclusions) -> frozenset[str]:
    """Rules that a `.lint` file excludes without saying where."""
    return frozenset(rule for rule, entries in exclusions.items() if not entries)


def excluded(finding: Finding, title: str, exclusions: Exclusions) -> bool:
    """Whether a `.lint` file says that a finding does not count; `title` is the dashboard's."""
    if finding.rule not in exclusions:
        return False
    place = {"dashboard": title, "panel": finding.panel}
    entries = exclusions[finding.rule]
    return not entries or any(all(entry.get(key, value) == value for key, value in place.items()) for entry in entries)


def file(reasons: Mapping[str, str] = OWN) -> dict[str, Any]:
    """The `.lint` file that tells dashboard-linter why its rules do not count."""
    return {"exclusions": {rule: {"reason": reason} for rule, reason in reasons.items()}}


def _variable(variable: Json) -> Iterator[Finding]:
    if variable["type"] != "query":
        return
    name = variable["name"]
    if variable.get("refresh") != 2:
        yield Finding("template-on-time-change-reload-rule", "", f"variable {name!r} is not read again when the time changes")
    query = variable["query"]["query"] if isinstance(variable["query"], dict) else variable["query"]
    call = _QUERY.fullmatch(query.strip())
    selector = call[2].rpartition(",")[0] if call and call[1] == "label_values" else call[2] if call else ""
    if call is None or (selector.strip() and tree(selector) is None):
        yield Finding("template-label-promql-rule", "", f"variable {name!r} asks {query!r}, which is no query of Prometheus")


def _wanted(variables: list[Json]) -> Iterator[Finding]:
    for name in ("job", "instance"):
        found = next((variable for variable in variables if variable["name"] == name), {})
        if not found.get("multi") or found.get("allValue") != ".+":
            yield Finding(f"template-{name}-rule", "", f"expected a variable {name!r} with several values, all of them being .+")


def _unit(panel: Json) -> Iterator[Finding]:
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "")
    if unit and unit not in _UNITS:
        yield Finding("panel-units-rule", panel["title"], f"Grafana has no unit {unit!r}")


def _expressions(panel: Json) -> Iterator[Finding]:
    for target in panel.get("targets", ()):
        expr = target.get("expr", "")
        root = tree(expr)
        if root is None:
            continue
        if _has_fixed_rate(root, expr):
            yield Finding("target-rate-interval-rule", panel["title"], f"{expr}: expected [$__rate_interval]")
        for metric in _bare_counters(root, inside=False):
            yield Finding("target-counter-agg-rule", panel["title"], f"{metric} counts up: expected rate() or increase()")


def tree(expr: str) -> Expr | None:
    """A query's syntax tree, with a minute for each of Grafana's own variables; None for what is no PromQL."""
    try:
        return promql.parse(_BUILT_IN.sub("1m", expr))
    except PromQLError:
        return None


@lru_cache(maxsize=1024)
def metrics(expr: str) -> tuple[str, ...]:
    """The metrics that a query asks for by name, sorted; none for what is no PromQL."""
    try:
        return tuple(sorted(promql.metric_names(_BUILT_IN.sub("1m", expr))))
    except PromQLError:
        return ()


def _has_fixed_rate(root: Expr, expr: str) -> bool:
    """Whether the range of some rate is written out."""
    rates = sum(1 for node in _walk(root) if isinstance(node, Call) and node.function in _RATES)
    return len(re.findall(r"\[\$\{?__rate_interval\}?\]", expr)) < rates


def _bare_counters(expr: Expr, *, inside: bool) -> Iterator[str]:
    if isinstance(expr, Selector) and expr.metric.endswith("_total") and not inside:
        yield expr.metric
    counted = inside or (isinstance(expr, Call) and expr.function in _COUNTING)
    below = (expr.selector,) if isinstance(expr, Range) else children(expr)
    for child in below:
        yield from _bare_counters(child, inside=counted)


def _walk(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in () if isinstance(expr, Range) else children(expr):
        yield from _walk(child)
