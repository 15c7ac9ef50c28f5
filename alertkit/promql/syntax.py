"""The syntax tree as plain values: what other code may look at. No type of the parser library leaves this package.

Two trees are equal exactly when their expressions have the same structure; layout and comments are not part of a tree. Nothing
in one leads back up, so the garbage collector need not look for cycles in the thousands that are kept (`gc=False`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from alertkit.model.route import Matcher


class Number(msgspec.Struct, frozen=True, gc=False):
    """A number, also one written as a duration or in hexadecimal."""

    value: float


class Text(msgspec.Struct, frozen=True, gc=False):
    """A string, unquoted."""

    value: str


class Selector(msgspec.Struct, frozen=True, gc=False):
    """An instant selector. `metric` is the exact name it asks for, "" when it has none; `matchers` are in written order.

    A name written inside the braces (`{"a.b"}`, `{__name__="up"}`) is a matcher on `__name__` and also the `metric`.
    """

    metric: str
    matchers: tuple[Matcher, ...]
    offset: dt.timedelta | None = None
    at: str = ""


class Range(msgspec.Struct, frozen=True, gc=False):
    """A range selector: `up[5m]`."""

    selector: Selector
    span: dt.timedelta


class Subquery(msgspec.Struct, frozen=True, gc=False):
    """A subquery: `expr[1h:5m]`. `step` is None when the server's default applies."""

    expr: Expr
    span: dt.timedelta
    step: dt.timedelta | None
    offset: dt.timedelta | None
    at: str


class Call(msgspec.Struct, frozen=True, gc=False):
    """A function and its arguments."""

    function: str
    args: tuple[Expr, ...]


class Aggregation(msgspec.Struct, frozen=True, gc=False):
    """`operator by (labels) (param, expr)`. `grouping` is "by", "without" or "" when the author wrote neither."""

    operator: str
    expr: Expr
    param: Expr | None
    grouping: str
    labels: tuple[str, ...]


class Matching(msgspec.Struct, frozen=True, gc=False):
    """How the series of two sides find each other: `on` or (False) `ignoring` the labels; `group` is "left", "right" or ""."""

    on: bool = False
    labels: tuple[str, ...] = ()
    group: str = ""
    include: tuple[str, ...] = ()
    fill: tuple[float | None, float | None] = (None, None)


class Binary(msgspec.Struct, frozen=True, gc=False):
    """`left operator right`. `returns_bool` when the author wrote `bool`."""

    operator: str
    left: Expr
    right: Expr
    returns_bool: bool
    matching: Matching | None


class Negation(msgspec.Struct, frozen=True, gc=False):
    """A minus sign before an expression."""

    expr: Expr


class Paren(msgspec.Struct, frozen=True, gc=False):
    """An expression in parentheses."""

    expr: Expr


Expr: TypeAlias = Number | Text | Selector | Range | Subquery | Call | Aggregation | Binary | Negation | Paren


def unwrap(expr: Expr) -> Expr:
    """Take the parentheses around an expression away."""
    while isinstance(expr, Paren):
        expr = expr.expr
    return expr


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside this one, in the order of the text."""
    match expr:
        case Range(selector=inner) | Subquery(expr=inner) | Negation(expr=inner) | Paren(expr=inner):
            return (inner,)
        case Call(args=args):
            return args
        case Aggregation(expr=inner, param=param):
            return (inner,) if param is None else (param, inner)
        case Binary(left=left, right=right):
            return (left, right)
        case _:
            return ()


def replace_selectors(expr: Expr, change: Callable[[Selector], Selector]) -> Expr:
    """The same tree with each of its selectors changed."""
    replace = _REPLACING.get(type(expr))
    return replace(expr, change) if replace else expr


def _in_aggregation(expr: Aggregation, change: Callable[[Selector], Selector]) -> Aggregation:
    param = None if expr.param is None else replace_selectors(expr.param, change)
    return Aggregation(expr.operator, replace_selectors(expr.expr, change), param, expr.grouping, expr.labels)


def _in_binary(expr: Binary, change: Callable[[Selector], Selector]) -> Binary:
    left, right = replace_selectors(expr.left, change), replace_selectors(expr.right, change)
    return Binary(expr.operator, left, right, expr.returns_bool, expr.matching)


# By type, because an alert's proof does this for each of its expressions and a match tries one type after the other.
_REPLACING: dict[type, Callable[[Any, Callable[[Selector], Selector]], Expr]] = {
    Selector: lambda expr, change: change(expr),
    Range: lambda expr, change: Range(change(expr.selector), expr.span),
    Call: lambda expr, change: Call(expr.function, tuple([replace_selectors(arg, change) for arg in expr.args])),
    Aggregation: _in_aggregation,
    Binary: _in_binary,
    Subquery: lambda expr, change: Subquery(replace_selectors(expr.expr, change), expr.span, expr.step, expr.offset, expr.at),
    Negation: lambda expr, change: Negation(replace_selectors(expr.expr, change)),
    Paren: lambda expr, change: Paren(replace_selectors(expr.expr, change)),
}
