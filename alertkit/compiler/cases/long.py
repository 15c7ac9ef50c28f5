"""Cases of expressions that look back for hours: they see all of their window and nothing before, evaluated once, at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from alertkit.compiler.cases.aim import Aim
from alertkit.compiler.cases.feed import Demand, Series
from alertkit.compiler.cases.lines import Line
from alertkit.compiler.cases.series import constant, foreign
from alertkit.compiler.cases.trees import selectors_in
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.slo import BASE
from alertkit.promql import Expr

_BORDER: Final = 300
"""Samples at each border of a long stretch; promtool refuses queries that read more than 10,000."""


class Change(msgspec.Struct, frozen=True):
    """A change of an expression's value before it is evaluated at `at`: at the start of its window, or in the middle of it."""

    window: Duration
    at: Duration
    before: float
    after: float
    middle: bool

    @property
    def lengths(self) -> tuple[int, int]:
        """Samples, one every 5 minutes, before and after the change."""
        inside = self.at.ms // BASE.ms - (self.at.ms - self.window.ms) // BASE.ms
        after = inside // 2 if self.middle else inside
        return self.at.ms // BASE.ms + 1 - after, after


def changes(window: Duration, at: Duration, before: float, after: float) -> Iterator[Change]:
    """What shows that a window is neither longer than it says nor shorter."""
    yield Change(window, at, before, after, middle=False)
    yield Change(window, at, before, after, middle=True)


def fed(tree: Expr, change: Change, own: Matcher) -> dict[Series, str]:
    """Series for the change, and those of a foreign tenant that does not change.

    Raises:
        UnderivableError: the expression is not one that alertkit reads backwards.
    """
    aim = Aim(2, [tree])
    aim.at(tree, (Line(change.before), Line(change.after)))
    found = {one: _values(demand, change.lengths) for one, demand in aim.series.items()}
    if all(own in selector.matchers for selector in selectors_in(tree)):
        unchanged = {one: Demand(demand.signal[:1] * 2, demand.counts) for one, demand in aim.series.items()}
        found |= {foreign(one, own.name): _values(demand, change.lengths) for one, demand in unchanged.items()}
    return found


def _values(demand: Demand, lengths: tuple[int, int]) -> str:
    """A demand over two stretches of 5-minute samples; a long one has samples at its borders, and rises on in between."""
    found, total = [], 0.0
    for line, length in zip(demand.signal, lengths, strict=True):
        level = line.at if line else 0.0
        gain = level * BASE.seconds if demand.counts else 0.0
        runs = [(length, False)] if length <= 2 * _BORDER else [(_BORDER, False), (length - 2 * _BORDER, True), (_BORDER, False)]
        for count, gap in runs:
            if gap:
                found.append(f"_x{count}")
            elif count:
                found.append(f"{total + gain:.9f}+{gain:.9f}x{count - 1}" if demand.counts else constant((level, count)))
            total += gain * count
    return " ".join(found)
