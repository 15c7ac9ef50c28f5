"""Incidents made up for a look at their words: one alert of a tenant, in any state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import get_args

from alertkit import names
from alertkit.model import sentence
from alertkit.model.message import State
from alertkit.model.notification import Alert, Event, EventKind, Links, Notification, silence_url
from alertkit.model.policy import AlertText, TenantPolicy, Unit

STATES: tuple[State, ...] = get_args(State)

VALUES: dict[Unit, str] = {
    "none": "3.7",
    "duration": "97200",
    "percent": "0.0734",
    "bytes": "4.2e9",
    "per_second": "12.5",
    "count": "42",
}
"""A raw value of each unit, as Prometheus might print it."""

_EVENTS: dict[State, EventKind] = {
    "firing": "opened",
    "acknowledged": "acknowledged",
    "snoozed": "snoozed",
    "suppressed": "suppressed",
    "resolved": "resolved",
}


def sample(
    policy: TenantPolicy, text: AlertText, labels: Mapping[str, str], state: State, now: dt.datetime, *, value: str = ""
) -> Notification:
    """An incident of one alert that began 25 minutes before `now`.

    `labels` are the rule's own and any that are wanted; a label that only the sentence names is made up. `value` is raw, and
    made up from the unit when it is empty.
    """
    began = now - dt.timedelta(minutes=25)
    all_labels = {**_made_up(text), **labels, "alertname": text.alert, policy.tenant_label: policy.tenant}
    raw = value or VALUES[text.unit]
    ended = now if state == "resolved" else None
    alert = Alert(all_labels, {}, began, "resolved" if ended else "firing", ended, raw, text.unit, text)
    who = next((person.name for person in policy.people.values()), policy.title)
    handled = state in ("acknowledged", "resolved")
    until = now + dt.timedelta(hours=1) if state in ("snoozed", "suppressed") else None
    return Notification(
        tenant=policy.tenant,
        title=policy.title,
        incident="preview",
        reference=f"{policy.tenant.upper()}-142",
        state=state,
        severity=all_labels.get(names.LABEL_SEVERITY, names.SEVERITIES[0]),
        opened_at=began,
        alerts=(alert,),
        event=Event(_EVENTS[state], now, who if state in ("acknowledged", "snoozed") else "", until=until),
        resolved_at=ended,
        acknowledged_by=who if handled else "",
        acknowledged_at=now - dt.timedelta(minutes=20) if handled else None,
        snoozed_until=until if state == "snoozed" else None,
        notified=tuple(team.rpartition("/")[2] for team in policy.teams)[:2],
        links=Links(silence=silence_url("https://alertmanager.example", all_labels)),
        severities=policy.severities,
        tenant_label=policy.tenant_label,
    )


def specimens(now: dt.datetime) -> list[Notification]:
    """Incidents in every state, of one alert and of many, with everything that a message can hold: what a layout must bear."""
    text = AlertText("QueueIsLong", "count", {"en": "{value} jobs wait in {queue}"}, {"en": "They wait longer each minute."})
    labels = {"alertname": text.alert, "service": "checkout", names.LABEL_SEVERITY: "critical"}
    began = now - dt.timedelta(hours=26)
    alone = Alert(labels | {"queue": "mail"}, {}, began, value="1234", unit="count", text=text)
    many = [Alert(labels | {"queue": f"queue-{place}"}, {}, began, value="5", unit="count", text=text) for place in range(30)]
    return [_specimen(state, alerts, now) for state in STATES for alerts in ((alone,), tuple(many))]


def _specimen(state: State, alerts: tuple[Alert, ...], now: dt.datetime) -> Notification:
    until = now + dt.timedelta(hours=1)
    pages = {name: f"https://{name}.example/x" for name in ("runbook", "dashboard", "source")}
    return Notification(
        tenant="acme",
        title="Acme Music",
        incident="142",
        reference="ACME-142",
        state=state,
        severity="critical",
        opened_at=alerts[0].starts_at,
        alerts=alerts,
        event=Event(_EVENTS[state], now, "Amélie Durand", until=until, reason="database migration"),
        resolved_at=now if state == "resolved" else None,
        acknowledged_by="Amélie Durand" if state in ("acknowledged", "resolved") else "",
        acknowledged_at=now if state in ("acknowledged", "resolved") else None,
        snoozed_until=until if state == "snoozed" else None,
        suppressed_reason="database migration" if state == "suppressed" else "",
        notified=("payments", "Amélie Durand"),
        links=Links(silence=silence_url("https://alertmanager.example", alerts[0].labels), **pages),
        truncated=len(alerts) - 1,
        mentions=("U024BE7LH",),
    )


def _made_up(text: AlertText) -> dict[str, str]:
    """A value for each label that a sentence of the alert names."""
    sentences = (*text.summary.values(), *text.description.values())
    found = frozenset().union(*map(sentence.fields, sentences)) if sentences else frozenset()
    return {name: f"{name}-1" for name in sorted(found - {sentence.VALUE})}
