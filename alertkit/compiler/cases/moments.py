"""Timelines of an alert's cases: every minute, or, where it looks back for days or waits for hours, moments far apart.

Between two moments nothing is evaluated and nothing is fed. So what a series was a week before one moment has nothing to do with
what it is at another, and a week takes promtool two evaluations instead of 10,080.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from alertkit.compiler.cases.aim import Aim
from alertkit.compiler.cases.feed import Demand, Series
from alertkit.compiler.cases.lines import Line, UnderivableError
from alertkit.compiler.cases.series import STEP, constant, over_time
from alertkit.model.quantity import Duration
from alertkit.model.slo import BASE

APART: Final = Duration.of(hours=100)
"""Neither a day, a week nor a month is a multiple of it."""


class Minutes(msgspec.Struct, frozen=True):
    """Evaluated every minute. `settle` minutes pass until every window has filled after a change."""

    settle: int

    evaluation = STEP
    padding = 4
    start = 0
    interval = STEP

    def steps(self, duration: Duration | None) -> int:
        """Evaluations until a `for` is over."""
        return -(-duration.ms // STEP.ms) if duration else 0

    def fed(self, aim: Aim, lengths: Sequence[int]) -> dict[Series, str]:
        """Series that have the demanded values, phase by phase."""
        return {one: over_time(demand, lengths) for one, demand in aim.series.items()}


class Moments(msgspec.Struct, frozen=True):
    """Evaluated at moments APART; `offsets` are how far the alert looks back."""

    offsets: tuple[Duration, ...]

    evaluation = APART
    settle = 0
    padding = 2
    interval = BASE

    @property
    def start(self) -> int:
        """The first moment with all that the alert looks back at."""
        return -(-max(one.ms for one in (Duration(0), *self.offsets)) // APART.ms)

    def steps(self, duration: Duration | None) -> int:
        """Evaluations until a `for` is over: one, however long it is."""
        if duration and duration.ms > APART.ms:
            raise UnderivableError(f"its `for` is longer than {APART}")
        return int(bool(duration))

    def fed(self, aim: Aim, lengths: Sequence[int]) -> dict[Series, str]:
        """Series that have the demanded values at each moment of each phase, and before it where the alert looks back."""
        samples: dict[Series, dict[int, float]] = {}
        now = {Duration(0): aim.series}
        past = {Duration(round(offset.total_seconds() * 1_000)): found for offset, found in (aim.earlier or {}).items()}
        for offset, found in (now | past).items():
            for one, demand in found.items():
                samples.setdefault(one, {}).update(self._samples(demand, lengths, offset))
        return {one: _sparse(values) for one, values in samples.items()}

    def _samples(self, demand: Demand, lengths: Sequence[int], offset: Duration) -> Iterable[tuple[int, float]]:
        if demand.counts:
            raise UnderivableError("it takes a rate and looks back for days")
        moment = self.start
        for line, length in zip(demand.signal, lengths, strict=True):
            for at in range(moment, moment + length):
                if line is not None:
                    yield _sample(at * APART.ms - offset.ms), _value(line, at * APART.ms)
            moment += length


def moments(offsets: Iterable[Duration], reach: int) -> Moments:
    """The timeline of an alert that looks back so far, over windows of `reach` minutes.

    Raises:
        UnderivableError: it would see at one moment what was fed for another.
    """
    found = Moments(tuple(sorted(set(offsets), key=lambda one: one.ms)))
    phases = [one.ms % APART.ms for one in (Duration(0), *found.offsets)]
    gaps = [abs(one - two) for number, one in enumerate(phases) for two in phases[:number]]
    least = reach * STEP.ms + BASE.ms
    if least >= APART.ms or any(min(gap, APART.ms - gap) <= least for gap in gaps):
        raise UnderivableError("what it looks back at cannot be told apart")
    return found


def _sample(ms: int) -> int:
    if ms % BASE.ms:
        raise UnderivableError(f"it looks back to between two samples, every {BASE}")
    return ms // BASE.ms


def _value(line: Line, ms: int) -> float:
    return line.at + line.slope * ms / 1_000


def _sparse(values: dict[int, float]) -> str:
    parts, end = [], 0
    for at, value in sorted(values.items()):
        parts += [f"_x{at - end}"] if at > end else []
        parts.append(constant((value, 1)))
        end = at + 1
    return " ".join(parts)
