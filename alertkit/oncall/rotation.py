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


def turn_at(layer: Layer, place: ZoneInfo, at: dt.datetime) -> str | None:
    """Whose turn it is at an instant, whatever the layer's restrictions; None before the first turn and from `until` on."""
    first, last = span(layer, place)
    if at < first or (last is not None and at >= last):
        return None
    return layer.members[_number(layer, place, at) % len(layer.members)]


def turns(layer: Layer, place: ZoneInfo, start: dt.datetime, end: dt.datetime) -> Iterator[Turn]:
    """The turns between two instants, cut to them. One that lies wholly in a gap of the clock has no length and is left out."""
    first, last = span(layer, place)
    start, end = max(start, first), end if last is None else min(end, last)
    if start >= end:
        return
    number = _number(layer, place, start)
    while start < end:
        following = instant(_handoff(layer, number + 1), place)
        if start < following:
            yield Turn(layer.members[number % len(layer.members)], start, min(following, end))
            start = following
        number += 1


def span(layer: Layer, place: ZoneInfo) -> tuple[dt.datetime, dt.datetime | None]:
    """From when until when the layer has turns; None: for ever."""
    until = None if layer.until is None else instant(midnight(layer.until), place)
    return instant(_handoff(layer, 0), place), until


def _number(layer: Layer, place: ZoneInfo, at: dt.datetime) -> int:
    """How many hand-offs lie between the first one and `at`."""
    number = _count(layer, wall(at, place))
    # The clock may have gone back since a hand-off, or skipped one: ask the hand-offs themselves.
    while instant(_handoff(layer, number + 1), place) <= at:
        number += 1
    while number > 0 and instant(_handoff(layer, number), place) > at:
        number -= 1
    return number


def _count(layer: Layer, written: dt.datetime) -> int:
    first = _handoff(layer, 0)
    if layer.rotation == "monthly":
        return (_months(written) - _months(first)) // layer.every
    return (written - first) // (_STEPS[layer.rotation] * layer.every)


def _handoff(layer: Layer, number: int) -> dt.datetime:
    """The wall-clock time at which turn `number`, counted from 0, begins."""
    first = _first(layer)
    if layer.rotation == "monthly":
        year, month = divmod(_months(first) + number * layer.every, 12)
        return first.replace(year=year, month=month + 1)
    return first + number * layer.every * _STEPS[layer.rotation]


def _months(written: dt.datetime) -> int:
    return written.year * 12 + written.month - 1


def _first(layer: Layer) -> dt.datetime:
    """The first hand-off on or after the layer's start."""
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
