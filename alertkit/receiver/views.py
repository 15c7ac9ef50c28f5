"""What the API shows: incidents, their story, who is on call. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from alertkit.model.incident import DutyOverride, Event, Incident, NoteKind
from alertkit.model.message import State
from alertkit.model.policy import TenantPolicy
from alertkit.model.webhook import Webhook
from alertkit.receiver.duty import on_call
from alertkit.receiver.facts import reference
from alertkit.stores.base import Alerts, Story

PAGE_LIMIT: Final = 500
"""Incidents of a page at the most."""
_WEBHOOK = msgspec.json.Decoder(Webhook)


class IncidentView(msgspec.Struct, frozen=True):
    """An incident in a list. `by` took it on or resolved it; `until` ends a snooze or a suppression.

    `stale_since`: since then no Alertmanager that answers knows one of its alerts, for ten minutes or longer, and yet it is not
    certain that it is over.
    """

    id: int
    reference: str
    tenant: str
    policy: str
    labels: dict[str, str]
    state: State
    severity: str
    opened: dt.datetime
    by: str = ""
    until: dt.datetime | None = None
    resolved: dt.datetime | None = None
    stale_since: dt.datetime | None = None


class AlertView(msgspec.Struct, frozen=True):
    """One occurrence of an alert, with its newest labels and annotations."""

    fingerprint: str
    starts: dt.datetime
    ends: dt.datetime | None
    severity: str
    labels: dict[str, str]
    annotations: dict[str, str]


class MessageView(msgspec.Struct, frozen=True):
    """What became of one message: pending, sending, sent, failed or skipped. Addresses are not shown: they may be personal."""

    channel: str
    recipient: str
    kind: NoteKind
    state: str
    wanted: dt.datetime
    done: dt.datetime | None
    reason: str


class StoryView(msgspec.Struct, frozen=True):
    """One incident with everything that is known of it."""

    incident: IncidentView
    alerts: tuple[AlertView, ...]
    timeline: tuple[Event, ...]
    messages: tuple[MessageView, ...]


class IncidentPage(msgspec.Struct, frozen=True):
    """The latest first. `next` is `before` of the page that follows, null on the last."""

    incidents: tuple[IncidentView, ...]
    next: int | None


class DutyView(msgspec.Struct, frozen=True):
    """Who is on call for a schedule now; `source` says whether the calendar or an override has it so."""

    tenant: str
    schedule: str
    person: str
    name: str
    source: Literal["calendar", "override", "nobody"]


def incident_view(incident: Incident) -> IncidentView:
    """The incident as a list shows it."""
    return IncidentView(
        incident.id,
        reference(incident),
        incident.tenant,
        incident.policy,
        incident.group,
        incident.state,
        incident.severity,
        incident.opened,
        incident.acknowledged_by or incident.resolved_by,
        incident.snoozed_until or incident.suppressed_until,
        incident.resolved,
        incident.stale_since,
    )


def story_view(incident: Incident, alerts: Alerts, story: Story) -> StoryView:
    """The incident with its alerts, timeline and messages."""
    newest = {
        alert.fingerprint: alert for number in sorted(alerts.posts) for alert in _WEBHOOK.decode(alerts.posts[number]).alerts
    }
    shown = tuple(
        AlertView(
            one.occurrence.fingerprint,
            one.occurrence.starts,
            one.ends,
            one.occurrence.severity,
            newest[one.occurrence.fingerprint].labels,
            newest[one.occurrence.fingerprint].annotations,
        )
        for one in alerts.recorded
    )
    messages = tuple(
        MessageView(m.place.channel, m.place.recipient, m.kind, m.state, m.wanted, m.done, m.reason) for m in story.told
    )
    return StoryView(incident_view(incident), shown, story.events, messages)


def duty_view(policy: TenantPolicy, schedule: str, overrides: Sequence[DutyOverride], now: dt.datetime) -> DutyView:
    """Who is on call for one schedule."""
    person = on_call(policy, schedule, overrides, now)
    calendar = on_call(policy, schedule, (), now)
    known = policy.people.get(person)
    source: Literal["calendar", "override", "nobody"] = "nobody" if not person else "calendar"
    if person and person != calendar:
        source = "override"
    return DutyView(policy.tenant, schedule, person, known.name if known else person, source)
