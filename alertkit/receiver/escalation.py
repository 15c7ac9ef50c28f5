"""Steps that are due → messages, later steps, and the incident's next state. Pure: who and when, never how."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec.structs import asdict, replace

from alertkit import oncall
from alertkit.model.incident import PAGING, Changes, DutyOverride, Event, Note, Place, Step, StepKind, Thread
from alertkit.model.oncall import ActiveHours, Contact, Maintenance, Target
from alertkit.model.policy import TenantPolicy
from alertkit.receiver.duty import on_call
from alertkit.receiver.facts import open_labels
from alertkit.receiver.fallback import place_of
from alertkit.receiver.lifecycle import MUTED_FOR, announce, close, mute, page_again, suppress
from alertkit.receiver.maintenance import covering
from alertkit.stores.base import Due


def plan(
    policy: TenantPolicy, now: dt.datetime, due: Due, overrides: Sequence[DutyOverride] = (), muted: str | None = None
) -> Changes:
    """Run every step of an incident that is due by `now`, in order. `muted` says why Alertmanager keeps it back, if it does.

    A step that becomes due by running another (no delay, nobody reached, a long absence) runs too, and whoever is told by
    several of them is told once.
    """
    planning = _Planning(policy, now, due, overrides, muted)
    for step in due.steps:
        planning.run(step)
    return planning.changes()


class _Planning:
    """One pass over one incident."""

    def __init__(
        self, policy: TenantPolicy, now: dt.datetime, due: Due, overrides: Sequence[DutyOverride], muted: str | None
    ) -> None:
        self._policy = policy
        self._now = now
        self._due = due
        self._overrides = overrides
        self._muted = muted
        self._incident = due.incident
        self._threads = due.threads
        self._quiet = False
        self._cancel: set[StepKind] = set()
        self._steps: list[Step] = []
        self._events: list[Event] = []
        self._pages: dict[tuple[str, str], Note] = {}
        self._notes: list[Note] = []
        self._ran: list[int] = []

    def run(self, step: Step) -> None:
        """Do what a step is for, if the incident is still in the state that wants it."""
        state = self._incident.state
        if step.kind in PAGING:
            if state == "firing":
                self._page_step(step)
        elif step.kind == "refresh" and state != "resolved":
            self._notes += announce(self._threads, self._now, None)
        elif step.kind == "closed" and state == "resolved":
            self._close()
        elif step.kind == "acknowledge_timeout" and state == "acknowledged":
            self._page_again(Event("acknowledgement_expired", self._now))
        elif step.kind == "wake" and state == "snoozed":
            self._page_again(Event("snooze_ended", self._now))
        elif step.kind == "wake" and state == "suppressed":
            self._wake()
        elif step.kind == "hold" and self._incident.held_until is not None and state != "resolved":
            self._take(close(self._incident, self._now))

    def changes(self) -> Changes:
        """Everything that was decided."""
        return Changes(
            incident=None if self._incident == self._due.incident else self._incident,
            cancel=frozenset(self._cancel),
            steps=tuple(self._steps),
            events=tuple(self._events),
            notes=(*self._pages.values(), *self._notes),
            quiet=self._quiet,
            ran=tuple(self._ran),
        )

    def _page_step(self, step: Step) -> None:
        """Page, unless nothing fires just now or all that does is under maintenance."""
        if self._incident.held_until is not None and self._incident.held_until > self._now:
            self._shift(self._incident.held_until - step.due)
            self._steps.append(replace(step, due=self._incident.held_until))
        elif self._muted is not None:
            self._take(mute(self._incident, self._threads, self._now, self._muted))
        elif (window := self._covering()) is not None:
            self._take(suppress(self._incident, self._threads, self._now, window.end, window.reason))
        elif step.kind == "escalate":
            self._escalate(step)
        else:
            self._contact(step)

    def _covering(self) -> Maintenance | None:
        if not any(window.start <= self._now < window.end for window in self._policy.maintenance):
            return None
        return covering(self._policy.maintenance, open_labels(self._due.alerts()), self._now)

    def _wake(self) -> None:
        window = self._covering()
        if self._muted is not None:
            self._rest(self._now + MUTED_FOR, self._muted)
        elif window is not None:
            self._rest(window.end, window.reason)
        else:
            self._page_again(Event("suppression_ended", self._now))

    def _rest(self, until: dt.datetime, reason: str) -> None:
        self._incident = replace(self._incident, suppressed_until=until, suppressed_reason=reason)
        self._steps.append(Step("wake", until))

    def _take(self, decided: Changes) -> None:
        """Another state, decided as a whole."""
        self._incident = decided.incident or self._incident
        self._cancel |= decided.cancel
        self._steps = [step for step in self._steps if step.kind not in decided.cancel]
        self._events += decided.events
        self._notes += decided.notes
        self._quiet |= decided.quiet
        self._pages.clear()
        for step in decided.steps:
            self._later(step)

    def _close(self) -> None:
        event = Event("resolved", self._incident.resolved or self._now, self._incident.resolved_by)
        self._events.append(event)
        self._notes += announce(self._threads, self._now, event)

    def _page_again(self, event: Event) -> None:
        again = page_again(self._incident, self._now, event)
        self._incident = again.incident or self._incident
        self._cancel |= again.cancel
        self._events.append(event)
        self._notes += announce(self._threads, self._now, event)
        for step in again.steps:
            self._later(step)

    def _escalate(self, step: Step) -> None:
        opening = _opening(self._incident.escalation.active, self._now)
        if opening > self._now:
            self._shift(opening - step.due)
            self._steps.append(replace(step, due=opening))
            return
        self._ran.append(step.position)
        reached = self._tell(self._incident.escalation.steps[step.position].notify, step.due)
        self._incident = replace(self._incident, position=step.position + 1)
        following = self._following(step.position)
        if following is None:
            return
        if not reached:
            self._shift(min(dt.timedelta(), self._now - following.due))
            following = replace(following, due=min(following.due, self._now))
        self._later(following)

    def _tell(self, targets: Sequence[Target], due: dt.datetime) -> bool:
        """Page everybody whom a step names; whether there is anybody."""
        places: list[Place] = []
        later: list[Step] = []
        recipients: list[str] = []
        for recipient, contacts, locale, timezone in self._recipients(targets):
            recipients.append(recipient)
            places += [place_of(c, recipient, locale, timezone) for c in contacts if c.after == 0]
            later += [_contact_step(recipient, c, due) for c in contacts if c.after]
        if not places and not later:
            self._events.append(Event("unreachable", self._now, targets=tuple(_name(target) for target in targets)))
            return False
        opening = not self._threads and not self._pages and self._incident.cycle == 0
        event = Event("opened" if opening else "escalated", self._now, targets=tuple(dict.fromkeys(recipients)))
        self._page(places, event)
        self._notes += _shown_elsewhere(self._threads, places, event)
        for contact in later:
            self._later(contact)
        return True

    def _page(self, places: Sequence[Place], event: Event) -> None:
        self._events.append(event)
        if places and self._incident.paged is None:
            self._incident = replace(self._incident, paged=self._now)
        for place in places:
            self._pages.setdefault((place.channel, place.address), Note("page", place, self._now, event))

    def _contact(self, step: Step) -> None:
        recipient = f"person/{step.person}"
        found = list(self._person(step.person))
        places = [
            place_of(c, recipient, locale, zone) for _, contacts, locale, zone in found for c in contacts if c.after == step.after
        ]
        if places:
            self._page(places, Event("reminder", self._now, targets=(recipient,)))

    def _recipients(self, targets: Sequence[Target]) -> Iterator[tuple[str, Sequence[Contact], str, str]]:
        policy = self._policy
        for target in targets:
            if target.channel in policy.channels:
                yield f"channel/{target.channel}", (Contact(target.channel),), policy.locale, policy.timezone
            elif target.schedule in policy.schedules:
                yield from self._person(on_call(policy, target.schedule, self._overrides, self._now))
            elif target.team in policy.teams:
                yield from self._team(target.team)
            else:
                yield from self._person(target.person)

    def _team(self, name: str) -> Iterator[tuple[str, Sequence[Contact], str, str]]:
        """A team is told in its rooms; one that has none is told through its members, so that a page finds somebody."""
        team = self._policy.teams[name]
        rooms = [contact for contact in team.contact if contact.channel in self._policy.channels]
        if rooms:
            yield f"team/{name}", [replace(room, after=0) for room in rooms], team.locale, team.timezone
        else:
            for member in team.members:
                yield from self._person(member)

    def _person(self, name: str) -> Iterator[tuple[str, Sequence[Contact], str, str]]:
        person = self._policy.people.get(name)
        contacts = [contact for contact in person.contact if contact.channel in self._policy.channels] if person else []
        if person and contacts:
            yield f"person/{name}", contacts, person.locale, person.timezone

    def _following(self, position: int) -> Step | None:
        """The next step of the cycle, or the first of the next cycle, or none."""
        policy = self._incident.escalation
        if position + 1 < len(policy.steps):
            return self._step(position + 1)
        if self._incident.cycle >= policy.repeat:
            return None
        began = self._incident.began + dt.timedelta(seconds=oncall.cycle_length(policy))
        self._incident = replace(self._incident, began=began, position=0, cycle=self._incident.cycle + 1)
        return self._step(0)

    def _step(self, position: int) -> Step:
        after = self._incident.escalation.steps[position].after
        return Step("escalate", self._incident.began + dt.timedelta(seconds=after), position)

    def _later(self, step: Step) -> None:
        if step.due <= self._now:
            self.run(step)
        else:
            self._steps.append(step)

    def _shift(self, by: dt.timedelta) -> None:
        """Later steps keep their distance to one that waited or was not waited for."""
        self._incident = replace(self._incident, began=self._incident.began + by)


def _opening(active: ActiveHours | None, now: dt.datetime) -> dt.datetime:
    return now if active is None else oncall.next_opening(active, now)


def _contact_step(recipient: str, contact: Contact, due: dt.datetime) -> Step:
    """A later contact of a person, counted from when the step was due."""
    return Step("contact", due + dt.timedelta(seconds=contact.after), person=recipient.partition("/")[2], after=contact.after)


def _shown_elsewhere(threads: Sequence[Thread], places: Sequence[Place], event: Event) -> list[Note]:
    """Whoever was told before sees who is paged now, too; where they are themselves, the page says it."""
    paged = {(place.channel, place.address) for place in places}
    others = [thread.place for thread in threads if (thread.place.channel, thread.place.address) not in paged]
    return announce(threads, event.at, None) + [Note("note", place, event.at, event) for place in others]


def _name(target: Target) -> str:
    return next((f"{kind}/{name}" for kind, name in asdict(target).items() if name), "")
