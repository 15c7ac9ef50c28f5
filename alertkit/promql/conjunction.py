"""The conditions of an alert that joins several with `and`: `ratio > 0.05 and traffic > 1`."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.promql import lexer, parser
from alertkit.promql.condition import Condition, describe, open_parens
from alertkit.promql.syntax import Binary, Expr

_JOINS = frozenset(("and", "unless"))
_MODIFIERS = frozenset(("on", "ignoring"))


def conditions(expr: str) -> tuple[Condition, ...]:
    """The conditions that must all hold, in the order of the text; the alert's value comes from the first.

    An expression that joins nothing has one. What stands right of `unless` takes series away and is none of them. `start`
    and `end` of each are places in the whole expression.

    Raises:
        PromQLError: as for condition.
    """
    return tuple(_read(expr))


def leading(expr: str) -> Condition:
    """The first of `conditions`, from which the alert's value comes.

    Raises:
        PromQLError: as for condition.
    """
    return next(_read(expr))


def _read(expr: str) -> Iterator[Condition]:
    reading = parser.read(expr)
    return _conditions(expr, reading.tree, lexer.lex(expr))


def _conditions(expr: str, tree: Expr, tokens: list[lexer.Token]) -> Iterator[Condition]:
    """Of a part of the expression. Each is proven where it is described, so the text between is not read again."""
    tree, tokens = open_parens(tree, tokens)
    if not isinstance(tree, Binary) or tree.operator not in _JOINS:
        yield describe(expr, tree, tokens)
        return
    join = _join(tokens)
    yield from _conditions(expr, tree.left, tokens[:join])
    if tree.operator == "and":
        yield from _conditions(expr, tree.right, _without_modifier(tokens[join + 1 :]))


def _join(tokens: list[lexer.Token]) -> int:
    """The last join outside of all brackets: joins of equal rank are read from the left."""
    depth, last = 0, 0
    for at, (text, _) in enumerate(tokens):
        depth += (text in "([{") - (text in ")]}")
        if depth == 0 and text.lower() in _JOINS:
            last = at
    return last


def _without_modifier(tokens: list[lexer.Token]) -> list[lexer.Token]:
    """Without `on (…)` or `ignoring (…)` in front."""
    if tokens and tokens[0][0].lower() in _MODIFIERS:
        return tokens[next(at for at, (text, _) in enumerate(tokens) if text == ")") + 1 :]
    return tokens
