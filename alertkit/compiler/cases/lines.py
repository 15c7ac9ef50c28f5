"""Values that are wanted of an expression over time, and arithmetic on them.

A signal is one line per phase: `Line(a, b)` is a + b·t with t in seconds from the start, None is no series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from alertkit.promql import Expr
from alertkit.promql.syntax import Binary, Call, Negation, Number, unwrap


class UnderivableError(ValueError):
    """The expression is not one whose cases alertkit can derive; the message says why."""


class Line(msgspec.Struct, frozen=True):
    """`at + slope · t`, t in seconds."""

    at: float
    slope: float = 0.0

    def plus(self, other: Line, times: float = 1.0) -> Line:
        """The sum with `times` the other."""
        return Line(self.at + times * other.at, self.slope + times * other.slope)

    def scaled(self, factor: float) -> Line:
        """The product with a number."""
        return Line(self.at * factor, self.slope * factor)


Signal = tuple[Line | None, ...]


def line_of(expr: Expr) -> Line | None:
    """What an expression without series is; None for one with series."""
    match unwrap(expr):
        case Number(value=value):
            return Line(value)
        case Call(function="time"):
            return Line(0.0, 1.0)
        case Call(function="vector", args=(inner,)):
            return line_of(inner)
        case Negation(expr=inner):
            line = line_of(inner)
            return None if line is None else line.scaled(-1)
        case Binary(operator=operator, left=left, right=right):
            one, two = line_of(left), line_of(right)
            return None if one is None or two is None else _arithmetic(operator, one, two)
        case _:
            return None


def holds(operator: str, difference: Line) -> bool:
    """Whether `left operator right` holds all the time, given left - right."""
    value = difference.at
    answers = {">": value > 0, "<": value < 0, ">=": value >= 0, "<=": value <= 0, "==": value == 0, "!=": value != 0}
    return not difference.slope and answers[operator]


def unchanged(expr: Call, target: Signal) -> bool:
    """Whether a function that bends values leaves these alone."""
    lines = [line for line in target if line is not None]
    bounds = [line.at for argument in expr.args[1:] if (line := line_of(argument)) is not None]
    if len(bounds) < len(expr.args) - 1 or any(line.slope for line in lines):
        return False
    low = {"abs": 0.0, "clamp_min": bounds[0] if bounds else 0.0, "clamp": bounds[0] if bounds else 0.0}.get(expr.function)
    high = bounds[-1] if expr.function in ("clamp_max", "clamp") else None
    return all((low is None or line.at >= low) and (high is None or line.at <= high) for line in lines)


def each(signal: Signal, change: Callable[[Line], Line]) -> Signal:
    """Every line changed, where there is a series."""
    return tuple(None if line is None else change(line) for line in signal)


def pairs(one: Signal, two: Signal, change: Callable[[Line, Line], Line]) -> Signal:
    """Two signals combined, where both have a series."""
    return tuple(None if a is None or b is None else change(a, b) for a, b in zip(one, two, strict=True))


def plus(one: Line, two: Line) -> Line:
    """The sum."""
    return one.plus(two)


def minus(one: Line, two: Line) -> Line:
    """The difference."""
    return one.plus(two, -1)


def times(one: Line, two: Line) -> Line:
    """The product; one of the two must stand still."""
    if one.slope and two.slope:
        raise UnderivableError("two values that move are multiplied")
    return two.scaled(one.at) if two.slope else one.scaled(two.at)


def over(one: Line, two: Line) -> Line:
    """The quotient by what stands still."""
    if two.slope or not two.at:
        raise UnderivableError("something is divided by what moves or is 0")
    return one.scaled(1 / two.at)


def undo_right(operator: str, right: Line) -> Callable[[Line], Line]:
    """What stood left of `operator right` for a wanted value."""
    undo = {"+": minus, "-": plus, "*": over, "/": times}[operator]
    return lambda wanted: undo(wanted, right)


def undo_left(operator: str, left: Line) -> Callable[[Line], Line]:
    """What stood right of `left operator` for a wanted value."""
    if operator == "-":
        return lambda wanted: left.plus(wanted, -1)
    if operator == "/":
        return lambda wanted: over(left, wanted)
    return undo_right(operator, left)


def _arithmetic(operator: str, one: Line, two: Line) -> Line | None:
    table: Mapping[str, Callable[[Line, Line], Line]] = {"+": plus, "-": minus, "*": times, "/": over}
    return table[operator](one, two) if operator in table else None
