"""What an expression reads, and the labels by which it groups and joins."""

from __future__ import annotations

from collections.abc import Iterable

from alertkit.compiler.cases.labels import Labels
from alertkit.promql import Expr, Selector
from alertkit.promql.syntax import Aggregation, Binary, children


def selectors_in(expr: Expr) -> list[Selector]:
    """Every selector of a tree."""
    if isinstance(expr, Selector):
        return [expr]
    return [selector for child in children(expr) for selector in selectors_in(child)]


def groupings(expr: Expr) -> frozenset[str]:
    """Labels by which anything in a tree is grouped or matched."""
    found = frozenset[str]().union(*map(groupings, children(expr)))
    if isinstance(expr, Aggregation) and expr.grouping == "by":
        return found.union(expr.labels)
    return found.union(expr.matching.labels) if isinstance(expr, Binary) and expr.matching and expr.matching.on else found


def wishes(trees: Iterable[Expr]) -> Labels:
    """Labels for all series, so that they meet in joins: those in groupings and matchings, and those of equality matchers."""
    found: Labels = {}
    pending = list(trees)
    while pending:
        expr = pending.pop()
        pending += children(expr)
        if isinstance(expr, Aggregation) and expr.grouping != "without":
            found.update({label: found.get(label, "case") for label in expr.labels})
        elif isinstance(expr, Binary) and expr.matching:
            named = expr.matching.labels if expr.matching.on else ()
            found.update({label: found.get(label, "case") for label in (*named, *expr.matching.include)})
        elif isinstance(expr, Selector):
            found |= {m.name: m.value for m in expr.matchers if m.op == "=" and m.value and m.name != "__name__"}
    found.pop("le", None)
    return found
