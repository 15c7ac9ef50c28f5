"""A tenant whose policies are asked who is told when, and the same asked of the receiver's planner."""

from __future__ import annotations

import datetime as dt

import msgspec

from alertkit.model.incident import Incident, Occurrence, Step
from alertkit.model.oncall import Contact, EscalationPolicy, Handoff, Layer, Maintenance, Person, Schedule, Team
from alertkit.model.policy import ChannelSettings, TenantPolicy
from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver.escalation import plan
from alertkit.receiver.lifecycle import first_steps
from alertkit.stores.base import Alerts, Due, Recorded

OPENED = dt.datetime(2026, 11, 20, 16, 58, 10, tzinfo=dt.UTC)  # a Friday, 17:58 in Paris
LABELS = {"alertname": "Late", "service": "web", "tenant": "acme"}
FINGERPRINT = "0123456789abcdef"


def tenant(*windows: Maintenance, **policies: EscalationPolicy) -> TenantPolicy:
    slack, mail = Contact("slack", "U1"), Contact("email", "amelie@acme.example", after=300)
    night = Layer("daily", Handoff("20:00"), dt.date(2026, 1, 1), ("jonas", "amelie"))
    return TenantPolicy(
        version="alertkit.policy/v1",
        tenant="acme",
        tenant_label="tenant",
        title="Acme",
        locale="fr",
        timezone="Europe/Paris",
        severities=("critical",),
        policies=policies,
        people={
            "amelie": Person("Amélie Durand", "fr", "Europe/Paris", (slack, mail)),
            "jonas": Person("Jonas Weber", "de", "Europe/Berlin", (Contact("slack", "U2"),)),
            "nadia": Person("Nadia Benali", "fr", "Europe/Paris", (Contact("pager", address_secret="acme/nadia"),)),
            "gone": Person("Gone", "fr", "Europe/Paris", (Contact("removed", "x"),)),
        },
        teams={
            "web": Team("fr", "Europe/Paris", (Contact("slack", "#web"),), ("amelie",)),
            "roomless": Team("fr", "Europe/Paris", (), ("amelie", "jonas")),
            "empty": Team("fr", "Europe/Paris"),
        },
        schedules={
            "primary": Schedule("Europe/Paris", (night,)),
            "over": Schedule("Europe/Paris", (msgspec.structs.replace(night, until=dt.date(2026, 2, 1)),)),
        },
        channels={name: ChannelSettings(name) for name in ("slack", "email", "pager", "log")},
        maintenance=windows,
    )


Told = set[tuple[dt.datetime, str, str]]
"""When, channel, address."""


def planned(policy: TenantPolicy, escalation: EscalationPolicy, most: int = 2_000) -> Told:
    """Every page that the receiver would send, when it runs each step in its moment and nobody answers."""
    incident = Incident(1, "acme", "p", {}, escalation, "firing", "critical", OPENED, OPENED)
    occurrence = Occurrence(FINGERPRINT, OPENED, "critical")
    recorded = Alerts((Recorded(occurrence, None, 1),), {1: _post()})
    waiting: list[Step] = list(first_steps(escalation, OPENED))
    told: Told = set()
    while waiting and len(told) < most:
        now = min(step.due for step in waiting)
        due = sorted((step for step in waiting if step.due == now), key=lambda step: step.kind != "contact")
        waiting = [step for step in waiting if step.due > now]
        changes = plan(policy, now, Due(incident, due, (), lambda: recorded))
        incident = changes.incident or incident
        waiting = [step for step in waiting if step.kind not in changes.cancel] + [one for one in changes.steps if _counts(one)]
        told |= {(now, note.place.channel, note.place.address) for note in changes.notes if note.kind == "page"}
    return told


def _counts(step: Step) -> bool:
    return step.kind in ("escalate", "contact", "wake")


def _post() -> bytes:
    over = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    alert = Alert("firing", LABELS, OPENED, over, FINGERPRINT)
    return msgspec.json.encode(Webhook("4", "{}", "firing", "acme/p", {}, [alert]))
