"""Where things stand in the text: guesses without a parser, for splicing and for pointing at errors.

Nothing here is trusted to be right. A wrong guess makes the proof of isolation fail, or points at the wrong character.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from alertkit.promql.functions import AGGREGATIONS
from alertkit.promql.lexer import COMMENT, GAP, STRING, Token

_GROUPINGS = frozenset(("by", "without"))
_NOT_METRICS = frozenset(("and", "or", "unless", "atan2", "bool", "offset", "group_left", "group_right", "inf", "nan"))


def _inside(closer: str) -> str:
    """What stands before a closing bracket that is not in a string or in a comment."""
    other = rf"""[^{closer}"'`\#]*+"""
    return rf"{other}(?:(?:{STRING}|{COMMENT}){other})*+"


# Each way begins with a character or a class of them: one that does not fit costs next to nothing.
_FOUND = re.compile(
    rf"""{STRING}|{COMMENT}|\[{_inside("]")}\]|[0-9.][0-9A-Za-z_.]*+
    |[bBwWoOiIgG](?i:y|ithout|n|gnoring|roup_left|roup_right){GAP}\({_inside(")")}\)
    |(?P<word>[A-Za-z_:][A-Za-z0-9_:]*+){GAP}(?:(?P<called>\()|(?P<opened>\{{){GAP}(?P<matchers>{_inside("}")})\}}|)
    |(?P<brace>\{{){GAP}(?P<nameless>{_inside("}")})\}}""",
    re.VERBOSE | re.DOTALL,
)
"""Selectors with braces, words that may be metrics, and what holds neither: strings, comments, ranges, numbers, lists of labels
and the names of functions. The last group of a match says which."""
_GROUPED = re.compile(rf"{GAP}(?:by|without)\b", re.IGNORECASE)


class SelectorPlace(msgspec.Struct, frozen=True):
    """A selector in the text: `start` is its first character, `insert` where a matcher goes, between `before` and `after`."""

    start: int
    insert: int
    before: str
    after: str


def selectors(expr: str) -> list[SelectorPlace]:
    """The selectors, in the order of the text."""
    return [place for found in _FOUND.finditer(expr) if (place := _PLACES[found.lastgroup](found)) is not None]


def _metric(found: re.Match[str]) -> SelectorPlace | None:
    word, end = found["word"].lower(), found.end("word")
    if word in _NOT_METRICS or (word in AGGREGATIONS and _GROUPED.match(found.string, end)):
        return None
    return SelectorPlace(found.start(), end, "{", "}")


def _named(found: re.Match[str]) -> SelectorPlace:
    return SelectorPlace(found.start(), found.end("opened"), "", "," if found["matchers"] else "")


def _nameless(found: re.Match[str]) -> SelectorPlace:
    return SelectorPlace(found.start(), found.end("brace"), "", "," if found["nameless"] else "")


_PLACES: dict[str | None, Callable[[re.Match[str]], SelectorPlace | None]] = {
    "word": _metric,
    "matchers": _named,
    "nameless": _nameless,
    **dict.fromkeys((None, "called"), lambda found: None),
}


def call(tokens: list[Token], name: str) -> int | None:
    """The offset of the first call of a function or an aggregation."""
    named = (start for i, (text, start) in enumerate(tokens[:-1]) if text.lower() == name and _is_called(tokens[i + 1][0]))
    return next(named, None)


def _is_called(following: str) -> bool:
    return following == "(" or following.lower() in _GROUPINGS
