"""Who is told when, as long as nobody acknowledges: a policy's steps with people, rooms, active hours and maintenance.

The same answers as the receiver's, before anything fires; a test holds the two together.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Literal

import msgspec

from alertkit.model.oncall import Contact, EscalationPolicy, Maintenance, Target
from alertkit.model.policy import TenantPolicy
from alertkit.oncall.clock import utc
from alertkit.oncall.escalation import cycle_length
from alertkit.oncall.hours import next_opening
from alertkit.oncall.schedule import on_call

Recipient = tuple[str, Sequence[Contact], str, str]
"""`person/<id>`, `team/<name>` or `channel/<name>`, with ways to reach them, locale and zone."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message out at `at`. `recipient` is `person/<id>`, `team/<name>` or `channel/<name>`.

    `secret` means that `address` is the full name of a secret. `schedule` is the one that put the person on call.
    """

    at: dt.datetime
    recipient: str
    channel: str
    address: str
    locale: str
    timezone: str
    secret: bool = False
    schedule: str = ""


class Moment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happens at `at`: step `step` of cycle `cycle` (both from 0).

    paged        the step tells somebody; `waited_for` is when it was due, if the active hours made it wait
    reminder     later contacts of people whom the step told before
    unreachable  the step finds nobody (`nobody` are the targets), and the next one follows at once
    suppressed   all is under maintenance (`reason`); the steps begin anew at `until`
    """

    at: dt.datetime
    kind: Literal["paged", "reminder", "unreachable", "suppressed"]
    cycle: int = 0
    step: int = 0
    pages: tuple[Page, ...] = ()
    waited_for: dt.datetime | None = None
    nobody: tuple[str, ...] = ()
    until: dt.datetime | None = None
    reason: str = ""


def moments(
    policy: TenantPolicy, escalation: EscalationPolicy, opened: dt.datetime, labels: Mapping[str, str]
) -> tuple[Moment, ...]:
    """All that happens to an incident of one alert with these labels, in order of time.

    Raises:
        ValueError: `opened` is naive, or active hours never open.
    """
    return tuple(_Run(policy, escalation, labels).run(utc(opened)))


def covering(windows: Sequence[Maintenance], labels: Mapping[str, str], at: dt.datetime) -> Maintenance | None:
    """The window of maintenance that covers an alert at an instant; of several, the last to end."""
    found = [
        window
        for window in windows
        if window.start <= at < window.end and all(labels.get(name) == value for name, value in window.match.items())
    ]
    return max(found, key=lambda window: window.end, default=None)


def recipients(policy: TenantPolicy, target: Target, at: dt.datetime) -> Iterator[Recipient]:
    """Whom a target stands for at an instant; nobody, when nobody is on call or can be reached."""
    if target.channel in policy.channels:
        yield f"channel/{target.channel}", (Contact(target.channel),), policy.locale, policy.timezone
    elif target.schedule in policy.schedules:
        yield from _person(policy, on_call(policy.schedules[target.schedule], at) or "")
    elif target.team in policy.teams:
        yield from _team(policy, target.team)
    else:
        yield from _person(policy, target.person)


def _team(policy: TenantPolicy, name: str) -> Iterator[Recipient]:
    """A team is told in its rooms; one that has none is told through its members."""
    team = policy.teams[name]
    rooms = [msgspec.structs.replace(room, after=0) for room in team.contact if room.channel in policy.channels]
    if rooms:
        yield f"team/{name}", rooms, team.locale, team.timezone
    else:
        for member in team.members:
            yield from _person(policy, member)


def _person(policy: TenantPolicy, name: str) -> Iterator[Recipient]:
    person = policy.people.get(name)
    contacts = [contact for contact in person.contact if contact.channel in policy.channels] if person else []
    if person and contacts:
        yield f"person/{name}", contacts, person.locale, person.timezone


class _Due(msgspec.Struct, frozen=True):
    """A step that falls due, or (with `pages`) later contacts of one."""

    cycle: int
    step: int
    pages: tuple[Page, ...] = ()
    waited_for: dt.datetime | None = None


class _Run:
    """One incident, from its opening to its last page."""

    def __init__(self, policy: TenantPolicy, escalation: EscalationPolicy, labels: Mapping[str, str]) -> None:
        self._policy, self._escalation, self._labels = policy, escalation, labels
        self._queue: list[tuple[dt.datetime, int, _Due]] = []
        self._order = count()
        self._told: set[tuple[dt.datetime, str, str]] = set()

    def run(self, opened: dt.datetime) -> Iterator[Moment]:
        self._begin(opened)
        while self._queue:
            at, _, due = heapq.heappop(self._queue)
            window = covering(self._policy.maintenance, self._labels, at)
            if window is not None:
                yield self._suppress(at, window)
            elif due.pages:
                yield Moment(at, "reminder", due.cycle, due.step, self._new(due.pages))
            else:
                yield from self._step(at, due)

    def _begin(self, at: dt.datetime) -> None:
        self._queue.clear()
        self._began = at
        if self._escalation.steps:
            self._push(at + dt.timedelta(seconds=self._escalation.steps[0].after), _Due(0, 0))

    def _push(self, at: dt.datetime, due: _Due) -> None:
        heapq.heappush(self._queue, (at, next(self._order), due))

    def _suppress(self, at: dt.datetime, window: Maintenance) -> Moment:
        until = window.end
        while (following := covering(self._policy.maintenance, self._labels, until)) is not None:
            until = following.end
        self._begin(until)
        return Moment(at, "suppressed", until=until, reason=window.reason)

    def _step(self, at: dt.datetime, due: _Due) -> Iterator[Moment]:
        active = self._escalation.active
        opening = next_opening(active, at) if active else at
        if opening > at:
            self._began += opening - at
            self._push(opening, msgspec.structs.replace(due, waited_for=due.waited_for or at))
            return
        targets = self._escalation.steps[due.step].notify
        found = [page for target in targets for page in self._pages(target, at)]
        if found:
            yield Moment(at, "paged", due.cycle, due.step, self._new([p for p in found if p.at == at]), due.waited_for)
        else:
            yield Moment(at, "unreachable", due.cycle, due.step, nobody=tuple(map(_name, targets)))
        for later in sorted({page.at for page in found if page.at > at}):
            self._push(later, _Due(due.cycle, due.step, tuple(page for page in found if page.at == later)))
        self._following(at, due, reached=bool(found))

    def _pages(self, target: Target, at: dt.datetime) -> Iterator[Page]:
        for recipient, contacts, locale, zone in recipients(self._policy, target, at):
            for contact in contacts:
                address, secret = contact.address or contact.address_secret, not contact.address and bool(contact.address_secret)
                when = at + dt.timedelta(seconds=contact.after)
                yield Page(when, recipient, contact.channel, address, locale, zone, secret, target.schedule)

    def _new(self, pages: Sequence[Page]) -> tuple[Page, ...]:
        """Each address once in a moment."""
        fresh = []
        for page in pages:
            key = (page.at, page.channel, page.address)
            if key not in self._told:
                self._told.add(key)
                fresh.append(page)
        return tuple(fresh)

    def _following(self, at: dt.datetime, due: _Due, *, reached: bool) -> None:
        """The next step of the cycle, or the first of the next: in its time, or at once when nobody was reached."""
        cycle, step = due.cycle, due.step + 1
        if step == len(self._escalation.steps):
            cycle, step = cycle + 1, 0
            self._began += dt.timedelta(seconds=cycle_length(self._escalation))
        if cycle > self._escalation.repeat:
            return
        when = self._began + dt.timedelta(seconds=self._escalation.steps[step].after)
        if not reached and when > at:
            self._began -= when - at
            when = at
        self._push(max(when, at), _Due(cycle, step))


def _name(target: Target) -> str:
    return next(f"{kind}/{name}" for kind, name in msgspec.structs.asdict(target).items() if name)
