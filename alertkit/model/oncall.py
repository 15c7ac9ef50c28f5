"""People, teams, schedules and escalation policies: resolved, checked, and the same for compiler, explain and receiver.

Calendars are written in wall-clock time of a named zone and stay so; instants (`datetime`) are always aware and UTC.
Every name that is used here exists: the compiler has refused the rest.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to reach somebody: `address` on the channel named `channel`, `after` seconds into a step.

    `address` is what the channel understands (a Slack channel or user id, an e-mail address). Personal data may stay out of
    Git: then `address` is empty and `address_secret` is the full name of a secret that holds it.
    """

    channel: str
    address: str = ""
    address_secret: str = ""
    after: int = 0


Role = Literal["responder", "observer"]


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who can be paged. `slack` is the user id that maps a click to the person; an observer's clicks do nothing."""

    name: str
    locale: str
    timezone: str
    contact: tuple[Contact, ...] = ()
    slack: str = ""
    role: Role = "responder"


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team is told in its rooms (`contact`), in the team's locale; `members` are people's ids."""

    locale: str
    timezone: str
    contact: tuple[Contact, ...] = ()
    members: tuple[str, ...] = ()


class Handoff(msgspec.Struct, frozen=True, omit_defaults=True):
    """The wall-clock moment at which a rotation hands over: `time` is "HH:MM".

    A weekly rotation has `weekday` (0 is Monday), a monthly one `day` (1 to 28); an hourly one uses the minutes of `time` only.
    """

    time: str
    weekday: int | None = None
    day: int | None = None


class Restriction(msgspec.Struct, frozen=True):
    """A layer is on duty only on these weekdays (0 is Monday) between `start` and `end`, both "HH:MM" on the wall clock.

    `end` at or before `start` means the next day; "24:00" is allowed as `end`.
    """

    weekdays: tuple[int, ...]
    start: str
    end: str


class Layer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Members take turns. `start` is a local date; the first turn begins at the first hand-off on or after it.

    A turn lasts `every` units of `rotation` on the wall clock. The layer ends when the date `until` begins. Where a later layer
    is on duty, it replaces the earlier ones.
    """

    rotation: Literal["hourly", "daily", "weekly", "monthly"]
    handoff: Handoff
    start: dt.date
    members: tuple[str, ...]
    every: int = 1
    until: dt.date | None = None
    restrict: tuple[Restriction, ...] = ()


class Override(msgspec.Struct, frozen=True, omit_defaults=True):
    """From `start` until `end` (local wall-clock times of the schedule's zone) `person` is on call instead."""

    start: dt.datetime
    end: dt.datetime
    person: str


class Schedule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is on call when. Overrides beat every layer; of two overrides that overlap, the later in the list holds."""

    timezone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a step notifies: exactly one of the four is set."""

    person: str = ""
    team: str = ""
    schedule: str = ""
    channel: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step of a policy, due `after` seconds after the incident opened (or the cycle began again)."""

    after: int
    notify: tuple[Target, ...]


class ActiveHours(msgspec.Struct, frozen=True, omit_defaults=True):
    """A policy pages only then; a step that falls due outside waits for the next opening, and the steps after it keep their
    distance to it. `holidays` are closed all day."""

    timezone: str
    hours: Restriction
    holidays: tuple[dt.date, ...] = ()


class EscalationPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Steps in order of time. After the last one the steps begin again `repeat` times, when the last step has had as much time
    as the one before it (`alertkit.oncall.cycle_length`).

    `acknowledge_timeout` seconds after an acknowledgement without a resolve the incident pages again from the first step;
    0 means never. Nobody acknowledges in silence.
    """

    steps: tuple[Step, ...]
    repeat: int = 0
    acknowledge_timeout: int = 0
    active: ActiveHours | None = None


class Maintenance(msgspec.Struct, frozen=True):
    """From `start` until `end` alerts whose labels equal `match` (all of them) page nobody."""

    start: dt.datetime
    end: dt.datetime
    match: dict[str, str]
    reason: str
