"""Mistakes that somebody could make in a rule, one at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from alertkit.errors import PromQLError
from alertkit.promql import parse
from alertkit.promql.lexer import Token, lex

Rule = dict[str, Any]
"""A rule as Prometheus reads it."""

_FLIPPED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}
_EXCHANGED: Final = {"and": "or", "or": "and", "unless": "and"}
_BEFORE_NUMBER: Final = frozenset(("(", "-", "bool"))
_WINDOW: Final = re.compile(r"(\[|ratio_rate)(\d+[smhdw])\b")
_LADDER: Final = ("5m", "1h", "2h", "6h", "1d", "3d")


class Mutation(NamedTuple):
    """What was changed, and the rule after it."""

    kind: str
    rule: Rule


def mutations(rule: Rule, tenant_label: str) -> Iterator[Mutation]:
    """Every mistake in a rule that Prometheus would still load."""
    for kind, expr in _expressions(rule["expr"], tenant_label):
        if _is_promql(expr):
            yield Mutation(kind, {**rule, "expr": expr})
    if "for" in rule:
        yield Mutation("`for` dropped", {key: value for key, value in rule.items() if key != "for"})
    if "severity" in rule["labels"]:
        other = "info" if rule["labels"]["severity"] != "info" else "critical"
        yield Mutation("severity changed", {**rule, "labels": {**rule["labels"], "severity": other}})


def _expressions(expr: str, tenant_label: str) -> Iterator[tuple[str, str]]:
    tokens = lex(expr)
    for kind, change in _BY_TOKEN.items():
        for at in range(len(tokens)):
            if (changed := change(expr, tokens, at)) is not None:
                yield kind, changed
    windows = list(dict.fromkeys(found[2] for found in _WINDOW.finditer(expr)))
    if windows:
        other = windows[1] if len(windows) > 1 else next(one for one in _LADDER if one != windows[0])
        exchange = {windows[0]: other, other: windows[0]}
        yield "window exchanged", _WINDOW.sub(lambda found: found[1] + exchange.get(found[2], found[2]), expr)
    without = re.sub(rf'{tenant_label}="[^"]*",?', "", expr)
    if without != expr:
        yield "tenant matcher missing", without


def _threshold(expr: str, tokens: list[Token], at: int) -> str | None:
    if tokens[at][0] not in _FLIPPED:
        return None
    number = next((token for token in tokens[at + 1 :] if token[0] not in _BEFORE_NUMBER), ("", 0))
    if not re.fullmatch(r"[0-9.]+(e[+-]?[0-9]+)?", number[0]) or not float(number[0]):
        return None
    return _with(expr, number, repr(float(number[0]) * 1.1))


def _comparison(expr: str, tokens: list[Token], at: int) -> str | None:
    text = tokens[at][0]
    if text not in _FLIPPED or tokens[at + 1][0].startswith('"'):  # `!=` of a label
        return None
    return _with(expr, tokens[at], _FLIPPED[text])


def _set_operator(expr: str, tokens: list[Token], at: int) -> str | None:
    text = tokens[at][0]
    return _with(expr, tokens[at], _EXCHANGED[text]) if text in _EXCHANGED and text != "and" else None


def _and(expr: str, tokens: list[Token], at: int) -> str | None:
    return _with(expr, tokens[at], "or") if tokens[at][0] == "and" else None


def _offset(expr: str, tokens: list[Token], at: int) -> str | None:
    if tokens[at][0] != "offset":
        return None
    return _with(_with(expr, tokens[at + 1], ""), tokens[at], "")


def _group_label(expr: str, tokens: list[Token], at: int) -> str | None:
    """One of the labels in `by (…)`; its comma goes as well."""
    opening = at
    while opening and tokens[opening][0] != "(" and re.fullmatch(r"\w+|,", tokens[opening][0]):
        opening -= 1
    if tokens[opening][0] != "(" or tokens[opening - 1][0] != "by" or tokens[at][0] in ("(", ","):
        return None
    labels = _with(expr, tokens[at], "")
    before, start = labels[: tokens[opening][1] + 1], tokens[opening][1] + 1
    end = labels.index(")", start)
    kept = [label.strip() for label in labels[start:end].split(",") if label.strip()]
    return f"{before}{', '.join(kept)}{labels[end:]}"


_BY_TOKEN: Final[dict[str, Callable[[str, list[Token], int], str | None]]] = {
    "threshold x 1.1": _threshold,
    "comparison flipped": _comparison,
    "`and` made `or`": _and,
    "`or` or `unless` made `and`": _set_operator,
    "offset dropped": _offset,
    "group label lost": _group_label,
}


def _with(expr: str, token: Token, text: str) -> str:
    return f"{expr[: token[1]]}{text}{expr[token[1] + len(token[0]) :]}"


def _is_promql(expr: str) -> bool:
    try:
        parse(expr)
    except PromQLError:
        return False
    return True
