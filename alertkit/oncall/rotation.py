"""Whose turn it is in one layer: hand-offs counted on the wall clock, so that turns are as long as the clock says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from alertkit.model.oncall import Layer
from alertkit.oncall.clock import instant, midnight, minutes, wall

_STEPS = {"hourly": dt.timedelta(hours=1), "daily": dt.timedelta(days=1), "weekly": dt.timedelta(weeks=1)}


class Turn(msgspec.Struct, frozen=True):
    """From `start` until `end` it is `person`'s turn."""

    person: str
    start: dt.datetime
    end: dt.datetime


class Rotation:
    """A layer's turns, whatever its restrictions. They begin at `start` and end at `end` (instants; None: never)."""

    def __init__(self, layer: Layer, place: ZoneInfo) -> None:
        self._layer, self._place = layer, place
        self._first = _first(layer)
        self._step = _STEPS.get(layer.rotation, dt.timedelta()) * layer.every
        self.start = instant(self._first, place)
        self.end = None if layer.until is None else instant(midnight(layer.until), place)

    def person(self, at: dt.datetime) -> str | None:
        """Whose turn it is at an instant; None before the first turn and after the last."""
        if at < self.start or (self.end is not None and at >= self.end):
            return None
        return self._member(self._number(at))

    def turns(self, start: dt.datetime, end: dt.datetime) -> Iterator[Turn]:
        """The turns between two instants, cut to them. One that lies wholly in a gap of the clock has no length: left out."""
        start, end = max(start, self.start), end if self.end is None else min(end, self.end)
        if start >= end:
            return
        number = self._number(start)
        while start < end:
            following = self._begins(number + 1)
            if start < following:
                yield Turn(self._member(number), start, min(following, end))
                start = following
            number += 1

    def _member(self, number: int) -> str:
        return self._layer.members[number % len(self._layer.members)]

    def _number(self, at: dt.datetime) -> int:
        """Which turn it is at an instant that is not before the first, counted from 0."""
        number = self._count(wall(at, self._place))
        # The clock may have gone back since the next hand-off: what it shows is never too far on, but may be behind.
        while self._begins(number + 1) <= at:
            number += 1
        return number

    def _count(self, written: dt.datetime) -> int:
        if self._step:
            return (written - self._first) // self._step
        months = _months(written) - _months(self._first)
        is_due = written >= self._first.replace(year=written.year, month=written.month)
        return (months if is_due else months - 1) // self._layer.every

    def _begins(self, number: int) -> dt.datetime:
        """The instant at which a turn begins."""
        if self._step:
            return instant(self._first + number * self._step, self._place)
        year, month = divmod(_months(self._first) + number * self._layer.every, 12)
        return instant(self._first.replace(year=year, month=month + 1), self._place)


def _months(written: dt.datetime) -> int:
    return written.year * 12 + written.month - 1


def _first(layer: Layer) -> dt.datetime:
    """The wall-clock time of the first hand-off on or after the layer's start."""
    handoff, start = layer.handoff, midnight(layer.start)
    time = dt.timedelta(minutes=minutes(handoff.time))
    match layer.rotation:
        case "hourly":
            return start + time % _STEPS["hourly"]
        case "daily":
            return start + time
        case "weekly":
            return start + dt.timedelta(days=(_needed(handoff.weekday, "weekly", "weekday") - start.weekday()) % 7) + time
        case "monthly":
            day = _needed(handoff.day, "monthly", "day")
            month = start if start.day <= day else (start.replace(day=28) + dt.timedelta(days=4))
            return month.replace(day=day) + time


def _needed(value: int | None, rotation: str, field: str) -> int:
    if value is None:
        raise ValueError(f"a {rotation} rotation needs the {field} of its hand-off")
    return value
