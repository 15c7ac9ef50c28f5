"""Source text → tokens, and the limits that keep the parser safe from what hostile text does to it.

The parser (a Rust library) gives no positions, recurses without a limit (20,000 parentheses end the process) and is
quadratic in nesting: so length, depth and the number of operators are bounded here, before it sees anything.
"""

from __future__ import annotations

import itertools
import re
import string
from functools import lru_cache
from typing import Final, TypeAlias

from alertkit.errors import PromQLError

Token: TypeAlias = tuple[str, int]
"""A token's text and its offset in characters from 0. Space and comments are not tokens."""

MAX_LENGTH = 20_000
"""Characters of one expression; the longest of the public mixins has about 3,000."""
MAX_DEPTH = 50
"""Brackets inside each other."""
MAX_OPERATORS = 200
"""Operators in one expression; each may be one level of the tree."""

INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufff9-\uffff\U000e0000-\U0010ffff]"
)
"""Control characters and those that hide or reorder text: no expression and no tenant's name may hold one."""

MATCH_OPERATORS: Final = frozenset(("=", "!=", "=~", "!~"))
QUOTES: Final = frozenset("\"'`")
STRING: Final = r"""(?:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'|`[^`]*+`)"""
"""A string in any of the three quotes, as a regular expression (with DOTALL)."""
COMMENT: Final = r"\#[^\n]*+"
GAP: Final = rf"[ \t\n]*+(?:{COMMENT}[ \t\n]*+)*+"
"""What may stand between two tokens."""

_PIECE = re.compile(
    rf"""[ \t\n]+
    |(?:[A-Za-z_]|:(?![0-9]))[A-Za-z0-9_:]*
    |[(){{}}\[\],]
    |{STRING}
    |[=!]~|[=!<>]=
    |(?:[0-9]|\.[0-9])(?:[eE][+-](?=[0-9])|[0-9A-Za-z_.])*
    |\#[^\n]*|.""",
    re.VERBOSE | re.DOTALL,
)
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_WORD_OPERATORS = frozenset(("and", "or", "unless", "atan2"))
_NUMBER_WORDS = frozenset(("inf", "nan"))
NUMBER_START: Final = frozenset("0123456789.")
_SPACE, _PLAIN, _OPERATOR, _NUMBER, _STRAY = range(5)
_OPEN, _CLOSE = frozenset(b"([{"), frozenset(b")]}")
"""A bracket is a kind of its own: its character's number."""
_BLANK = frozenset(" \t\n#")
_KINDS: Final[dict[str, int]] = {
    **dict.fromkeys((*string.ascii_letters, "_", ":", ",", "@", "=", "=~", "!~"), _PLAIN),
    **{chr(kind): kind for kind in _OPEN | _CLOSE},
    **dict.fromkeys(("+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">=", *_WORD_OPERATORS), _OPERATOR),
    **dict.fromkeys(_BLANK, _SPACE),
}
"""What the commonest tokens are, by their whole text."""
_INSTEAD = {
    "!": ": write `unless` or `!=`",
    "$": ": variables are for dashboards",
    "&": ": write `and`",
    "|": ": write `or`",
}
_DURATION = "(?:0*[0-9]{1,12}(?:ms|[smhdwy]))+"
_DECIMAL = r"0*[0-9]{1,12}(?:\.[0-9]{0,9})?"
_SPAN = re.compile(rf"{_DECIMAL}|{_DURATION}")
_PLAIN_TEXT = re.compile(
    rf"""(?:[A-Za-z_:][A-Za-z0-9_:]*+
    |[ \t\n(){{}},+*/%^-]++
    |=(?:~?{GAP}{STRING}|=)
    |!(?:[=~]{GAP}{STRING}|=)
    |[<>]=?
    |\[{GAP}{_DURATION}{GAP}(?::{GAP}(?:{_DURATION}{GAP})?)?\]
    |{_DECIMAL}(?![0-9A-Za-z_.])
    |{COMMENT})*+""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN_LENGTH, _PLAIN_PARENS, _PLAIN_SIGNS = 300, MAX_DEPTH - 3, 100
"""So short a text with so few signs has at most MAX_OPERATORS operators: all but a sign need a character for an operand too.
And parentheses alone are nested: in braces and in brackets, plain text has no others."""


def check_text(source: str) -> None:
    """Refuse text that is too long or holds characters that nobody sees.

    Raises:
        PromQLError: with the place.
    """
    if len(source) > MAX_LENGTH:
        raise PromQLError(f"the expression has {len(source)} characters, at most {MAX_LENGTH} are accepted", MAX_LENGTH)
    if not (source.isascii() and source.isprintable()) and (found := INVISIBLE.search(source)):
        raise PromQLError(f"the character U+{ord(found[0]):04X} is invisible or a control character: remove it", found.start())


def check(source: str) -> None:
    """Refuse what the parser may not see: as lex, without splitting what is plain.

    Raises:
        PromQLError: as for lex. An unclosed bracket may be left for the parser to refuse.
    """
    if not is_plain(source):
        split(source)


@lru_cache(maxsize=1024)  # each check of an expression asks, too
def is_plain(source: str) -> bool:
    """Whether an expression is short and holds nothing but words, operators, matchers with their strings, decimal numbers, and
    durations in brackets. No other string, number or duration is plain.

    Raises:
        PromQLError: as for check_text.
    """
    check_text(source)
    return (
        len(source) <= _PLAIN_LENGTH
        and source.count("(") <= _PLAIN_PARENS
        and source.count("-") + source.count("+") <= _PLAIN_SIGNS
        and _PLAIN_TEXT.fullmatch(source) is not None
    )


@lru_cache(maxsize=1024)  # each check of an expression asks
def lex(source: str) -> list[Token]:
    """Split an expression into tokens, with every bracket closed by its own kind. What is returned is shared: read it.

    Raises:
        PromQLError: the text is too long, too deep, has too many operators, an unclosed bracket or string, or a character
            that PromQL does not know.
    """
    return _tokens(*split(source))


@lru_cache(maxsize=1024)  # many are only checked, and their tokens never asked for
def split(source: str) -> tuple[list[str], bytes]:
    """The pieces of an expression, space and comments too, and a number for what each is. Errors as for lex."""
    check_text(source)
    texts = _PIECE.findall(source)
    kinds = bytes(map(_kind, texts))
    shape = kinds.replace(b"\0", b"")
    if not _is_sound(shape):
        _check(_tokens(texts, kinds), shape)
    return texts, kinds


def _tokens(texts: list[str], kinds: bytes) -> list[Token]:
    offsets = itertools.accumulate(map(len, texts), initial=0)
    return list(itertools.compress(zip(texts, offsets, strict=False), kinds))  # a space's kind is 0


@lru_cache(maxsize=1024)  # rules are alike: a tenant's hundreds have a few dozen shapes
def _is_sound(shape: bytes) -> bool:
    """Whether tokens of these kinds pass `_check` whatever they say."""
    try:
        _check([("", 0)] * len(shape), shape)
    except PromQLError:
        return False
    return _NUMBER not in shape


def _check(tokens: list[Token], kinds: bytes) -> None:
    opened: list[Token] = []
    operators = 0
    for at, kind in enumerate(kinds):
        if kind == _PLAIN:
            continue
        text, offset = tokens[at]
        if kind in _OPEN:
            opened.append((chr(kind), offset))
        elif kind in _CLOSE:
            _close(chr(kind), offset, opened)
        elif kind == _OPERATOR:
            operators += 1
        elif kind == _NUMBER:
            _check_span(tokens, at, in_range=bool(opened) and opened[-1][0] == "[")
        else:
            raise _stray(text, offset)
        if len(opened) > MAX_DEPTH or operators > MAX_OPERATORS:
            raise _too_much(offset, len(opened))
    if opened:
        bracket, where = opened[-1]
        raise PromQLError(f"{bracket!r} is never closed: expected {_CLOSER[bracket]!r}", where)


@lru_cache(maxsize=2048)  # the same names, brackets and durations stand in every expression
def _kind(text: str) -> int:
    """What a token is. A number is _PLAIN where it could stand as a duration, and _NUMBER where its place has to be looked at."""
    first = text[0]
    if first in NUMBER_START:
        return _PLAIN if _SPAN.fullmatch(text) else _NUMBER
    if text in _KINDS or len(text) == 1:
        return _KINDS.get(text, _STRAY)
    if len(text) < 7 and text.lower() in _WORD_OPERATORS:
        return _OPERATOR
    if len(text) == 3 and text.lower() in _NUMBER_WORDS:
        return _NUMBER
    return _SPACE if first in _BLANK else _PLAIN


def _close(text: str, offset: int, opened: list[Token]) -> None:
    if not opened:
        raise PromQLError(f"{text!r} closes nothing that was opened before", offset)
    bracket, where = opened.pop()
    if _CLOSER[bracket] != text:
        raise PromQLError(f"expected {_CLOSER[bracket]!r} for the {bracket!r} at character {where + 1}, found {text!r}", offset)


def _check_span(tokens: list[Token], at: int, *, in_range: bool) -> None:
    """A duration's size is checked here because the parser panics on `[1e400]`."""
    text, offset = tokens[at]
    if in_range or _follows_offset(tokens, at):
        raise PromQLError(f"expected a duration such as 30s, 5m or 1h30m, found {text[:40]!r}", offset)


def _follows_offset(tokens: list[Token], at: int) -> bool:
    before = [text.lower() for text, _ in tokens[max(at - 2, 0) : at]]
    return before[-1:] == ["offset"] or (before[:1] == ["offset"] and before[1] in ("-", "+"))


def _too_much(offset: int, depth: int) -> PromQLError:
    if depth > MAX_DEPTH:
        return PromQLError(f"brackets are nested deeper than {MAX_DEPTH} levels", offset)
    return PromQLError(f"more than {MAX_OPERATORS} operators in one expression: record parts of it first", offset)


def _stray(text: str, offset: int) -> PromQLError:
    if text in QUOTES:
        return PromQLError(f"the string that {text} opens is never closed", offset)
    if text.isspace():
        return PromQLError(f"the character U+{ord(text):04X} is not a plain space: type it again", offset)
    return PromQLError(f"unexpected character {text!r}{_INSTEAD.get(text, '')}", offset)
