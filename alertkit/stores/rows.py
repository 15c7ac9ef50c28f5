"""Values to columns and back, the same for every store that speaks SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from alertkit.model.heartbeat import Heartbeat
from alertkit.model.incident import DutyOverride, Event, Incident, Place, Step, Thread, identity_text
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores.base import End, Told

_GROUP = msgspec.json.Decoder(dict[str, str])
_TARGETS = msgspec.json.Decoder(tuple[str, ...])
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

INCIDENT = (
    "id, tenant, policy, grouped, pinned, state, severity, opened, began, position, cycle, acknowledged, acknowledged_by,"
    " snoozed_until, resolved, resolved_by, suppressed_until, suppressed_reason, flaps, held_until, paged, trace, stale_since"
)
"""Columns in the order of `incident_row`."""


def micros(at: dt.datetime) -> int:
    """Microseconds since 1970 in UTC, exact."""
    return (at - _EPOCH) // _MICROSECOND


def instant(micros: int) -> dt.datetime:
    """The instant back."""
    # Several times as fast as `timedelta(microseconds=…)`.
    return _EPOCH + micros * _MICROSECOND


def _maybe_micros(at: dt.datetime | None) -> int | None:
    return None if at is None else micros(at)


def _maybe_instant(value: int | None) -> dt.datetime | None:
    return None if value is None else instant(value)


def incident_row(incident: Incident, pinned: int) -> tuple[Any, ...]:
    """The columns of INCIDENT."""
    return (
        incident.id,
        incident.tenant,
        incident.policy,
        identity_text(incident.group),
        pinned,
        incident.state,
        incident.severity,
        micros(incident.opened),
        micros(incident.began),
        incident.position,
        incident.cycle,
        _maybe_micros(incident.acknowledged),
        incident.acknowledged_by,
        _maybe_micros(incident.snoozed_until),
        _maybe_micros(incident.resolved),
        incident.resolved_by,
        _maybe_micros(incident.suppressed_until),
        incident.suppressed_reason,
        incident.flaps,
        _maybe_micros(incident.held_until),
        _maybe_micros(incident.paged),
        incident.trace,
        _maybe_micros(incident.stale_since),
    )


def incident(row: Sequence[Any], escalation: EscalationPolicy) -> Incident:
    """The columns of INCIDENT back, with the pinned policy they point at."""
    return Incident(
        id=row[0],
        tenant=row[1],
        policy=row[2],
        group=_GROUP.decode(row[3]),
        escalation=escalation,
        state=row[5],
        severity=row[6],
        opened=instant(row[7]),
        began=instant(row[8]),
        position=row[9],
        cycle=row[10],
        acknowledged=_maybe_instant(row[11]),
        acknowledged_by=row[12],
        snoozed_until=_maybe_instant(row[13]),
        resolved=_maybe_instant(row[14]),
        resolved_by=row[15],
        suppressed_until=_maybe_instant(row[16]),
        suppressed_reason=row[17],
        flaps=row[18],
        held_until=_maybe_instant(row[19]),
        paged=_maybe_instant(row[20]),
        trace=row[21],
        stale_since=_maybe_instant(row[22]),
    )


STEP = "incident, kind, due, position, person, after"


def step_row(incident: int, step: Step) -> tuple[Any, ...]:
    """The columns of STEP."""
    return (incident, step.kind, micros(step.due), step.position, step.person, step.after)


def step(row: Sequence[Any]) -> Step:
    """The columns of STEP back."""
    return Step(row[1], instant(row[2]), row[3], row[4], row[5])


EVENT = "incident, at, kind, actor, targets, until, count, reason"


def event_row(incident: int, event: Event) -> tuple[Any, ...]:
    """The columns of EVENT."""
    targets = msgspec.json.encode(event.targets).decode()
    return (incident, micros(event.at), event.kind, event.actor, targets, _maybe_micros(event.until), event.count, event.reason)


def event(row: Sequence[Any]) -> Event:
    """The columns of EVENT back."""
    return Event(row[2], instant(row[1]), row[3], _TARGETS.decode(row[4]), _maybe_instant(row[5]), row[6], row[7])


PLACE = "channel, address, secret, recipient, locale, timezone"
THREAD = f"id, {PLACE}, opened, reference, refused"


def place_row(incident: int, place: Place) -> tuple[Any, ...]:
    """incident and the columns of PLACE."""
    return (
        incident,
        place.channel,
        place.address,
        int(place.secret),
        place.recipient,
        place.locale,
        place.timezone,
    )


def place(row: Sequence[Any]) -> Place:
    """The columns of PLACE back."""
    return Place(row[0], row[1], bool(row[2]), row[3], row[4], row[5])


def thread(row: Sequence[Any]) -> Thread:
    """The columns of THREAD back."""
    return Thread(row[0], place(row[1:7]), _maybe_instant(row[7]), row[8], bool(row[9]))


def told(row: Sequence[Any]) -> Told:
    """kind, state, wanted, done and reason of a message, and the columns of PLACE."""
    return Told(place(row[5:]), row[0], row[1], instant(row[2]), _maybe_instant(row[3]), row[4])


def was_leaving(end: End, leaving: set[tuple[int, int]]) -> bool:
    """Take a message and its attempt from those that are leaving; False when they are not among them (any more)."""
    attempt = (end.outgoing.id, end.outgoing.attempt)
    if attempt not in leaving:
        return False
    leaving.remove(attempt)
    return True


def refreshes_again(end: End) -> bool:
    """Would it be tried again, to say how things stand?"""
    return end.settlement.state == "pending" and end.outgoing.kind == "refresh"


def settlement_row(end: End, newer: Collection[int]) -> tuple[str, int | None, int, str, int, int]:
    """state, done, due, reason, id and attempt of a message that was leaving; `newer` are threads in which a refresh waits."""
    outgoing, settlement = end.outgoing, end.settlement
    at, state, reason = micros(settlement.at), settlement.state, settlement.reason
    if refreshes_again(end) and outgoing.thread.id in newer:
        state, reason = "skipped", "a newer state is waiting"
    return (state, None if state == "pending" else at, at, reason, outgoing.id, outgoing.attempt)


def opened(ends: Iterable[End]) -> list[tuple[int, str, int]]:
    """opened, reference and id of threads in which something has been sent."""
    sent = ((end.outgoing.thread.id, end.settlement) for end in ends if end.settlement.state == "sent")
    return [(micros(settlement.at), settlement.reference, thread) for thread, settlement in sent]


def gone(ends: Iterable[End]) -> list[tuple[int]]:
    """Threads of which the beginning is gone."""
    return [(end.outgoing.thread.id,) for end in ends if end.settlement.reopen]


def refused(ends: Iterable[End]) -> list[tuple[int]]:
    """Threads whose place takes no pages."""
    return [(end.outgoing.thread.id,) for end in ends if end.settlement.state == "failed" and end.outgoing.kind == "page"]


HEARTBEAT = "source, beat, listened, checked"


def heartbeat_row(heartbeat: Heartbeat) -> tuple[Any, ...]:
    """The columns of HEARTBEAT."""
    return (heartbeat.source, micros(heartbeat.beat), heartbeat.listened // _MICROSECOND, micros(heartbeat.checked))


def heartbeat(row: Sequence[Any]) -> Heartbeat:
    """The columns of HEARTBEAT back."""
    return Heartbeat(row[0], instant(row[1]), row[2] * _MICROSECOND, instant(row[3]))


OVERRIDE = "id, owner, schedule, begins, ends, person, made_by, made"


def override_row(override: DutyOverride) -> tuple[Any, ...]:
    """The columns of OVERRIDE without id."""
    return (
        override.owner,
        override.schedule,
        micros(override.begins),
        micros(override.ends),
        override.person,
        override.made_by,
        micros(override.made),
    )


def override(row: Sequence[Any]) -> DutyOverride:
    """The columns of OVERRIDE back."""
    return DutyOverride(row[1], row[2], instant(row[3]), instant(row[4]), row[5], row[6], instant(row[7]), row[0])
