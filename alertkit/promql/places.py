"""Where things stand in the text: guesses from the tokens alone, for splicing and for pointing at errors.

Nothing here is trusted to be right. A wrong guess makes the proof of isolation fail, or points at the wrong character.
"""

from __future__ import annotations

import string

import msgspec

from alertkit.promql.functions import AGGREGATIONS
from alertkit.promql.lexer import Token

_WORD_START = frozenset(string.ascii_letters + "_:")
_LABEL_LISTS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_GROUPINGS = frozenset(("by", "without"))
_NOT_METRICS = frozenset(("and", "or", "unless", "atan2", "bool", "offset", "group_left", "group_right", "inf", "nan"))


class SelectorPlace(msgspec.Struct, frozen=True):
    """A selector in the text: `start` is its first character, `insert` where a matcher goes, into braces or not."""

    start: int
    insert: int
    in_braces: bool
    has_matchers: bool

    def wrap(self, matcher: str) -> str:
        """The text to insert for one more matcher."""
        if not self.in_braces:
            return "{" + matcher + "}"
        return matcher + "," if self.has_matchers else matcher


def selectors(tokens: list[Token]) -> list[SelectorPlace]:
    """The selectors, in the order of the text."""
    found: list[SelectorPlace] = []
    at, last = 0, len(tokens)
    while at < last:
        text, start = tokens[at]
        following = tokens[at + 1][0] if at + 1 < last else ""
        if text == "{":
            found.append(SelectorPlace(start, start + 1, True, following != "}"))
            at = _skip(tokens, at, "}")
        elif text == "[":
            at = _skip(tokens, at, "]")
        elif text[0] not in _WORD_START:
            at += 1
        elif following == "(":
            at = _skip(tokens, at, ")") if text.lower() in _LABEL_LISTS else at + 1
        elif following == "{":
            brace = tokens[at + 1][1]
            found.append(SelectorPlace(start, brace + 1, True, tokens[at + 2][0] != "}"))
            at = _skip(tokens, at, "}")
        else:
            if _is_metric(text.lower(), following.lower()):
                found.append(SelectorPlace(start, start + len(text), False, False))
            at += 1
    return found


def call(tokens: list[Token], name: str) -> int | None:
    """The offset of the first call of a function or an aggregation."""
    named = (start for i, (text, start) in enumerate(tokens[:-1]) if text.lower() == name and _is_called(tokens[i + 1][0]))
    return next(named, None)


def _is_called(following: str) -> bool:
    return following == "(" or following.lower() in _GROUPINGS


def _is_metric(word: str, following: str) -> bool:
    return word not in _NOT_METRICS and not (word in AGGREGATIONS and following in _GROUPINGS)


def _skip(tokens: list[Token], at: int, closer: str) -> int:
    """The index after the next `closer`."""
    while tokens[at][0] != closer:
        at += 1
    return at + 1
