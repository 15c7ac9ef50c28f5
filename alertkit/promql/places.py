"""Where things stand in the text: guesses without a parser, for splicing and for pointing at errors.

Nothing here is trusted to be right. A wrong guess makes the proof of isolation fail, or points at the wrong character.
"""

from __future__ import annotations

import re

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
_OPENED = {"matchers": "opened", "nameless": "brace"}
_GROUPED = re.compile(rf"{GAP}(?:by|without)\b", re.IGNORECASE)


class SelectorPlace(msgspec.Struct, frozen=True):
    """A selector in the text: `start` is its first character, `insert` where a matcher goes, between `before` and `after`."""

    start: int
    insert: int
    before: str
    after: str


def selectors(expr: str) -> list[SelectorPlace]:
    """The selectors, in the order of the text."""
    places = []
    for found in _FOUND.finditer(expr):
        last = found.lastgroup
        if last == "matchers" or last == "nameless":
            places.append(SelectorPlace(found.start(), found.end(_OPENED[last]), "", "," if found[last] else ""))
        elif last == "word" and _is_metric(found):
            places.append(SelectorPlace(found.start(), found.end(last), "{", "}"))
    return places


def _is_metric(found: re.Match[str]) -> bool:
    word = found["word"].lower()
    return word not in _NOT_METRICS and (word not in AGGREGATIONS or not _GROUPED.match(found.string, found.end("word")))


def call(tokens: list[Token], name: str) -> int | None:
    """The offset of the first call of a function or an aggregation."""
    named = (start for i, (text, start) in enumerate(tokens[:-1]) if text.lower() == name and _is_called(tokens[i + 1][0]))
    return next(named, None)


def _is_called(following: str) -> bool:
    return following == "(" or following.lower() in _GROUPINGS
