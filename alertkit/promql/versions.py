"""What an expression asks of Prometheus: the version from which on it is understood.

A Prometheus that does not understand one expression refuses to load any rule, of any tenant. Versions are those of its
changelog, or later ones where that is not clear: an expression is refused rather than let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from alertkit.promql import lexer

Version: TypeAlias = tuple[int, int]

OLDEST: Final[Version] = (2, 42)
"""Everything that is not named here is understood from this version on."""

_SINCE: Final[dict[str, Version]] = {
    **dict.fromkeys(("histogram_avg", "histogram_stddev", "histogram_stdvar"), (2, 51)),
    **dict.fromkeys(("mad_over_time", "sort_by_label", "sort_by_label_desc"), (2, 51)),
    **dict.fromkeys(("limit_ratio", "limitk"), (2, 54)),
    "double_exponential_smoothing": (3, 0),
    **dict.fromkeys(("ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"), (3, 5)),
    **dict.fromkeys(("first_over_time", "ts_of_first_over_time"), (3, 7)),
    **dict.fromkeys(("end", "range", "start", "step"), (3, 12)),
    **dict.fromkeys(("fill", "fill_left", "fill_right", "histogram_quantiles", "max_of", "min_of"), (3, 13)),
}
_EXPERIMENTAL: Final = frozenset(_SINCE) - {"histogram_avg", "histogram_stddev", "histogram_stdvar", "first_over_time"}
"""Understood by no version that is not started with a feature flag, as Prometheus 3.16 has it; promtool refuses them likewise."""
_LABEL_LISTS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_GROUPINGS = frozenset(("by", "without"))
_OPENERS = frozenset("([{")
_CLOSERS = frozenset(")]}")
_WATCHED = frozenset((*_SINCE, "offset"))  # what follows an offset is a duration, in a plain expression too
_WORDS = re.compile("[a-z_:][a-z0-9_:]*")
_DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+")


class Need(msgspec.Struct, frozen=True):
    """Something that only a later Prometheus understands, and where it stands, in characters from 0.

    What is `experimental` no Prometheus understands that is not started with a feature flag.
    """

    version: Version
    what: str
    offset: int
    experimental: bool = False


@lru_cache(maxsize=512)  # checking and compiling both ask
def needs(expr: str) -> Need | None:
    """The newest thing that an expression asks for, an experimental one first; None when Prometheus 2.42 understands all of it.

    Raises:
        PromQLError: the expression cannot be split into words.
    """
    if lexer.is_plain(expr) and _WATCHED.isdisjoint(_WORDS.findall(expr.lower())):
        return None  # as most are
    return max(_needs(lexer.lex(expr)), key=lambda need: (need.experimental, need.version), default=None)


def _needs(tokens: Sequence[lexer.Token]) -> Iterator[Need]:
    opened: list[str] = []
    for at, (text, start) in enumerate(tokens):
        first = text[0]
        if first in _CLOSERS:
            opened.pop()
        elif first in _OPENERS:
            opened.append("labels" if _word(tokens, at - 1) in _LABEL_LISTS else text)
        elif first in lexer.QUOTES:
            inside = opened[-1] if opened else ""
            if inside == "labels" or (inside == "{" and tokens[at - 1][0] not in lexer.MATCH_OPERATORS):
                yield Need((3, 0), f"the name {text} in quotes", start)
        elif first in lexer.NUMBER_START:
            yield from _number(text, start, is_span=opened[-1:] == ["["] or _is_offset(tokens, at))
        elif text.lower() in _SINCE and _is_called(tokens, at) and _word(tokens, at - 1) != "@":
            yield Need(_SINCE[text.lower()], f"{text}()", start, text.lower() in _EXPERIMENTAL)


def _word(tokens: Sequence[lexer.Token], at: int) -> str:
    return tokens[at][0].lower() if 0 <= at < len(tokens) else ""


def _number(text: str, start: int, *, is_span: bool) -> Iterator[Need]:
    is_duration = _DURATION.fullmatch(text) is not None
    if is_span and not is_duration:
        yield Need((3, 0), f"the duration {text} without a unit", start)
    elif is_duration and not is_span:
        yield Need((3, 0), f"the duration {text} as a number", start)


def _is_offset(tokens: Sequence[lexer.Token], at: int) -> bool:
    before = _word(tokens, at - 1)
    return before == "offset" or (before in ("+", "-") and _word(tokens, at - 2) == "offset")


def _is_called(tokens: Sequence[lexer.Token], at: int) -> bool:
    following = _word(tokens, at + 1)
    return following == "(" or following in _GROUPINGS
