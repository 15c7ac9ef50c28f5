"""How on-call duty is shared out."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from alertkit.model.oncall import Restriction, Schedule
from alertkit.oncall.clock import utc, zone
from alertkit.oncall.hours import windows
from alertkit.oncall.intervals import Interval
from alertkit.oncall.schedule import Shift, shifts

NIGHT = Restriction(weekdays=(0, 1, 2, 3, 4, 5, 6), start="22:00", end="06:00")
WEEKEND = Restriction(weekdays=(5, 6), start="00:00", end="24:00")
_SATURDAY = 5


class Load(msgspec.Struct, frozen=True):
    """One person's share: hours on call, and the nights (22:00 to 06:00) and weekends (Saturday and Sunday) with duty in them.

    A night or weekend counts whole for everybody who is on call in a part of it, by the schedule's clock.
    """

    hours: float
    nights: int
    weekends: int


def fairness(schedule: Schedule, start: dt.datetime, end: dt.datetime) -> dict[str, Load]:
    """Each person's share between two instants, by id in alphabetical order; members without any duty are there with zeros.

    Raises:
        ValueError: an instant is naive, or the schedule's zone does not exist.
    """
    start, end, place = utc(start), utc(end), zone(schedule.timezone)
    found = shifts(schedule, start, end)
    nights = _marked(found, [(date, window) for date, window in windows(NIGHT, place, start, end)])
    weekends = _marked(found, [(_saturday(date), window) for date, window in windows(WEEKEND, place, start, end)])
    people = {person for layer in schedule.layers for person in layer.members} | {shift.person for shift in found}
    return {
        person: Load(_hours(found, person), len(nights.get(person, ())), len(weekends.get(person, ())))
        for person in sorted(people)
    }


def _hours(found: Sequence[Shift], person: str) -> float:
    return sum((shift.end - shift.start for shift in found if shift.person == person), dt.timedelta()) / dt.timedelta(hours=1)


def _saturday(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday() - _SATURDAY)


def _marked(found: Sequence[Shift], marks: Sequence[tuple[dt.date, Interval]]) -> dict[str, set[dt.date]]:
    """For each person the dates whose interval overlaps one of their shifts. Shifts and intervals are in order of time."""
    marked: dict[str, set[dt.date]] = {}
    ends = [interval[1] for _, interval in marks]
    for shift in found:
        for date, (opens, _) in marks[bisect_right(ends, shift.start) :]:
            if opens >= shift.end:
                break
            marked.setdefault(shift.person, set()).add(date)
    return marked
