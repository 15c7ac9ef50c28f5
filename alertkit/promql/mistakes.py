"""Say where an expression stops being PromQL and what was expected there.

The parser library answers "invalid promql query" without a place. So once it has refused, the tokens are read here a second
time, by the grammar alone, up to the first one that fits nowhere. This decides nothing: it only finds words.
"""

from __future__ import annotations

import difflib
import re

from alertkit.errors import PromQLError
from alertkit.promql import places
from alertkit.promql.functions import AGGREGATIONS, COMPARISONS, FUNCTIONS, SET_OPERATORS
from alertkit.promql.lexer import MATCH_OPERATORS, QUOTES, Token

_OPERATORS = COMPARISONS | SET_OPERATORS | frozenset("+-*/%^") | {"atan2"}
_AFTER_METRIC = _OPERATORS | {"offset"}
_VALUE = "a metric, a number, a function or '('"
_KINDS = {"vector": "an instant vector (metric)", "matrix": "a range (metric[5m])", "scalar": "a number", "string": "a string"}
_TYPE = re.compile(r"expected type (\w+) in (?:call to function '(\w+)'|aggregation expression), got (\w+)")
_COUNT = re.compile(r"expected (?:at least |at most )?(\d+) argument\(s\) in call to '(\w+)', got (\d+)")
_UNKNOWN = re.compile(r"unknown function with name '(\w+)'")
_REGEX = re.compile(r"illegal regex for (.*)", re.DOTALL)
_ESCAPE = re.compile(r"unknown escape sequence '(.)'|invalid syntax")
_NUMBER = re.compile(r"bad number or duration syntax: (\S+)")
_REMARKS = {
    "binary expression must contain only scalar and instant vector types": "an operator stands between numbers and instant "
    "vectors only, not ranges or strings: use a function such as rate(metric[5m])",
    "comparisons between scalars must use BOOL modifier": "both sides of the comparison are plain numbers, which Prometheus "
    "refuses here: make one a vector, as in vector(time()) > 0",
    "duration must be greater than 0": "expected a duration greater than 0",
    "offset modifier must be preceded by an vector selector or matrix selector or a subquery": "`offset` stands directly after "
    "a metric, its range or a subquery: rate(metric[5m] offset 1h)",
    "ranges only allowed for vector selectors": "a range such as [5m] stands directly after a metric; over anything else write "
    "a subquery: [5m:1m]",
    "vector selector must contain at least one non-empty matcher": "a selector needs a metric name or a matcher that is not "
    'empty, such as up or {job="api"}',
}


def explain(tokens: list[Token], library_says: str) -> PromQLError:
    """Turn the library's refusal into one with a place and an expectation."""
    try:
        _Grammar(tokens).whole()
    except PromQLError as found:
        return found
    return _of_meaning(tokens, library_says)


def _of_meaning(tokens: list[Token], says: str) -> PromQLError:
    if match := _UNKNOWN.search(says):
        return _unknown_function(match[1], places.call(tokens, match[1]))
    if match := _TYPE.search(says):
        wanted, name, got = (_KINDS.get(match[1], match[1]), match[2], _KINDS.get(match[3], match[3]))
        who, where = (f"{name}()", places.call(tokens, name)) if name else ("an aggregation", None)
        return PromQLError(f"{who} expects {wanted}, found {got}", where)
    if match := _COUNT.search(says):
        return PromQLError(f"{match[2]}() expects {match[1]} argument(s), found {match[3]}", places.call(tokens, match[2]))
    if match := _REGEX.fullmatch(says):
        where = next((start for text, start in tokens if text[1:-1].replace("\\\\", "\\") == match[1]), None)
        return PromQLError(f"{match[1]!r} is not a regular expression", where)
    if match := _NUMBER.match(says):
        found = next((token for token in tokens if token[0].startswith(match[1])), (match[1], None))
        return PromQLError(f"expected a number such as 0.05 or 2e9, or a duration such as 5m, found {found[0][:40]!r}", found[1])
    if _ESCAPE.fullmatch(says):
        return PromQLError("a backslash in a string starts an unknown escape: write it twice")
    return PromQLError(_REMARKS.get(says, says))


def _unknown_function(name: str, where: int | None) -> PromQLError:
    near = difflib.get_close_matches(name, FUNCTIONS | AGGREGATIONS, n=1, cutoff=0.7)
    return PromQLError(f"there is no function {name}()" + (f": did you mean {near[0]}()?" if near else ""), where)


class _Grammar:
    """A reading of the tokens by PromQL's grammar, without precedence and without types."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def text(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def fail(self, expected: str) -> PromQLError:
        if self.at < len(self.tokens):
            return PromQLError(f"expected {expected}, found {self.text[:40]!r}", self.tokens[self.at][1])
        text, start = self.tokens[-1] if self.tokens else ("", 0)
        return PromQLError(f"expected {expected}, but the expression ends", start + len(text))

    def take(self, *wanted: str) -> bool:
        if self.text.lower() not in wanted:
            return False
        self.at += 1
        return True

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise self.fail(repr(wanted))

    def whole(self) -> None:
        self.expression()
        if self.at < len(self.tokens):
            raise self.fail("an operator or the end")

    def expression(self) -> None:
        self.operand()
        while self.text.lower() in _OPERATORS:
            self.at += 1
            self.modifiers()
            self.operand()
        if self.text == "=":
            raise self.fail("'==' to compare")

    def modifiers(self) -> None:
        self.take("bool")
        if self.take("on", "ignoring"):
            self.labels()
            if self.take("group_left", "group_right") and self.text == "(":
                self.labels()

    def operand(self) -> None:
        while self.take("+", "-"):
            pass
        first = self.text[:1]
        if self.take("("):
            self.expression()
            self.need(")")
        elif first == "{":
            self.matchers()
        elif (first.isalpha() or first in ("_", ":")) and self.text.lower() not in SET_OPERATORS:
            self.word()
        elif first and (first in QUOTES or first.isdigit() or first == "."):
            self.at += 1
        elif self.at and self.tokens[self.at - 1][0] == "%":
            raise PromQLError("'%' is the remainder of a division; 5 % is written 0.05", self.tokens[self.at - 1][1])
        else:
            raise self.fail(_VALUE)
        self.suffixes()

    def word(self) -> None:
        word = self.text.lower()
        self.at += 1
        if self.text == "(":
            self.arguments()
            if word in AGGREGATIONS:
                self.grouping()
        elif word in AGGREGATIONS and self.text.lower() in ("by", "without"):
            self.grouping()
            self.arguments()
        elif word in AGGREGATIONS and self.text[:1].isalpha() and self.text.lower() not in _AFTER_METRIC:
            raise self.fail(f"'(' or 'by' after {word}")
        elif self.text == "{":
            self.matchers()

    def grouping(self) -> None:
        if self.take("by", "without"):
            self.labels()

    def arguments(self) -> None:
        self.need("(")
        if self.take(")"):
            return
        self.expression()
        while self.take(","):
            self.expression()
        if not self.take(")"):
            raise self.fail("',' or ')'")

    def labels(self) -> None:
        if not self.take("("):
            raise self.fail("'(' and label names")
        while not self.take(")"):
            self.label()
            if not self.take(",") and self.text != ")":
                raise self.fail("',' or ')'")

    def label(self) -> None:
        if not (self.text[:1].isalpha() or self.text[:1] in ("_", *QUOTES)) or not self.text:
            raise self.fail("a label name")
        self.at += 1

    def matchers(self) -> None:
        self.need("{")
        while not self.take("}"):
            quoted = self.text[:1] in QUOTES
            self.label()
            if self.text in MATCH_OPERATORS:
                self.at += 1
                if self.text[:1] not in QUOTES or not self.text:
                    raise self.fail("a quoted value")
                self.at += 1
            elif not quoted:
                raise self.fail("'=', '!=', '=~' or '!~' after the label name")
            if not self.take(",") and self.text != "}":
                raise self.fail("',' or '}'")

    def suffixes(self) -> None:
        while self.text in ("[", "@") or self.text.lower() == "offset":
            if self.take("["):
                self.span()
                if self.take(":") and self.text != "]":
                    self.span()
                self.need("]")
            elif self.take("offset"):
                self.take("-", "+")
                self.span()
            else:
                self.at += 1
                self.moment()

    def span(self) -> None:
        if not self.text[:1].isdigit():
            raise self.fail("a duration such as 5m")
        self.at += 1

    def moment(self) -> None:
        self.take("-", "+")
        if self.take("start", "end"):
            self.need("(")
            self.need(")")
        elif self.text[:1].isdigit() or self.text[:1] == ".":
            self.at += 1
        else:
            raise self.fail("a Unix time, start() or end()")
