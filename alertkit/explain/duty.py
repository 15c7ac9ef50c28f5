"""On-call calendars of a tenant between two instants: who, from when until when, gaps, overrides, shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from alertkit import names, oncall
from alertkit.compiler.finding import did_you_mean
from alertkit.errors import UsageError
from alertkit.model.oncall import Schedule
from alertkit.model.policy import TenantPolicy

LONGEST = dt.timedelta(days=5 * 366)
"""An hourly rotation has 44,000 turns by then."""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody on call from `start` until `end`, in the schedule's zone; an empty `person` is a gap.

    `by` is `layer 1`, `layer 2` … or `override`.
    """

    start: dt.datetime
    end: dt.datetime
    person: str = ""
    name: str = ""
    by: str = ""

    @property
    def hours(self) -> float:
        """How long it lasts."""
        return (self.end - self.start) / dt.timedelta(hours=1)


class Share(msgspec.Struct, frozen=True):
    """One person's duty in the time that is asked about, and what part of all that was done it is (0 to 1)."""

    person: str
    name: str
    hours: float
    part: float
    nights: int
    weekends: int


class Calendar(msgspec.Struct, frozen=True):
    """One schedule between two instants. `turns` are in order of time and leave nothing out: gaps are turns of nobody."""

    schedule: str
    timezone: str
    start: dt.datetime
    end: dt.datetime
    turns: tuple[Turn, ...]
    shares: tuple[Share, ...]


def calendars(policy: TenantPolicy, wanted: Iterable[str], start: dt.datetime, end: dt.datetime) -> tuple[Calendar, ...]:
    """The named schedules of a tenant, or all of its own when none is named.

    Raises:
        UsageError: there is no such schedule, or the end is not after the start, or years after it.
    """
    if end <= start:
        raise UsageError(f"the time ends at {end.isoformat()}, not after it begins at {start.isoformat()}")
    if end - start > LONGEST:
        raise UsageError(f"a calendar is at most {LONGEST.days} days long, not {(end - start).days}")
    own = [name for name in policy.schedules if not names.is_lent(name)]
    return tuple(_calendar(policy, _found(policy, name), start, end) for name in tuple(wanted) or own)


def _found(policy: TenantPolicy, name: str) -> str:
    for known in (name, names.lent(name)):
        if known in policy.schedules:
            return known
    hint = did_you_mean(name, policy.schedules) or "it has none"
    raise UsageError(f"tenant {policy.tenant!r} has no schedule {name!r}; {hint}")


def _calendar(policy: TenantPolicy, name: str, start: dt.datetime, end: dt.datetime) -> Calendar:
    schedule = policy.schedules[name]
    place = oncall.zone(schedule.timezone)
    return Calendar(
        schedule=name,
        timezone=schedule.timezone,
        start=start.astimezone(place),
        end=end.astimezone(place),
        turns=tuple(sorted(_turns(policy, schedule, start, end), key=lambda turn: turn.start)),
        shares=tuple(_shares(policy, schedule, start, end)),
    )


def _turns(policy: TenantPolicy, schedule: Schedule, start: dt.datetime, end: dt.datetime) -> Iterator[Turn]:
    place = oncall.zone(schedule.timezone)
    for shift in oncall.shifts(schedule, start, end):
        by = oncall.OVERRIDE if isinstance(shift.layer, str) else f"layer {shift.layer + 1}"
        yield Turn(shift.start.astimezone(place), shift.end.astimezone(place), shift.person, _name(policy, shift.person), by)
    for begin, until in oncall.gaps(schedule, start, end):
        yield Turn(begin.astimezone(place), until.astimezone(place))


def _shares(policy: TenantPolicy, schedule: Schedule, start: dt.datetime, end: dt.datetime) -> Iterator[Share]:
    loads = oncall.fairness(schedule, start, end)
    total = sum(load.hours for load in loads.values())
    for person, load in loads.items():
        part = load.hours / total if total else 0.0
        yield Share(person, _name(policy, person), load.hours, part, load.nights, load.weekends)


def _name(policy: TenantPolicy, person: str) -> str:
    known = policy.people.get(person)
    return known.name if known else person
