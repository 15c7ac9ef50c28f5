"""Which labels the series of a result can have. Says "absent" only when no data whatever could prove it wrong."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from alertkit.promql.functions import ABSENCE, FUNCTIONS, KEEP_LABELS, PICKING, WRITE_LABEL, is_scalar
from alertkit.promql.parser import parse
from alertkit.promql.syntax import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    Negation,
    Paren,
    Range,
    Selector,
    Subquery,
    Text,
    unwrap,
)


class LabelFlow(msgspec.Struct, frozen=True, gc=False):
    """The labels that a result can have.

    `only` closes the set: after `sum by (job)` nothing but `job` can be there. None leaves it open; then `absent` holds the
    labels that cannot be there all the same.
    """

    only: frozenset[str] | None = None
    absent: frozenset[str] = frozenset()

    def may_have(self, label: str) -> bool:
        """Whether some data could give the result this label."""
        return label not in self.absent if self.only is None else label in self.only

    def keep(self, labels: Iterable[str]) -> LabelFlow:
        """After dropping every label but these."""
        return LabelFlow(only=frozenset(label for label in labels if self.may_have(label)))

    def drop(self, labels: Iterable[str]) -> LabelFlow:
        """After dropping these labels."""
        if self.only is None:
            return LabelFlow(absent=self.absent.union(labels))
        return LabelFlow(only=self.only.difference(labels))

    def add(self, labels: Iterable[str]) -> LabelFlow:
        """After something that may write these labels."""
        if self.only is None:
            return LabelFlow(absent=self.absent.difference(labels))
        return LabelFlow(only=self.only.union(labels))

    def either(self, other: LabelFlow) -> LabelFlow:
        """Series of both sides, next to each other."""
        if self.only is not None:
            return other.add(self.only)
        if other.only is not None:
            return self.add(other.only)
        return LabelFlow(absent=self.absent & other.absent)

    def both(self, other: LabelFlow) -> LabelFlow:
        """Only labels that both sides can have."""
        if self.only is not None:
            return other.keep(self.only)
        if other.only is not None:
            return self.keep(other.only)
        return LabelFlow(absent=self.absent | other.absent)


_OPEN = LabelFlow()
_NONE = LabelFlow(only=frozenset())


@lru_cache(maxsize=1024)
def label_flow(expr: str) -> LabelFlow:
    """Tell which labels the result of an expression can have, for texts that name one (`{instance}`).

    Raises:
        PromQLError: the expression is not PromQL.
    """
    return _flow(parse(expr))


def _flow(expr: Expr) -> LabelFlow:
    match expr:
        case Selector(matchers=matchers):
            return _OPEN.drop(m.name for m in matchers if m.op == "=" and not m.value)
        case Range(selector=inner) | Subquery(expr=inner) | Paren(expr=inner) | Negation(expr=inner):
            return _flow(inner)
        case Call():
            return _call(expr)
        case Aggregation():
            return _aggregation(expr)
        case Binary():
            return _binary(expr)
        case _:
            return _NONE


def _call(call: Call) -> LabelFlow:
    if call.function not in FUNCTIONS:
        return _OPEN
    if call.function in ABSENCE:
        return _absence(unwrap(call.args[0]))
    of_vector = next((_flow(arg) for arg in call.args if not is_scalar(arg) and not isinstance(unwrap(arg), Text)), _NONE)
    if call.function in KEEP_LABELS:
        return of_vector
    if call.function in WRITE_LABEL:
        written = unwrap(call.args[WRITE_LABEL[call.function]])
        return of_vector.add([written.value]) if isinstance(written, Text) else _OPEN
    return of_vector.drop(["le"]) if call.function == "histogram_quantile" else _NONE


def _absence(expr: Expr) -> LabelFlow:
    """absent() has the labels that its selector asks for by equality, and no others."""
    selector = expr.selector if isinstance(expr, Range) else expr
    if not isinstance(selector, Selector):
        return _NONE
    return LabelFlow(only=frozenset(m.name for m in selector.matchers if m.op == "=" and m.value))


def _aggregation(aggregation: Aggregation) -> LabelFlow:
    inner = _flow(aggregation.expr)
    if aggregation.operator in PICKING:
        return inner
    flow = inner.drop(aggregation.labels) if aggregation.grouping == "without" else inner.keep(aggregation.labels)
    if aggregation.operator != "count_values":
        return flow
    written = unwrap(aggregation.param) if aggregation.param else None
    return flow.add([written.value]) if isinstance(written, Text) else _OPEN


def _binary(binary: Binary) -> LabelFlow:
    left, right = _flow(binary.left), _flow(binary.right)
    if is_scalar(binary.right) or binary.operator in ("and", "unless"):
        return left
    if is_scalar(binary.left):
        return right
    if binary.operator == "or":
        return left.either(right)
    return _joined(left, right, binary.matching or Matching())


def _joined(left: LabelFlow, right: LabelFlow, matching: Matching) -> LabelFlow:
    """The labels of vector-to-vector arithmetic and comparison: Prometheus' resultMetric in promql/engine.go."""
    if matching.fill != (None, None):
        return _OPEN
    if matching.group:
        many, one = (left, right) if matching.group == "left" else (right, left)
        return many.drop(matching.include).add(label for label in matching.include if one.may_have(label))
    if matching.on:
        return left.both(right).keep(matching.labels)
    return left.drop(matching.labels).both(right)
