"""The life of an incident: open, taken on, put off, paged again, closed. Pure; who or what decided calls these."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from alertkit.model.incident import PAGING, Changes, Event, Incident, Step, StepKind
from alertkit.model.oncall import EscalationPolicy

EVERY_STEP: frozenset[StepKind] = PAGING | {"refresh", "closed", "acknowledge_timeout", "wake"}
_RESTING: frozenset[StepKind] = PAGING | {"acknowledge_timeout", "wake"}


def first_steps(policy: EscalationPolicy, began: dt.datetime) -> tuple[Step, ...]:
    """The step that begins a cycle; a policy without steps only records."""
    if not policy.steps:
        return ()
    return (Step("escalate", began + dt.timedelta(seconds=policy.steps[0].after)),)


def page_again(incident: Incident, at: dt.datetime, event: Event) -> Changes:
    """Firing once more, from the first step."""
    firing = replace(incident, state="firing", began=at, cycle=0, acknowledged=None, acknowledged_by="", snoozed_until=None)
    return Changes(incident=firing, cancel=_RESTING, steps=first_steps(incident.escalation, at), events=(event,))


def acknowledge(incident: Incident, at: dt.datetime, actor: str) -> Changes:
    """Somebody takes it on: no further step, until the acknowledgement times out."""
    taken = replace(incident, state="acknowledged", acknowledged=at, acknowledged_by=actor, snoozed_until=None)
    timeout = incident.escalation.acknowledge_timeout
    steps = (Step("acknowledge_timeout", at + dt.timedelta(seconds=timeout)),) if timeout else ()
    return Changes(incident=taken, cancel=_RESTING, steps=steps, events=(Event("acknowledged", at, actor),), quiet=True)


def snooze(incident: Incident, at: dt.datetime, until: dt.datetime, actor: str) -> Changes:
    """Put off: it pages again from the first step at `until`, or earlier when it gets worse."""
    asleep = replace(incident, state="snoozed", snoozed_until=until, acknowledged=None, acknowledged_by="")
    event = Event("snoozed", at, actor, until=until)
    return Changes(incident=asleep, cancel=_RESTING, steps=(Step("wake", until),), events=(event,), quiet=True)


def close(incident: Incident, at: dt.datetime, actor: str = "") -> Changes:
    """Over: nothing is due any more but telling so. `actor` is empty when the alerts themselves ended."""
    closed = replace(
        incident, state="resolved", resolved=at, resolved_by=actor, acknowledged=None, acknowledged_by="", snoozed_until=None
    )
    event = Event("resolved", at, actor)
    return Changes(incident=closed, cancel=EVERY_STEP, steps=(Step("closed", at),), events=(event,), quiet=True)
