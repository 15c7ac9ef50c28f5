"""The conditions of an alert that joins several with `and`: `ratio > 0.05 and traffic > 1`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alertkit.promql import lexer, parser
from alertkit.promql.condition import Condition, condition, open_parens
from alertkit.promql.syntax import Binary, Expr

_JOINS = frozenset(("and", "unless"))
_MODIFIERS = frozenset(("on", "ignoring"))
_Part = tuple[str, int]
"""A piece of the expression and its offset."""


def conditions(expr: str) -> tuple[Condition, ...]:
    """The conditions that must all hold, in the order of the text; the alert's value comes from the first.

    An expression that joins nothing has one. What stands right of `unless` takes series away and is none of them. `start`
    and `end` of each are places in the whole expression.

    Raises:
        PromQLError: as for condition.
    """
    return tuple(_conditions(expr, 0))


def leading(expr: str) -> Condition:
    """The first of `conditions`, from which the alert's value comes.

    Raises:
        PromQLError: as for condition.
    """
    return next(_conditions(expr, 0))


def _conditions(expr: str, offset: int) -> Iterator[Condition]:
    reading = parser.read(expr)
    tree, tokens = open_parens(reading.tree, reading.tokens)
    parts = _parts(expr, tree, tokens) if isinstance(tree, Binary) and tree.operator in _JOINS else []
    for text, start in parts:
        yield from _conditions(text, offset + start)
    if not parts:
        found = condition(expr)
        yield msgspec.structs.replace(found, start=found.start + offset, end=found.end + offset) if found.threshold else found


def _parts(expr: str, tree: Binary, tokens: list[lexer.Token]) -> list[_Part]:
    """What must hold on the two sides of the join; nothing when the tokens mislead."""
    at = _join(tokens)
    left, right = _text(expr, tokens[:at]), _text(expr, _without_modifier(tokens[at + 1 :]))
    if not _is(left, tree.left) or not _is(right, tree.right):
        return []
    return [left, right] if tree.operator == "and" else [left]


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


def _text(expr: str, tokens: list[lexer.Token]) -> _Part:
    if not tokens:
        return "", 0
    (_, start), (last, end) = tokens[0], tokens[-1]
    return expr[start : end + len(last)], start


def _is(part: _Part, tree: Expr) -> bool:
    return bool(part[0]) and parser.parse(part[0]) == tree
