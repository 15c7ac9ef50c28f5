"""Finds series for which an expression has a wanted value: PromQL read backwards.

Only what is understood exactly is aimed at; everything else raises UnderivableError, and its rule is reported as uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from alertkit.compiler.cases.feed import Demand, Earlier, Feed
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
from alertkit.compiler.cases.trees import selectors_in
from alertkit.promql import Expr, Selector
from alertkit.promql.functions import COMPARISONS
from alertkit.promql.syntax import Aggregation, Binary, Call, Negation, Range, Subquery, unwrap

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


class Aim(Feed):
    """Series for which expressions have wanted values; each of `phases` stretches of time has its own."""

    def __init__(self, phases: int, trees: Iterable[Expr], earlier: Earlier | None = None) -> None:
        super().__init__(trees, earlier)
        self.phases = phases
        self.values: dict[Expr, Signal] = {}
        self.wanted: dict[Expr, Signal] = {}

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
                self.leaf(expr, Demand(target), additive=False)
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
            self.leaf(inner, Demand(target), additive=True)
        elif additive and isinstance(inner, Call) and inner.function in _RATES:
            self._rate(inner, target, additive=True)
        else:
            self.at(inner, target)

    def _count(self, counted: Expr, target: Signal) -> None:
        """One series more than none: a count that is compared with is one that stands still."""
        if not isinstance(counted, Selector) or target != self.constant(1.0):
            raise UnderivableError("count() of this cannot be read backwards")
        self.leaf(counted, Demand(self.constant(1.0)), additive=False)

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
            self.leaf(ranged.selector, Demand(target), additive=False)
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
        self.leaf(ranged.selector, Demand(gains, counts=True), additive=additive)

    def _quantile(self, expr: Call, target: Signal) -> None:
        """Buckets whose bounds are the wanted values; in each phase, the part q of all observations is at most its bound."""
        bounds = sorted({line.at for line in target if line is not None and not line.slope})
        share, rates = line_of(expr.args[0]), _rates_of(expr.args[1])
        if None in target or share is None or not 0 < share.at < 1 or not bounds or bounds[0] <= 0:
            raise UnderivableError("this quantile cannot be read backwards")
        for bound in (*bounds, None):
            gains = tuple(_below(bound, line.at, share.at) for line in target if line is not None)
            self.leaf(rates, Demand(gains, counts=True), additive=False, le="+Inf" if bound is None else repr(bound))

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


def _hides(either: Binary) -> bool:
    """Whether whatever is left of `or on()` hides all that is right of it."""
    return either.matching is not None and either.matching.on and not either.matching.labels


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
