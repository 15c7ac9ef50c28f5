"""The life of an incident: open, taken on, put off, paged again, closed. Pure; who or what decided calls these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from alertkit.model.incident import PAGING, Changes, Event, Incident, Note, Place, Step, StepKind, Thread
from alertkit.model.message import State
from alertkit.model.oncall import EscalationPolicy

MUTED_FOR = dt.timedelta(minutes=10)
"""How long an incident that Alertmanager keeps back stays so without being asked again: longer than a peer's restart."""
EVERY_STEP: frozenset[StepKind] = PAGING | {"refresh", "closed", "acknowledge_timeout", "wake", "hold"}
_RESTING: frozenset[StepKind] = PAGING | {"acknowledge_timeout", "wake"}


def into(state: State, incident: Incident, **fields: Any) -> Incident:
    """In another state, without what belonged to the one before."""
    clean: dict[str, Any] = {
        "acknowledged": None,
        "acknowledged_by": "",
        "snoozed_until": None,
        "suppressed_until": None,
        "suppressed_reason": "",
    }
    return replace(incident, state=state, **(clean | fields))


def first_steps(policy: EscalationPolicy, began: dt.datetime) -> tuple[Step, ...]:
    """The step that begins a cycle; a policy without steps only records."""
    if not policy.steps:
        return ()
    return (Step("escalate", began + dt.timedelta(seconds=policy.steps[0].after)),)


def page_again(incident: Incident, at: dt.datetime, event: Event) -> Changes:
    """Firing once more, from the first step."""
    firing = into("firing", incident, began=at, position=0, cycle=0, paged=None)
    return Changes(incident=firing, cancel=_RESTING, steps=first_steps(incident.escalation, at), events=(event,))


def announce(threads: Sequence[Thread], at: dt.datetime, event: Event | None) -> list[Note]:
    """Rewrite what was sent before, and say what has happened."""
    notes = [Note("refresh", thread.place, at) for thread in threads]
    return notes if event is None else notes + [Note("note", thread.place, at, event) for thread in threads]


def acknowledge(incident: Incident, threads: Sequence[Thread], at: dt.datetime, actor: str) -> Changes:
    """Somebody takes it on: no further step, until the acknowledgement times out."""
    taken = into("acknowledged", incident, acknowledged=at, acknowledged_by=actor)
    timeout = incident.escalation.acknowledge_timeout
    steps = (Step("acknowledge_timeout", at + dt.timedelta(seconds=timeout)),) if timeout else ()
    return _told(Event("acknowledged", at, actor), threads, taken, steps)


def snooze(incident: Incident, threads: Sequence[Thread], at: dt.datetime, until: dt.datetime, actor: str) -> Changes:
    """Put off: it pages again from the first step at `until`, or earlier when it gets worse."""
    asleep = into("snoozed", incident, snoozed_until=until, paged=None)
    return _told(Event("snoozed", at, actor, until=until), threads, asleep, (Step("wake", until),))


def suppress(incident: Incident, threads: Sequence[Thread], at: dt.datetime, until: dt.datetime, reason: str) -> Changes:
    """Held back, by no person: whether it still is gets asked again at `until`."""
    quiet = into("suppressed", incident, suppressed_until=until, suppressed_reason=reason, paged=None)
    return _told(Event("suppressed", at, until=until, reason=reason), threads, quiet, (Step("wake", until),))


def mute(incident: Incident, threads: Sequence[Thread], at: dt.datetime, reason: str) -> Changes:
    """Held back by Alertmanager, nobody knows until when: asked again after MUTED_FOR, and told as soon as it changes."""
    until = at + MUTED_FOR
    quiet = into("suppressed", incident, suppressed_until=until, suppressed_reason=reason, paged=None)
    return _told(Event("suppressed", at, reason=reason), threads, quiet, (Step("wake", until),))


def _told(event: Event, threads: Sequence[Thread], incident: Incident, steps: tuple[Step, ...]) -> Changes:
    notes = tuple(announce(threads, event.at, event))
    return Changes(incident=incident, cancel=_RESTING, steps=steps, events=(event,), notes=notes, quiet=True)


def escalate(incident: Incident, threads: Sequence[Thread], at: dt.datetime, actor: str) -> Changes:
    """The next step at once, or the last one again, and those after it at their distance."""
    steps = incident.escalation.steps
    position = min(incident.position, len(steps) - 1)
    began = at - dt.timedelta(seconds=steps[position].after)
    firing = into("firing", incident, began=began, paged=_waiting_since(incident))
    return _told(Event("escalated", at, actor), threads, firing, (Step("escalate", at, position),))


def reassign(incident: Incident, threads: Sequence[Thread], event: Event, places: Sequence[Place]) -> Changes:
    """Somebody else is paged now; the steps go on from where they were, a delay later, unless they take it on."""
    at, steps, position = event.at, incident.escalation.steps, incident.position
    pages = tuple(Note("page", place, at, event) for place in places)
    began = incident.began
    later: tuple[Step, ...] = ()
    if position < len(steps):
        previous = steps[position - 1].after if position else 0
        began = at - dt.timedelta(seconds=previous)
        later = (Step("escalate", began + dt.timedelta(seconds=steps[position].after), position),)
    paged = _waiting_since(incident) or (at if pages else None)
    told = _told(event, threads, into("firing", incident, began=began, paged=paged), later)
    return replace(told, notes=(*pages, *told.notes))


def _waiting_since(incident: Incident) -> dt.datetime | None:
    """When whoever has not answered was first told; an incident that somebody has answered begins to wait anew."""
    return incident.paged if incident.state == "firing" else None


def close(incident: Incident, at: dt.datetime, actor: str = "") -> Changes:
    """Over: nothing is due any more but telling so, which a step does. `actor` is empty when the alerts themselves ended."""
    closed = into("resolved", incident, resolved=at, resolved_by=actor, held_until=None, stale_since=None)
    return Changes(incident=closed, cancel=EVERY_STEP, steps=(Step("closed", at),), quiet=True)
