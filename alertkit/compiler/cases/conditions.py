"""When an alert's expression returns something: comparisons, presences and absences, and what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from alertkit.compiler.cases.lines import Line, UnderivableError, holds, line_of
from alertkit.promql import Expr
from alertkit.promql.functions import ABSENCE, COMPARISONS, SET_OPERATORS
from alertkit.promql.syntax import Aggregation, Binary, Call, Negation, Range, children, unwrap

MOST_LEAVES = 6


class Threshold(msgspec.Struct, frozen=True):
    """`left operator right`, where at least the left side has series."""

    left: Expr
    operator: str
    right: Expr


class Present(msgspec.Struct, frozen=True):
    """There are series."""

    expr: Expr


class Absent(msgspec.Struct, frozen=True):
    """There are none."""

    expr: Expr


Leaf = Threshold | Present | Absent


class Junction(msgspec.Struct, frozen=True):
    """Two conditions joined by a set operator."""

    operator: Literal["and", "or", "unless"]
    left: Condition
    right: Condition


Condition = Leaf | Junction
Assignment = dict[Leaf, bool]

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_PASSING = frozenset(("max", "min", "sum", "avg", "group", "topk", "bottomk"))
"""Aggregations that return something exactly when their argument does."""


def condition_of(expr: Expr) -> Condition:
    """The condition of an alert's expression.

    Raises:
        UnderivableError: it is none that can be told apart by cases.
    """
    expr = unwrap(expr)
    match expr:
        case Binary(operator=("and" | "or" | "unless") as operator):
            return Junction(operator, condition_of(expr.left), condition_of(expr.right))
        case Binary(operator=operator) if operator in COMPARISONS:
            return _threshold(expr)
        case Binary(left=left, right=right) if _filters(left) or _filters(right):
            return _arithmetic(left, right)
        case Negation(expr=inner) if _filters(inner):
            return condition_of(inner)
        case Aggregation(operator=operator, expr=inner) if _filters(inner):
            if operator not in _PASSING:
                raise UnderivableError(f"{operator}() over a condition cannot be told apart by cases")
            return condition_of(inner)
        case Call(function=function, args=args) if function in ABSENCE:
            inner = unwrap(args[0])
            return Absent(inner.selector if isinstance(inner, Range) else inner)
        case Call(function="abs" | "round" | "ceil" | "floor", args=(inner, *_)) if _filters(inner):
            return condition_of(inner)
        case _:
            return Present(expr)


def leaves(condition: Condition) -> list[Leaf]:
    """The leaves from left to right, each once."""
    if isinstance(condition, Junction):
        return list(dict.fromkeys([*leaves(condition.left), *leaves(condition.right)]))
    return [condition]


def truth(condition: Condition, given: Assignment) -> bool:
    """Whether the expression returns something."""
    if not isinstance(condition, Junction):
        return given[condition]
    left, right = truth(condition.left, given), truth(condition.right, given)
    return {"and": left and right, "or": left or right, "unless": left and not right}[condition.operator]


def assignments(condition: Condition, possible: Callable[[Assignment], bool]) -> Iterator[tuple[Assignment, bool]]:
    """What cases go through, and whether the alert then fires: nothing holds; what makes it fire, each way; one thing missing.

    Where it is not `possible` that nothing holds, as between two limits, the first that goes stands for it.
    """
    every = leaves(condition)
    if len(every) > MOST_LEAVES:
        raise UnderivableError(f"it joins more than {MOST_LEAVES} conditions")
    unmet = dict.fromkeys(every, False)
    ways = list(filter(possible, ({**unmet, **way} for way in _ways(condition))))
    flipped = [{**way, leaf: not way[leaf]} for way in ways for leaf in every]
    silent = [one for one in (unmet, *flipped) if not truth(condition, one) and possible(one)]
    if not ways or not silent:
        raise UnderivableError("it holds always or never")
    nothing, found = silent[0], []
    for way in ways:
        found += [nothing, way]
    found += [nothing, *silent[1:]]
    known: list[Assignment] = []
    for given in found:
        if given is nothing or given not in known:
            known.append(given)
            yield given, truth(condition, given)


def _ways(condition: Condition) -> list[Assignment]:
    """The least that must hold, one assignment for each arm of an `or`."""
    if not isinstance(condition, Junction):
        return [{condition: True}]
    left = _ways(condition.left)
    if condition.operator == "or":
        return left + _ways(condition.right)
    if condition.operator == "unless":
        return left
    return [one | two for one in left for two in _ways(condition.right)]


def _threshold(expr: Binary) -> Condition:
    if expr.returns_bool:
        raise UnderivableError("a comparison with bool always returns something")
    if isinstance(unwrap(expr.left), Call) and unwrap(expr.left).function in ABSENCE:  # type: ignore[union-attr]  # it is a call
        return _absent(expr)
    if line_of(expr.left) is not None:
        return Threshold(expr.right, _MIRRORED[expr.operator], expr.left)
    return Threshold(expr.left, expr.operator, expr.right)


def _absent(expr: Binary) -> Condition:
    """`absent(…) > 0`: absent() returns 1 or nothing."""
    limit = line_of(expr.right)
    if limit is None or not holds(expr.operator, Line(1.0).plus(limit, -1)):
        raise UnderivableError("absent() is 1 or nothing, which this comparison always drops")
    return condition_of(expr.left)


def _arithmetic(left: Expr, right: Expr) -> Condition:
    """A number times, or divided by, something filtered."""
    if line_of(left) is not None:
        return condition_of(right)
    if line_of(right) is not None:
        return condition_of(left)
    raise UnderivableError("two series are combined, of which one is filtered")


def _filters(expr: Expr) -> bool:
    match unwrap(expr):
        case Binary(operator=operator, returns_bool=False) if operator in COMPARISONS | (SET_OPERATORS - {"or"}):
            return True
        case Call(function=function) if function in ABSENCE:
            return True
        case inner:
            return any(_filters(child) for child in children(inner))
