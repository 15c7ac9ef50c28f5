"""What people do to incidents: acknowledge, resolve, snooze, escalate. Decided where it is stored, so that two clicks agree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from alertkit.model.incident import Changes, Event, Held, Incident, Place, Thread
from alertkit.model.message import ActionKind
from alertkit.receiver import lifecycle
from alertkit.stores.base import Store

SHORTEST_SNOOZE: Final = dt.timedelta(minutes=1)
LONGEST_SNOOZE: Final = dt.timedelta(days=7)
DEFAULT_SNOOZE: Final = dt.timedelta(hours=1)

Refusal = Literal["gone", "already_done"]


class Action(msgspec.Struct, frozen=True):
    """What somebody wants. `tenant` guards: an incident of another tenant does not exist for them.

    A reassignment names the `recipient` (`person/<id>` or `team/<name>`) and the places where they are told.
    """

    kind: ActionKind | Literal["reassign"]
    incident: int
    tenant: str
    actor: str
    seconds: int = 0
    recipient: str = ""
    places: tuple[Place, ...] = ()


async def act(
    store: Store, action: Action, now: dt.datetime, acted: Callable[[Changes], None] = lambda changes: None
) -> Incident | Refusal:
    """Do it, once: the incident afterwards, or why nothing was done. `acted` is told what has changed."""
    decision: Changes | Refusal = "gone"

    def decide(held: Held, threads: Sequence[Thread]) -> Changes | None:
        nonlocal decision
        decision = _decide(action, held, threads, now)
        return decision if isinstance(decision, Changes) else None

    incident = await store.decide(action.incident, now, decide)
    if incident is None or not isinstance(decision, Changes):
        return "gone" if isinstance(decision, Changes) else decision
    acted(decision)
    return incident


def _decide(action: Action, held: Held, threads: Sequence[Thread], now: dt.datetime) -> Changes | Refusal:
    incident = held.incident
    if incident.tenant != action.tenant:
        return "gone"
    if incident.state == "resolved":
        return "already_done"
    if action.kind == "acknowledge":
        return "already_done" if incident.state == "acknowledged" else lifecycle.acknowledge(incident, threads, now, action.actor)
    if action.kind == "resolve":
        return lifecycle.close(incident, now, action.actor)
    if action.kind == "snooze":
        return lifecycle.snooze(incident, threads, now, now + _snooze(action.seconds), action.actor)
    if action.kind == "reassign":
        event = Event("escalated", now, action.actor, (action.recipient,))
        return lifecycle.reassign(incident, threads, event, action.places)
    if not incident.escalation.steps:
        return "already_done"
    return lifecycle.escalate(incident, threads, now, action.actor)


def _snooze(seconds: int) -> dt.timedelta:
    wanted = dt.timedelta(seconds=seconds) if seconds > 0 else DEFAULT_SNOOZE
    return min(max(wanted, SHORTEST_SNOOZE), LONGEST_SNOOZE)
