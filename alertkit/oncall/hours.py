"""Weekdays and hours on the wall clock: a layer's restrictions and a policy's active hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from alertkit.model.oncall import ActiveHours, Restriction
from alertkit.model.route import TimeInterval
from alertkit.oncall.clock import MINUTES_A_DAY, instant, midnight, minutes, utc, wall, zone
from alertkit.oncall.intervals import Interval, subtract, union

_DAY = dt.timedelta(days=1)


def is_active(active: ActiveHours, at: dt.datetime) -> bool:
    """Does the policy page at this instant?"""
    at, place = utc(at), zone(active.timezone)
    return any(start <= at < end for date in _dates(place, at, at) for start, end in _open(active, place, date))


def in_interval(interval: TimeInterval, at: dt.datetime) -> bool:
    """Is an instant in one of Alertmanager's intervals?"""
    if wall(utc(at), zone(interval.timezone)).date() in interval.dates:
        return True
    return any(is_active(ActiveHours(interval.timezone, hours), at) for hours in interval.hours)


def next_opening(active: ActiveHours, at: dt.datetime) -> dt.datetime:
    """The first instant from `at` on at which the policy pages; `at` itself, when it is active then.

    Raises:
        ValueError: it never is: no weekday, or holidays on all of them.
    """
    at, place = utc(at), zone(active.timezone)
    # A holiday closes at most two windows, and a gap of the clock swallows at most one: past these weeks nothing new comes.
    weeks = 2 * len(active.holidays) + 3
    for date in _dates(place, at, at + weeks * 7 * _DAY):
        for start, end in _open(active, place, date):
            if at < end:
                return max(at, start)
    raise ValueError("the active hours never open: they name no weekday, or a holiday takes each of them")


def _open(active: ActiveHours, place: ZoneInfo, date: dt.date) -> list[Interval]:
    """When the policy is active in the window that begins on a date, which may reach into the next one."""
    if date.weekday() not in active.hours.weekdays:
        return []
    closed = [_whole_day(day, place) for day in (date, date + _DAY) if day in active.holidays]
    return subtract(union([_window(active.hours, place, date)]), union(closed))


def _whole_day(date: dt.date, place: ZoneInfo) -> Interval:
    return instant(midnight(date), place), instant(midnight(date + _DAY), place)


def windows(
    restriction: Restriction, place: ZoneInfo, start: dt.datetime, end: dt.datetime
) -> Iterator[tuple[dt.date, Interval]]:
    """The windows that overlap `[start, end)`, whole, each with the date on which it begins; in order of time."""
    for date in _dates(place, start, end):
        if date.weekday() in restriction.weekdays:
            window = _window(restriction, place, date)
            if window[0] < window[1] and window[0] < end and start < window[1]:
                yield date, window


def _dates(place: ZoneInfo, start: dt.datetime, end: dt.datetime) -> Iterator[dt.date]:
    """The dates whose windows may overlap `[start, end]`."""
    # A window reaches into the next date, and clocks may go back over midnight: hence a date more on either side.
    date, last = wall(start, place).date() - _DAY, wall(end, place).date() + _DAY
    while date <= last:
        yield date
        date += _DAY


def _window(restriction: Restriction, place: ZoneInfo, date: dt.date) -> Interval:
    opens, closes = minutes(restriction.start), minutes(restriction.end)
    if closes <= opens:
        closes += MINUTES_A_DAY
    day = midnight(date)
    return instant(day + dt.timedelta(minutes=opens), place), instant(day + dt.timedelta(minutes=closes), place)
