"""Keep an expression inside its tenant: put the matcher into every selector, and prove that it is there.

The text is spliced where a search by regular expression finds selectors, which is not to be trusted. What is trusted is the
proof that follows: the result is parsed again, every selector must carry the matcher, and without the matcher its tree must
equal the original's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from alertkit.errors import IsolationError
from alertkit.model.route import Matcher
from alertkit.promql import lexer, parser, places
from alertkit.promql.functions import FUNCTIONS, WRITE_LABEL
from alertkit.promql.parser import Reading
from alertkit.promql.syntax import Aggregation, Call, Expr, Selector, Text, replace_selectors, unwrap

Insertion: TypeAlias = tuple[int, str]
"""An offset in the original text and what to put there."""

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@lru_cache(maxsize=1024)  # a dashboard asks when it is drawn and when it is checked
def isolate(expr: str, label: str, value: str, shared: frozenset[str] = frozenset()) -> str:
    """Return the expression with `label="value"` in every selector; layout and comments stay the author's.

    Metrics in `shared` are left alone where a selector names one exactly. A selector that has the matcher keeps it, so
    isolating twice changes nothing.

    Raises:
        PromQLError: the expression is not PromQL, or it is too long, too deep or too costly.
        IsolationError: it already matches on the label otherwise, writes the label, reads series that no selector names
            (`info`), or the result cannot be proven.
    """
    return insert(expr, insertions(expr, label, value, shared))


def insertions(expr: str, label: str, value: str, shared: frozenset[str]) -> list[Insertion]:
    """What must be put where to isolate an expression, proven; arguments and errors as for isolate."""
    own = _own_matcher(label, value)
    if "" in shared:
        raise IsolationError("a shared metric has a name: remove the empty one")
    original = parser.read(expr)  # shared with the other checks of the expression
    _refuse_forging(expr, original, label)
    if _is_isolated(original, own, shared):
        return []
    found = _plan(expr, original, own, shared)
    _prove(original, insert(expr, found), own, shared)
    return found


def _is_isolated(reading: Reading, own: Matcher, shared: frozenset[str]) -> bool:
    """Whether every selector has the matcher, and no other on its label: then nothing is put in, and nothing is to be proven."""
    return all(
        (own in selector.matchers or selector.metric in shared)
        and all(matcher == own or matcher.name != own.name for matcher in selector.matchers)
        for selector in reading.selectors
    )


def insert(expr: str, found: list[Insertion]) -> str:
    """The expression with texts put in, each at its offset in the original."""
    parts, end = [], 0
    for offset, text in found:
        parts += [expr[end:offset], text]
        end = offset
    return "".join([*parts, expr[end:]])


@lru_cache(maxsize=32)
def _own_matcher(label: str, value: str) -> Matcher:
    if not _LABEL.fullmatch(label) or label == "__name__":
        raise IsolationError(f"{label!r} cannot be the tenant label: expected letters, digits and underscores")
    if not value or not value.isprintable() or lexer.INVISIBLE.search(value):
        raise IsolationError(f"{value!r} cannot be a tenant's label value: expected visible characters, at least one")
    return Matcher(label, "=", value)


def _refuse_forging(expr: str, reading: Reading, label: str) -> None:
    for call in reading.calls:
        name, written = _written_label(call)
        if isinstance(call, Call) and name not in FUNCTIONS:
            hint = ": it reads series that no selector names; join them with group_left instead" if name == "info" else ""
            raise IsolationError(f"{name}() cannot be isolated{hint}", places.call(lexer.lex(expr), name))
        if written is not None and (not isinstance(written, Text) or written.value == label):
            where = places.call(lexer.lex(expr), name)
            raise IsolationError(f"{name} may not write {label!r}, the label that tells tenants apart", where)


def _written_label(call: Call | Aggregation) -> tuple[str, Expr | None]:
    """The name of the call, and the argument that names a label which it writes."""
    if isinstance(call, Aggregation):
        return call.operator, unwrap(call.param) if call.operator == "count_values" and call.param else None
    at = WRITE_LABEL.get(call.function)
    return call.function, None if at is None else unwrap(call.args[at])


def _plan(expr: str, reading: Reading, own: Matcher, shared: frozenset[str]) -> list[Insertion]:
    found = places.selectors(expr)
    if len(found) != len(reading.selectors):
        raise IsolationError(
            'cannot tell where the selectors are: write a metric named like a word of the language as {__name__="and"}'
        )
    written = f"{own.name}={parser.quote(own.value)}"
    return [
        (place.insert, f"{place.before}{written}{place.after}")
        for place, selector in zip(found, reading.selectors, strict=True)
        if _wants_matcher(selector, own, shared, place.start)
    ]


def _wants_matcher(selector: Selector, own: Matcher, shared: frozenset[str], where: int) -> bool:
    for matcher in selector.matchers:
        if matcher.name == own.name and matcher != own:
            raise IsolationError(
                f"the selector already matches on {own.name} ({matcher.op}): remove that matcher; "
                f"{own.name}={parser.quote(own.value)} is put into every selector",
                where,
            )
    return own not in selector.matchers and selector.metric not in shared


def _prove(original: Reading, result: str, own: Matcher, shared: frozenset[str]) -> None:
    """Nothing but the matcher was added, and no selector is without it."""
    tree, unguarded = parser.read_without(result, own)
    if any(selector.metric not in shared for selector in unguarded) or tree != _without(original, own):
        raise IsolationError("the expression cannot be proven to read only the tenant's series; write it more plainly")


def _without(reading: Reading, own: Matcher) -> Expr:
    """The tree, with the matcher in none of its selectors."""
    if not any(own in selector.matchers for selector in reading.selectors):
        return reading.tree

    def change(selector: Selector) -> Selector:
        matchers = tuple([matcher for matcher in selector.matchers if matcher != own])
        return Selector(selector.metric, matchers, selector.offset, selector.at)

    return replace_selectors(reading.tree, change)
