"""Finds series for which an expression has a wanted value: PromQL read backwards.

Only what is understood exactly is aimed at; everything else raises UnderivableError, and its rule is reported as uncovered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from alertkit.compiler.cases.labels import Labels, NoExampleError, labels_for, others, takes
from alertkit.compiler.cases.lines import (
    Line,
    Signal,
    UnderivableError,
    each,
    holds,
    line_of,
    minus,
    over,
    pairs,
    plus,
    times,
    unchanged,
    undo_left,
    undo_right,
)
from alertkit.promql import Expr, Selector
from alertkit.promql.functions import COMPARISONS
from alertkit.promql.syntax import Aggregation, Binary, Call, Negation, Range, Subquery, children, unwrap


class Demand(msgspec.Struct, frozen=True):
    """What a series does: its value, or (`counts`) how much its counter gains a second."""

    signal: Signal
    counts: bool = False


Series = tuple[str, tuple[tuple[str, str], ...]]
"""A series' name and its labels, sorted."""

Earlier = dict[dt.timedelta, dict[Series, Demand]]
"""Series as they were some time before each moment."""

_CONSTANT: Final = frozenset(
    ("avg_over_time", "max_over_time", "min_over_time", "last_over_time", "quantile_over_time", "predict_linear")
)
"""Functions of a range that return a constant series' own value. An average of a line would lag; only constants are aimed at."""
_SAME: Final = frozenset(("sort", "sort_desc", "abs", "clamp_min", "clamp_max", "clamp", "sum", "max", "min", "avg", "quantile"))
_CHOSEN: Final = {"-": 1.0, "*": 2.0, "/": 2.0}
_RIGHT_OF: Final[dict[str, Callable[[Line, Line], Line]]] = {
    "+": minus,
    "-": lambda wanted, left: minus(left, wanted),
    "*": over,
    "/": lambda wanted, left: over(left, wanted),
}
"""What stands right of an operator, from the wanted value and what stands left of it."""
_RATES: Final = frozenset(("rate", "irate", "increase", "deriv", "delta"))


class Aim:
    """Series under construction. `wished` are labels that every series gets where its selector leaves them open.

    `earlier` are those that selectors with an offset read, by the offset; None refuses such selectors.
    """

    def __init__(self, phases: int, trees: Iterable[Expr], earlier: Earlier | None = None) -> None:
        self.phases = phases
        self.series: dict[Series, Demand] = {}
        self.earlier = earlier
        self.values: dict[Expr, Signal] = {}
        self.wanted: dict[Expr, Signal] = {}
        self.selectors: list[Selector] = []
        trees = list(trees)
        self.wished = wishes(trees)
        self.grouped = frozenset(label for tree in trees for label in groupings(tree))

    @property
    def every(self) -> Iterator[Series]:
        """All series so far, those of earlier as well."""
        for found in (self.series, *(self.earlier or {}).values()):
            yield from found

    def constant(self, value: float) -> Signal:
        """The same number in every phase."""
        return (Line(value),) * self.phases

    def at(self, expr: Expr, target: Signal) -> None:
        """Make series for which the expression has this value.

        Raises:
            UnderivableError: it is not understood how.
        """
        expr = unwrap(expr)
        if self.values.get(expr, target) != target:
            raise UnderivableError("one of its parts would need two values at once")
        match expr:
            case Selector():
                self._leaf(expr, Demand(target), additive=False)
            case Negation(expr=inner):
                self.at(inner, each(target, lambda line: line.scaled(-1)))
            case Binary():
                self._binary(expr, target)
            case Aggregation():
                self._aggregation(expr, target)
            case Call():
                self._call(expr, target)
            case _:
                raise UnderivableError(f"a {type(expr).__name__.lower()} cannot be read backwards")
        self.values[expr] = target

    def _aggregation(self, expr: Aggregation, target: Signal) -> None:
        if expr.operator == "count":
            self._count(unwrap(expr.expr), target)
            return
        if expr.operator not in _SAME:
            raise UnderivableError(f"{expr.operator}() cannot be read backwards")
        inner = unwrap(expr.expr)
        additive = expr.operator == "sum"
        if additive and isinstance(inner, Selector):
            self._leaf(inner, Demand(target), additive=True)
        elif additive and isinstance(inner, Call) and inner.function in _RATES:
            self._rate(inner, target, additive=True)
        else:
            self.at(inner, target)

    def _count(self, counted: Expr, target: Signal) -> None:
        """One series more than none: a count that is compared with is one that stands still."""
        if not isinstance(counted, Selector) or target != self.constant(1.0):
            raise UnderivableError("count() of this cannot be read backwards")
        self._leaf(counted, Demand(self.constant(1.0)), additive=False)

    def _call(self, expr: Call, target: Signal) -> None:
        if expr.function in _RATES:
            self._rate(expr, target, additive=False)
        elif expr.function in _CONSTANT:
            self._over_time(expr, target)
        elif expr.function == "histogram_quantile":
            self._quantile(expr, target)
        elif expr.function in _SAME and unchanged(expr, target):
            self.at(expr.args[0], target)
        elif line_of(expr) is None:
            raise UnderivableError(f"{expr.function}() cannot be read backwards")
        elif target != self.constant(line_of(expr).at):  # type: ignore[union-attr]  # it is a line
            raise UnderivableError("a number cannot have two values")

    def _over_time(self, expr: Call, target: Signal) -> None:
        argument = expr.args[-1] if expr.function == "quantile_over_time" else expr.args[0]
        ranged = unwrap(argument)
        if any(line is None or line.slope for line in target):
            raise UnderivableError(f"{expr.function}() of something that moves cannot be read backwards")
        if isinstance(ranged, Range):
            self._leaf(ranged.selector, Demand(target), additive=False)
        elif isinstance(ranged, Subquery) and ranged.offset is None and not ranged.at:
            self.at(ranged.expr, target)
        else:
            raise UnderivableError(f"what {expr.function}() ranges over cannot be read backwards")

    def _rate(self, expr: Call, target: Signal, *, additive: bool) -> None:
        ranged = unwrap(expr.args[0])
        if not isinstance(ranged, Range) or any(line is None or line.slope for line in target):
            raise UnderivableError(f"{expr.function}() of something that is no plain range cannot be read backwards")
        seconds = ranged.span.total_seconds() if expr.function in ("increase", "delta") else 1.0
        gains = each(target, lambda line: line.scaled(1 / seconds))
        if expr.function not in ("deriv", "delta") and any(line is not None and line.at < 0 for line in gains):
            raise UnderivableError("a counter would have to fall")
        self._leaf(ranged.selector, Demand(gains, counts=True), additive=additive)

    def _quantile(self, expr: Call, target: Signal) -> None:
        """Buckets whose bounds are the wanted values; in each phase, the part q of all observations is at most its bound."""
        bounds = sorted({line.at for line in target if line is not None and not line.slope})
        share, rates = line_of(expr.args[0]), _rates_of(expr.args[1])
        if None in target or share is None or not 0 < share.at < 1 or not bounds or bounds[0] <= 0:
            raise UnderivableError("this quantile cannot be read backwards")
        for bound in (*bounds, None):
            gains = tuple(_below(bound, line.at, share.at) for line in target if line is not None)
            self._leaf(rates, Demand(gains, counts=True), additive=False, le="+Inf" if bound is None else repr(bound))

    def _binary(self, expr: Binary, target: Signal) -> None:
        left, right = line_of(expr.left), line_of(expr.right)
        if expr.operator == "or":
            self.at(expr.left, target)
            if not _hides(expr):
                self.selectors += selectors_in(expr.right)
        elif expr.operator in COMPARISONS and not expr.returns_bool and right is not None:
            if not all(line is None or holds(expr.operator, line.plus(right, -1)) for line in target):
                raise UnderivableError("a comparison inside it would drop the wanted value")
            self.at(expr.left, target)
        elif expr.operator not in ("+", "-", "*", "/"):
            raise UnderivableError(f"{expr.operator!r} inside it cannot be read backwards")
        elif right is not None:
            self.at(expr.left, each(target, undo_right(expr.operator, right)))
        elif left is not None:
            self.at(expr.right, each(target, undo_left(expr.operator, left)))
        else:
            self._two_sides(expr, target)

    def _two_sides(self, expr: Binary, target: Signal) -> None:
        """The side that is known, wanted elsewhere or chosen; then the other. A part goes before its whole."""
        right = self._known(expr.right)
        if right is None and (left := self._known(expr.left)) is not None:
            self.at(expr.right, pairs(target, left, _RIGHT_OF[expr.operator]))
            self.at(expr.left, left)
            return
        # Not what would make no difference if it were forgotten: 2 divides, half is added, 1 is taken away.
        right = right or (
            each(target, lambda line: line.scaled(0.5)) if expr.operator == "+" else self.constant(_CHOSEN[expr.operator])
        )
        target_left = pairs(target, right, {"+": minus, "-": plus, "*": over, "/": times}[expr.operator])
        self.wanted.setdefault(unwrap(expr.right), right)
        if expr.operator == "-":
            self.at(expr.right, right)
        self.at(expr.left, target_left)
        self.at(expr.right, right)

    def _known(self, expr: Expr) -> Signal | None:
        expr = unwrap(expr)
        return self.values.get(expr) or self.wanted.get(expr)

    def _leaf(self, selector: Selector, demand: Demand, *, additive: bool, le: str = "") -> None:
        if selector.at or not selector.metric:
            raise UnderivableError("a selector with @ or without a name cannot be read backwards")
        series = self._read_by(selector)
        existing = [one for one in series if takes(selector, one[0], dict(one[1]))]
        if existing and additive:
            demand = _remaining((series[one] for one in existing), demand)
        if not existing or additive or le:
            self._add(selector, demand, le)
        elif any(series[one] != demand for one in existing) or len(existing) > 1:
            raise UnderivableError(f"two of its selectors take the same series of {selector.metric}")
        self.selectors.append(selector)

    def _read_by(self, selector: Selector) -> dict[Series, Demand]:
        """Series as they are, or were, at the moment that the selector reads."""
        if selector.offset is None:
            return self.series
        if self.earlier is None or selector.offset <= dt.timedelta():
            raise UnderivableError("a selector with this offset cannot be read backwards")
        return self.earlier.setdefault(selector.offset, {})

    def _add(self, selector: Selector, demand: Demand, le: str) -> None:
        lines, series = [line for line in demand.signal if line is not None], self._read_by(selector)
        if all(line == Line(0) for line in lines) and any(takes(selector, name, dict(labels)) for name, labels in series):
            return
        if demand.counts and any(line.at < 0 for line in lines) and series:
            raise UnderivableError("a part of a sum would have to fall")
        try:
            labels = labels_for(selector, self.wished)
        except NoExampleError as error:
            raise UnderivableError(str(error)) from None
        for candidate in ({**labels, **({"le": le} if le else {})}, *others(selector, labels, self.selectors, self.grouped)):
            if self._is_free(selector, candidate, ranked=bool(le)):
                series[selector.metric, tuple(sorted(candidate.items()))] = demand
                return
        raise UnderivableError(f"no series of {selector.metric} was found that only one of its selectors takes")

    def _is_free(self, selector: Selector, labels: Labels, *, ranked: bool) -> bool:
        """Whether a new series would disturb nothing that was aimed at before; buckets of one histogram belong together."""
        if (selector.metric, tuple(sorted(labels.items()))) in self._read_by(selector):
            return False
        others = (other for other in self.selectors if other.offset == selector.offset and not (ranked and other == selector))
        return not any(takes(other, selector.metric, labels) for other in others)


def _remaining(existing: Iterable[Demand], demand: Demand) -> Demand:
    """What is left to add to a sum."""
    rest = demand.signal
    for one in existing:
        if one.counts is not demand.counts:
            raise UnderivableError("one metric is read both as a counter and as it is")
        rest = pairs(rest, one.signal, minus)
    return Demand(rest, demand.counts)


def _hides(either: Binary) -> bool:
    """Whether whatever is left of `or on()` hides all that is right of it."""
    return either.matching is not None and either.matching.on and not either.matching.labels


def selectors_in(expr: Expr) -> list[Selector]:
    """Every selector of a tree."""
    if isinstance(expr, Selector):
        return [expr]
    return [selector for child in children(expr) for selector in selectors_in(child)]


def groupings(expr: Expr) -> frozenset[str]:
    """Labels by which anything in a tree is grouped or matched."""
    found = frozenset[str]().union(*map(groupings, children(expr)))
    if isinstance(expr, Aggregation) and expr.grouping == "by":
        return found.union(expr.labels)
    return found.union(expr.matching.labels) if isinstance(expr, Binary) and expr.matching and expr.matching.on else found


def wishes(trees: Iterable[Expr]) -> Labels:
    """Labels for all series, so that they meet in joins: those in groupings and matchings, and those of equality matchers."""
    found: Labels = {}
    pending = list(trees)
    while pending:
        expr = pending.pop()
        pending += children(expr)
        if isinstance(expr, Aggregation) and expr.grouping != "without":
            found.update({label: found.get(label, "case") for label in expr.labels})
        elif isinstance(expr, Binary) and expr.matching:
            named = expr.matching.labels if expr.matching.on else ()
            found.update({label: found.get(label, "case") for label in (*named, *expr.matching.include)})
        elif isinstance(expr, Selector):
            found |= {m.name: m.value for m in expr.matchers if m.op == "=" and m.value and m.name != "__name__"}
    found.pop("le", None)
    return found


def _rates_of(expr: Expr) -> Selector:
    """The buckets under a quantile: `sum by (le) (rate(x_bucket[5m]))`."""
    expr = unwrap(expr)
    if isinstance(expr, Aggregation) and expr.operator == "sum" and "le" in expr.labels and expr.grouping == "by":
        expr = unwrap(expr.expr)
    ranged = unwrap(expr.args[0]) if isinstance(expr, Call) and expr.function == "rate" else None
    if not isinstance(ranged, Range):
        raise UnderivableError("only the quantile of a rate of buckets can be read backwards")
    return ranged.selector


def _below(bound: float | None, wanted: float, share: float) -> Line:
    """The rate of a cumulative bucket when the part `share` of one observation a second lies at most at `wanted`."""
    if bound is None or bound > wanted:
        return Line(1.0)
    return Line(share if bound == wanted else 0.0)
