"""Who is on call at an instant, and who in turn between two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from alertkit.model.oncall import Layer, Override, Schedule
from alertkit.oncall.clock import instant, utc, zone
from alertkit.oncall.hours import windows
from alertkit.oncall.intervals import Interval, intersect, subtract, union
from alertkit.oncall.rotation import Rotation

OVERRIDE: Final = "override"
_MOMENT = dt.timedelta(microseconds=1)


class Shift(msgspec.Struct, frozen=True):
    """From `start` until `end` (instants) `person` is on call, by the layer with this index or by an override.

    A shift is as long as that stays so: turns of one person that follow each other in a layer are one shift.
    """

    person: str
    start: dt.datetime
    end: dt.datetime
    layer: int | Literal["override"]


def on_call(schedule: Schedule, at: dt.datetime) -> str | None:
    """The id of the person on call at an instant; None when nobody is.

    Raises:
        ValueError: `at` is naive, or the schedule's zone does not exist.
    """
    at, place = utc(at), zone(schedule.timezone)
    for override in reversed(schedule.overrides):
        start, end = _span(override, place)
        if start <= at < end:
            return override.person
    for layer in reversed(schedule.layers):
        if _is_on_duty(layer, place, at) and (person := Rotation(layer, place).person(at)) is not None:
            return person
    return None


def shifts(schedule: Schedule, start: dt.datetime, end: dt.datetime) -> tuple[Shift, ...]:
    """Everybody's shifts between two instants, cut to them, in order of time; where nobody is on call there is none.

    Raises:
        ValueError: an instant is naive, or the schedule's zone does not exist.
    """
    start, end, place = utc(start), utc(end), zone(schedule.timezone)
    found: list[Shift] = []
    free: list[Interval] = [(start, end)] if start < end else []
    for override in reversed(schedule.overrides):
        taken = union([_span(override, place)])
        found += [Shift(override.person, *piece, OVERRIDE) for piece in intersect(free, taken)]
        free = subtract(free, taken)
    for index, layer in reversed(tuple(enumerate(schedule.layers))):
        layer_shifts = list(_layer_shifts(layer, index, place, free))
        found += layer_shifts
        free = subtract(free, _covered(layer_shifts))
    return tuple(_joined(sorted(found, key=lambda shift: shift.start)))


def gaps(schedule: Schedule, start: dt.datetime, end: dt.datetime) -> tuple[Interval, ...]:
    """When nobody is on call between two instants, as (start, end) pairs in order of time.

    Raises:
        ValueError: an instant is naive, or the schedule's zone does not exist.
    """
    whole = union([(utc(start), utc(end))])
    return tuple(subtract(whole, _covered(shifts(schedule, start, end))))


def _span(override: Override, place: ZoneInfo) -> Interval:
    return instant(override.start, place), instant(override.end, place)


def _is_on_duty(layer: Layer, place: ZoneInfo, at: dt.datetime) -> bool:
    if not layer.restrict:
        return True
    return any(True for restriction in layer.restrict for _ in windows(restriction, place, at, at + _MOMENT))


def _layer_shifts(layer: Layer, index: int, place: ZoneInfo, free: list[Interval]) -> Iterator[Shift]:
    if not free:
        return
    duty = free
    if layer.restrict:
        start, end = free[0][0], free[-1][1]
        duty = intersect(free, union(w for restriction in layer.restrict for _, w in windows(restriction, place, start, end)))
    rotation = Rotation(layer, place)
    for start, end in duty:
        for turn in rotation.turns(start, end):
            yield Shift(turn.person, turn.start, turn.end, index)


def _covered(found: Iterable[Shift]) -> list[Interval]:
    return union((shift.start, shift.end) for shift in found)


def _joined(found: Iterable[Shift]) -> Iterator[Shift]:
    current: Shift | None = None
    for shift in found:
        if current is None:
            current = shift
        elif (current.person, current.layer, current.end) == (shift.person, shift.layer, shift.start):
            current = Shift(current.person, current.start, shift.end, current.layer)
        else:
            yield current
            current = shift
    if current is not None:
        yield current
