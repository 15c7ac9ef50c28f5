"""The only door to the parser library: text in, our tree out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
import promql_parser as rust

from alertkit.errors import PromQLError
from alertkit.model.route import Matcher, Operator
from alertkit.promql import lexer, mistakes, regexes
from alertkit.promql.syntax import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    Negation,
    Number,
    Paren,
    Range,
    Selector,
    Subquery,
    Text,
)

Hidden: TypeAlias = dict[str, tuple[Operator, str]]
"""Which operator and regular expression a name stands for."""

_OPERATORS: dict[str, Operator] = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_INSTEAD: dict[str, tuple[Operator, str]] = {"=~": ("=~", "="), "!~": ("!~", "!=")}
_MARK = "\x01"
_MATCHED = re.compile(
    rf"""(?P<operator>[=!]~)(?P<between>(?:[ \t\n]|\#[^\n]*+)*+)(?P<text>{lexer.STRING})|{lexer.STRING}|\#[^\n]*""",
    re.VERBOSE | re.DOTALL,
)
"""Regular expressions, and whatever may look like one: other strings, and comments. What is between takes no second try."""
_EQUAL, _BY = rust.MatchOp.Equal, rust.AggModifierType.By  # one object each, and the commonest
_GROUPS = {
    "VectorMatchCardinality.OneToOne": "",
    "VectorMatchCardinality.ManyToMany": "",
    "VectorMatchCardinality.ManyToOne": "left",
    "VectorMatchCardinality.OneToMany": "right",
}


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One expression, read: its tree and, in the order of the text, its selectors and its calls."""

    tree: Expr
    selectors: tuple[Selector, ...]
    calls: tuple[Call | Aggregation, ...]


def parse(expr: str) -> Expr:
    """Read an expression; a check of its syntax and of its types.

    Raises:
        PromQLError: it is not PromQL, or it is too long or too deep.
    """
    return read(expr).tree


def read(source: str) -> Reading:
    """Parse. What is returned is shared: read it.

    Raises:
        PromQLError: as for parse.
    """
    lexer.check(source)  # refuses what would harm the library
    return read_checked(source)


@lru_cache(maxsize=1024)  # each check of an expression asks, and a dashboard a dozen times
def read_checked(source: str) -> Reading:
    """As read, of an expression that `lexer.check` accepts: it is not checked again.

    Raises:
        PromQLError: as for parse.
    """
    text, hidden = _simplified(source)
    walk = _Walk(hidden)
    tree = walk.expr(_parse(text, source))
    return Reading(tree, tuple(walk.selectors), tuple(walk.calls))


def read_without(source: str, own: Matcher) -> tuple[Expr, list[Selector]]:
    """The tree of an expression with a matcher in none of its selectors; and those selectors that did not have it.

    The expression is one that `lexer.check` accepts, with matchers put in between its tokens: it is not checked again.

    Raises:
        PromQLError: as for parse.
    """
    text, hidden = _simplified(source)
    walk = _Walk(hidden, own)
    return walk.expr(_parse(text, source)), walk.without


def _parse(text: str, source: str) -> Any:
    """The library's tree of a text that stands for what the author wrote."""
    try:
        return rust.parse(text)
    except ValueError as error:
        raise mistakes.explain(lexer.lex(source), str(error)) from None
    except BaseException as error:  # a panic of the library is not an Exception
        if type(error).__name__ != "PanicException":
            raise
        raise PromQLError("the expression cannot be parsed: a number or a duration is out of range") from None


def _simplified(source: str) -> tuple[str, Hidden]:
    """The expression for the library, and what stands for which regular expression in it.

    Compiling them takes the library most of its time, and the same few stand everywhere: each is compiled once, and a name that
    is compared for being equal stands in its place. The lexer refuses `_MARK`, and where nothing is escaped no string can say it:
    so no name is an author's.
    """
    if "~" not in source:
        return _requote(source), {}
    found = [match for match in _MATCHED.finditer(source) if match["operator"]]
    regexes.check([(value, match.start("text")) for match in found if (value := _costly(match["text"]))])
    hidden: Hidden = {}
    parts, end = [], 0
    for match in found:
        if (regex := _regex(match["text"])) is not None:
            name = f"{_MARK}{len(hidden)}"
            matched, instead = _INSTEAD[match["operator"]]
            hidden[name] = (matched, regex)
            parts += [source[end : match.start()], instead, match["between"], f'"{name}"']
            end = match.end()
    text = "".join([*parts, source[end:]])
    return (_requote(source), {}) if "\\" in text else (text, hidden)


@lru_cache(maxsize=512)
def _costly(text: str) -> str:
    """The value of a matcher, as written, whose regular expression is long or repeats something; "" for cheap ones."""
    if len(text) <= 100 and "{" not in text and "\\" not in text:
        return ""
    value = _parse(_requote(text), text)
    return value.val if isinstance(value, rust.StringLiteral) else ""


@lru_cache(maxsize=512)
def _regex(text: str) -> str | None:
    """The value of a regular expression as written that is one and does not match what is empty; None for any other, which the
    library judges where it stands."""
    try:
        selector = rust.parse(f"{{r=~{_requote(text)}}}")
    except ValueError:
        return None
    return selector.matchers.matchers[0].value if isinstance(selector, rust.VectorSelector) else None


def _requote(source: str) -> str:
    """Write raw strings that hold a backslash as quoted ones: the library refuses `\\d` between backticks."""
    if "`" not in source or "\\" not in source:
        return source
    parts, end = [], 0
    for text, start in lexer.lex(source):
        if text[0] == "`":
            parts += [source[end:start], quote(text[1:-1])]
            end = start + len(text)
    return "".join([*parts, source[end:]])


@lru_cache(maxsize=512)  # a tenant's name is written into each of its selectors
def quote(value: str) -> str:
    """Write any text as a PromQL string that this package accepts."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + lexer.INVISIBLE.sub(lambda found: f"\\U{ord(found[0]):08x}", escaped) + '"'


class _Walk:
    """Our own walk of the library's tree: its `walk()` is cubic and its `str()` does not escape."""

    def __init__(self, hidden: Hidden, dropped: Matcher | None = None) -> None:
        self.hidden = hidden
        self.dropped = dropped
        self.selectors: list[Selector] = []
        self.without: list[Selector] = []
        self.calls: list[Call | Aggregation] = []

    def expr(self, node: Any) -> Expr:
        read = _READERS.get(type(node))
        if read is None:
            raise PromQLError(f"unknown kind of expression: {type(node).__name__}")
        return read(self, node)

    def selector(self, node: Any) -> Selector:
        found = node.matchers
        if found.or_matchers:
            raise PromQLError("`or` between matchers is not PromQL: write two selectors joined by `or`")
        written = [self.matcher(m.name, m.op, m.value) for m in found.matchers]
        matchers = written if self.dropped is None else [m for m in written if m != self.dropped]
        metric = node.name or next((m.value for m in matchers if m.name == "__name__" and m.op == "="), "")
        at = node.at
        selector = Selector(metric, tuple(matchers), node.offset, "" if at is None else str(at))
        self.selectors.append(selector)
        if len(matchers) == len(written):
            self.without.append(selector)
        return selector

    def matcher(self, name: str, operator: Any, value: str) -> Matcher:
        if value in self.hidden:
            return Matcher(name, *self.hidden[value])
        return Matcher(name, "=" if operator is _EQUAL else _OPERATORS[str(operator)], value)

    def range(self, node: Any) -> Range:
        return Range(self.selector(node.vector_selector), node.range)

    def subquery(self, node: Any) -> Subquery:
        at = node.at
        return Subquery(self.expr(node.expr), node.range, node.step, node.offset, "" if at is None else str(at))

    def call(self, node: Any) -> Call:
        call = Call(node.func.name, tuple(map(self.expr, node.args)))
        self.calls.append(call)
        return call

    def aggregation(self, node: Any) -> Aggregation:
        param, modifier = node.param, node.modifier
        grouping = "" if modifier is None else "by" if modifier.type is _BY else "without"
        read_param = None if param is None else self.expr(param)
        labels = () if modifier is None else tuple(modifier.labels)
        aggregation = Aggregation(str(node.op), self.expr(node.expr), read_param, grouping, labels)
        self.calls.append(aggregation)
        return aggregation

    def binary(self, node: Any) -> Binary:
        modifier = node.modifier
        left, right = self.expr(node.lhs), self.expr(node.rhs)
        if modifier is None:
            return Binary(str(node.op), left, right, False, None)
        return Binary(str(node.op), left, right, modifier.return_bool, _matching(modifier))

    def negation(self, node: Any) -> Negation:
        return Negation(self.expr(node.expr))

    def paren(self, node: Any) -> Paren:
        return Paren(self.expr(node.expr))

    def number(self, node: Any) -> Number:
        value = node.val
        return Number(value if value == value else math.nan)  # one object, so that NaN equals itself in a tree

    def text(self, node: Any) -> Text:
        return Text(node.val)


def _matching(modifier: Any) -> Matching | None:
    labels, group, fill = modifier.matching, _GROUPS[str(modifier.card)], modifier.fill_values
    filled = (fill.lhs, fill.rhs)
    if labels is None and not group and filled == (None, None):
        return None
    on = labels is not None and labels.type == rust.LabelModifierType.Include
    return Matching(on, tuple(labels.labels) if labels else (), group, tuple(modifier.group_labels or ()), filled)


_READERS: dict[type, Callable[[_Walk, Any], Expr]] = {
    rust.VectorSelector: _Walk.selector,
    rust.MatrixSelector: _Walk.range,
    rust.SubqueryExpr: _Walk.subquery,
    rust.Call: _Walk.call,
    rust.AggregateExpr: _Walk.aggregation,
    rust.BinaryExpr: _Walk.binary,
    rust.UnaryExpr: _Walk.negation,
    rust.ParenExpr: _Walk.paren,
    rust.NumberLiteral: _Walk.number,
    rust.StringLiteral: _Walk.text,
}
