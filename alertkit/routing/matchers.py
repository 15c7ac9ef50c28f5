r"""One matcher: its text in Alertmanager's configuration and in definitions, and whether a label's value meets it.

Alertmanager compiles patterns with Go's regexp package, which shares syntax and semantics with RE2. Python's own `re` reads the
same text differently (its \d and \w take all of Unicode, its $ matches before a final newline, it has \Z and (?x) and lacks \z,
\pL, \Q and (?U)), and a tenant's pattern can keep it busy for hours. RE2 runs in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, cast

import re2

from alertkit.model.route import Matcher, Operator

Accepts = Callable[[str], bool]

OPERATORS: Final[tuple[Operator, ...]] = ("=", "!=", "=~", "!~")
"""In the order in which Alertmanager sorts them."""

_CLASSIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# Unquoted values are what both of Alertmanager's parsers, the classic and the UTF-8 one, take without quotes.
_WRITTEN = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*|{_QUOTED})\s*(=~|!=|!~|=)\s*({_QUOTED}|[^\s{{}}!=~,\\\"'`]+)", re.DOTALL)
_ESCAPE = re.compile(r'\\([n"\\])')
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
# RE2 knows these and Go's regexp does not: a single byte, and (before Go 1.22) a group named without P.
_NOT_GO = re.compile(r"(?<!\\)(?:\\\\)*(\\C|\(\?<)")
_REMEMBERED_VALUES = 128
_REMEMBERED_MATCHERS = 16_384


def text(matcher: Matcher) -> str:
    """The matcher as Alertmanager's configuration holds it, the same for its classic and its UTF-8 parser: `name=~"a|b"`.

    A name that is not classic is quoted; only Alertmanager 0.27 and later reads those.

    Raises:
        ValueError: the name is empty, or name or value cannot be written as UTF-8.
    """
    if not matcher.name:
        raise ValueError("a matcher needs the name of a label")
    if _has_surrogates(matcher.name + matcher.value):
        raise ValueError(f"the matcher on {matcher.name!a} holds half a character; it cannot be written as UTF-8")
    name = matcher.name if is_classic(matcher.name) else _quote(matcher.name)
    return f"{name}{matcher.op}{_quote(matcher.value)}"


def parse(written: str) -> Matcher:
    r"""Read `severity=~"crit|warn"`, as definitions and Alertmanager write it.

    In quotes \", \\ and \n are escapes; a backslash before anything else stands for itself, as in Alertmanager's classic parser,
    so that "10\.0\..*" means what it says.

    Raises:
        ValueError: it is not one matcher, or its pattern is not one that Alertmanager reads.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(
            f'{written!r} is not a matcher such as severity="critical" or region=~"eu-.*"; quote the value if in doubt'
        )
    name, op, value = found.groups()
    matcher = Matcher(_unquote(name), cast("Operator", op), _unquote(value))
    text(matcher)
    accepts(matcher)
    return matcher


def is_classic(name: str) -> bool:
    """Is this a label name that every version of Alertmanager reads, without quotes?"""
    return _CLASSIC_NAME.fullmatch(name) is not None


@lru_cache(_REMEMBERED_MATCHERS)
def accepts(matcher: Matcher) -> Accepts:
    """The test of a label's value; a missing label has the value "".

    Raises:
        ValueError: the pattern is not one that Alertmanager reads.
    """
    value = matcher.value
    match matcher.op:
        case "=":
            return value.__eq__
        case "!=":
            return value.__ne__
        case "=~":
            return _pattern(value)
        case "!~":
            matches = _pattern(value)
            return lambda given: not matches(given)


def ordered(matchers: Sequence[Matcher]) -> tuple[Matcher, ...]:
    """The matchers in the order in which Alertmanager tries and prints them."""
    return tuple(sorted(matchers, key=lambda one: (one.name, one.value, OPERATORS.index(one.op))))


def _quote(value: str) -> str:
    return f'"{value.translate(_ESCAPED)}"'


def _unquote(written: str) -> str:
    if not written.startswith('"'):
        return written
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], written[1:-1])


def _has_surrogates(value: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in value)


def _pattern(pattern: str) -> Accepts:
    """A test whether the pattern matches all of a value, remembered as Alertmanager does: label values recur."""
    compiled = _compiled(pattern)

    @lru_cache(_REMEMBERED_VALUES)
    def matches(value: str) -> bool:
        try:
            return compiled.fullmatch(value) is not None
        except UnicodeEncodeError:
            # Half a character, as JSON may hold: Go reads it as U+FFFD.
            return compiled.fullmatch(value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) is not None

    return matches


def _compiled(pattern: str) -> re2._Regexp:
    """Compile a pattern that stands by itself: `a)|(b` would slip out of the anchors that Alertmanager puts around it."""
    if refused := _NOT_GO.search(pattern):
        raise ValueError(f"{pattern!r} is not a pattern that Alertmanager reads: {refused[1]} is unknown there")
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
        # An unfinished \Q would swallow the anchor.
        re2.compile(f"^(?:{pattern})$", options)
    except UnicodeEncodeError as error:
        raise ValueError(f"{pattern!a} holds half a character; a pattern is UTF-8") from error
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise ValueError(f"{pattern!r} is not a pattern in RE2's syntax, which Alertmanager reads: {reason}") from error
    return compiled
