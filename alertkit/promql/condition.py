"""What makes an alert's expression return something: its threshold, or that it has none and always fires."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Literal, TypeAlias, cast

import msgspec

from alertkit.promql import lexer, parser
from alertkit.promql.functions import ABSENCE, COMPARISONS
from alertkit.promql.syntax import Binary, Call, Expr, Negation, Number, Paren, children

Comparison = Literal["==", "!=", "<", ">", "<=", ">="]

_Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""Where the two sides of a comparison start and end in the text."""

_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")
_MIRRORED: dict[str, Comparison] = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": math.pow,
}


class Condition(msgspec.Struct, frozen=True, gc=False):
    """When an alert's expression returns series.

    `kind`:
      - "threshold": the whole expression is `left op threshold`, with a constant threshold; the other fields describe it
      - "filter": there is a condition, but not of that shape (several comparisons, a vector on both sides, absent(), …)
      - "bool": a comparison with `bool` at the top: it returns 0 or 1 for every series and so always fires
      - "none": nothing filters: it fires for as long as there is data

    `left`, `op` and `threshold` are as if the vector stood on the left (`5 < up` reads `up > 5`). `threshold` is the author's
    text, `value` what it comes to; `expr[start:end]` is that text, so that it can be replaced.
    """

    kind: Literal["threshold", "filter", "bool", "none"]
    left: str = ""
    op: Comparison | Literal[""] = ""
    threshold: str = ""
    value: float = math.nan
    start: int = 0
    end: int = 0


def condition(expr: str) -> Condition:
    """Say what makes an alert on this expression fire.

    Raises:
        PromQLError: the expression is not PromQL; also for a comparison of two plain numbers, which Prometheus refuses.
    """
    reading = parser.read(expr)
    return describe(expr, *open_parens(reading.tree, lexer.lex(expr)))


def describe(expr: str, tree: Expr, tokens: list[lexer.Token]) -> Condition:
    """As condition, of the part of an expression that has this tree and these tokens."""
    if isinstance(tree, Binary) and tree.operator in COMPARISONS:
        return Condition("bool") if tree.returns_bool else _threshold(expr, tree, tokens)
    return Condition("filter" if _filters(tree) else "none")


def open_parens(tree: Expr, tokens: list[lexer.Token]) -> tuple[Expr, list[lexer.Token]]:
    """Take the parentheses around a whole expression away, in the tree and in the tokens."""
    while isinstance(tree, Paren):
        outer = next(at for at, (text, _) in enumerate(tokens) if text == "(")  # a plus sign may stand before it
        tree, tokens = tree.expr, tokens[outer + 1 : -1]
    return tree, tokens


def _filters(expr: Expr) -> bool:
    match expr:
        case Binary(operator=symbol, returns_bool=False) if symbol in COMPARISONS or symbol in ("and", "unless"):
            return True
        case Call(function=function) if function in ABSENCE:
            return True
        case _:
            return any(map(_filters, children(expr)))


def _threshold(expr: str, tree: Binary, tokens: list[lexer.Token]) -> Condition:
    left, right, sides = _constant(tree.left), _constant(tree.right), _sides(tokens)
    if left is None and right is not None:
        return _described(expr, (tree.left, tree.right), sides, cast("Comparison", tree.operator), right)
    if left is not None and right is None:
        return _described(expr, (tree.right, tree.left), sides[::-1], _MIRRORED[tree.operator], left)
    return Condition("filter")


def _described(expr: str, trees: tuple[Expr, Expr], sides: _Sides, op: Comparison, value: float) -> Condition:
    vector, threshold = (expr[start:end] for start, end in sides)
    if (parser.parse(vector), parser.parse(threshold)) != trees:
        return Condition("filter")  # the tokens mislead: better no threshold than a wrong one
    return Condition("threshold", vector, op, threshold, value, *sides[1])


def _sides(tokens: list[lexer.Token]) -> _Sides:
    """What stands left and right of the last comparison outside of all brackets."""
    depth, last = 0, 0
    for at, (text, _) in enumerate(tokens):
        depth += (text in _OPENERS) - (text in _CLOSERS)
        if depth == 0 and text in COMPARISONS:
            last = at
    return _extent(tokens[:last]), _extent(tokens[last + 1 :])


def _extent(tokens: list[lexer.Token]) -> tuple[int, int]:
    text, start = tokens[-1]
    return tokens[0][1], start + len(text)


def _constant(expr: Expr) -> float | None:
    """The value of arithmetic on numbers alone; None for anything else."""
    match expr:
        case Number(value):
            return value
        case Paren(inner):
            return _constant(inner)
        case Negation(inner):
            value_of_inner = _constant(inner)
            return None if value_of_inner is None else -value_of_inner
        case Binary(operator=symbol, left=left, right=right) if symbol in _ARITHMETIC:
            return _calculate(_ARITHMETIC[symbol], _constant(left), _constant(right))
        case _:
            return None


def _calculate(operation: Callable[[float, float], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        return operation(left, right)
    except (ArithmeticError, ValueError):  # infinite or not a number: no threshold that anybody meant
        return None
