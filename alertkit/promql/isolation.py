"""Keep an expression inside its tenant: put the matcher into every selector, and prove that it is there.

The text is spliced by tokens, which is not to be trusted. What is trusted is the proof that follows: the result is parsed
again, every selector must carry the matcher, and without the matcher its tree must equal the original's.
"""

from __future__ import annotations

import re

from alertkit.errors import IsolationError
from alertkit.model.route import Matcher
from alertkit.promql import parser, places
from alertkit.promql.parser import Reading
from alertkit.promql.syntax import Aggregation, Call, Expr, Paren, Selector, Text

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff\ufff9-\uffff]+")
_WRITES_LABEL = {"label_replace": 1, "label_join": 1, "histogram_quantiles": 1}
"""Functions that write a label, and which argument names it."""


def isolate(expr: str, label: str, value: str, shared: frozenset[str] = frozenset()) -> str:
    """Return the expression with `label="value"` in every selector; layout and comments stay the author's.

    Metrics in `shared` are left alone where a selector names one exactly. A selector that has the matcher keeps it, so
    isolating twice changes nothing.

    Raises:
        PromQLError: the expression is not PromQL, or it is too long or too deep.
        IsolationError: it already matches on the label otherwise, writes the label, reads series that no selector names
            (`info`), or the result cannot be proven.
    """
    own = _own_matcher(label, value)
    original = parser.read(expr, without=own)
    _refuse_forging(original, label)
    result = _splice(expr, original, own, shared)
    _prove(original, parser.read(result, without=own), own, shared)
    return result


def _own_matcher(label: str, value: str) -> Matcher:
    if not _LABEL.fullmatch(label) or label == "__name__":
        raise IsolationError(f"{label!r} cannot be the tenant label: expected letters, digits and underscores")
    if not _VALUE.fullmatch(value):
        raise IsolationError(f"{value!r} cannot be a tenant's label value: expected visible characters, at least one")
    return Matcher(label, "=", value)


def _refuse_forging(reading: Reading, label: str) -> None:
    for call in reading.calls:
        name = call.function if isinstance(call, Call) else call.operator
        where = places.call(reading.tokens, name)
        if name == "info":
            raise IsolationError("info() reads series that no selector names: join them with group_left instead", where)
        written = _written_label(call)
        if written is not None and (not isinstance(written, Text) or written.value == label):
            raise IsolationError(f"{name} may not write the label {label!r}, which tells tenants apart", where)


def _written_label(call: Call | Aggregation) -> Expr | None:
    """The argument that names a label which the call writes."""
    if isinstance(call, Aggregation):
        return _unwrap(call.param) if call.operator == "count_values" else None
    at = _WRITES_LABEL.get(call.function)
    return None if at is None else _unwrap(call.args[at])


def _unwrap(expr: Expr | None) -> Expr | None:
    while isinstance(expr, Paren):
        expr = expr.expr
    return expr


def _splice(expr: str, reading: Reading, own: Matcher, shared: frozenset[str]) -> str:
    found = places.selectors(reading.tokens)
    if len(found) != len(reading.selectors):
        raise IsolationError("cannot tell where the selectors are: a metric is named like a word of the language")
    written = f"{own.name}={parser.quote(own.value)}"
    parts, end = [], 0
    for place, selector in zip(found, reading.selectors, strict=True):
        if _wants_matcher(selector, own, shared, place.start):
            parts += [expr[end : place.insert], place.wrap(written)]
            end = place.insert
    return "".join([*parts, expr[end:]])


def _wants_matcher(selector: Selector, own: Matcher, shared: frozenset[str], where: int) -> bool:
    for matcher in selector.matchers:
        if matcher.name == own.name and matcher != own:
            raise IsolationError(
                f"the selector already matches {own.name}{matcher.op}{parser.quote(matcher.value)}: "
                f"remove it, {own.name}={parser.quote(own.value)} is added to every selector",
                where,
            )
    return own not in selector.matchers and selector.metric not in shared


def _prove(original: Reading, result: Reading, own: Matcher, shared: frozenset[str]) -> None:
    """Nothing but the matcher was added, and no selector is without it."""
    if original.tree != result.tree or any(own not in s.matchers and s.metric not in shared for s in result.selectors):
        raise IsolationError("the expression cannot be proven to read only the tenant's series; write it more plainly")
