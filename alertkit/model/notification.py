"""What has happened, as facts without language: what the receiver knows and `alertkit.messages.Words` puts into words.

Every instant is an aware datetime. Text may come from alerts and tenants and is hostile until it is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import quote

import msgspec

from alertkit import names
from alertkit.model.message import State
from alertkit.model.policy import AlertText, Unit

EventKind = Literal[
    "opened",
    "reminder",
    "escalated",
    "exhausted",
    "acknowledged",
    "acknowledgement_expired",
    "snoozed",
    "snooze_ended",
    "suppressed",
    "suppression_ended",
    "alerts_joined",
    "alerts_ended",
    "severity_raised",
    "reopened",
    "resolved",
]
"""`exhausted`: the last step has been taken and nobody has acknowledged. `reminder`: nothing is new, it is just still so."""

UNITS: dict[str, Unit] = {unit: unit for unit in ("none", "duration", "percent", "bytes", "per_second", "count")}


class Alert(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One alert of the incident. `value` is the raw number as Prometheus printed it; `text` holds the rule's own words."""

    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: dt.datetime
    status: Literal["firing", "resolved"] = "firing"
    ends_at: dt.datetime | None = None
    value: str = ""
    unit: Unit = "none"
    text: AlertText | None = None

    @classmethod
    def read(
        cls,
        labels: dict[str, str],
        annotations: dict[str, str],
        texts: Mapping[str, AlertText],
        *,
        starts_at: dt.datetime,
        ends_at: dt.datetime | None = None,
    ) -> Alert:
        """An alert as Alertmanager tells it, with its words looked up by rule id in the policy's `texts`.

        It has resolved when `ends_at` is given. The policy's unit wins over the annotation, which a foreign rule may have set.
        """
        text = texts.get(annotations.get(names.ANNOTATION_RULE, ""))
        unit = text.unit if text else UNITS.get(annotations.get(names.ANNOTATION_UNIT, ""), "none")
        status: Literal["firing", "resolved"] = "resolved" if ends_at else "firing"
        value = annotations.get(names.ANNOTATION_VALUE, "")
        return cls(labels, annotations, starts_at, status, ends_at, value, unit, text)


class Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What has just changed. `actor` is a person's name, empty when nobody did it.

    `targets` are the names of whoever is told now, `until` ends a snooze or a maintenance, `count` is how many alerts joined
    or ended, `reason` is why pages are held back.
    """

    kind: EventKind
    at: dt.datetime
    actor: str = ""
    targets: tuple[str, ...] = ()
    until: dt.datetime | None = None
    count: int = 0
    reason: str = ""


class Links(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where to look. An empty runbook or dashboard is taken from the worst alert that has one."""

    runbook: str = ""
    dashboard: str = ""
    silence: str = ""
    source: str = ""


class Notification(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One incident, as it stands now, and the event that is the reason to speak of it.

    `incident` is the id that comes back with a click, `reference` the one that people say aloud ("ACME-142"). `notified`
    are the names of whoever has been told and not answered. `stale_since` is since when no Alertmanager that answers
    knows an alert of it, while it is not certain that it is over. `truncated` counts alerts that Alertmanager left out.
    `mentions` come from configuration, never from an alert. `severities` is the tenant's order, worst first.
    """

    tenant: str
    title: str
    incident: str
    reference: str
    state: State
    severity: str
    opened_at: dt.datetime
    alerts: tuple[Alert, ...]
    event: Event | None = None
    resolved_at: dt.datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: dt.datetime | None = None
    snoozed_until: dt.datetime | None = None
    suppressed_reason: str = ""
    stale_since: dt.datetime | None = None
    notified: tuple[str, ...] = ()
    links: Links = Links()
    truncated: int = 0
    mentions: tuple[str, ...] = ()
    severities: tuple[str, ...] = names.SEVERITIES
    tenant_label: str = names.DEFAULT_TENANT_LABEL


def common_labels(alerts: Sequence[Alert]) -> dict[str, str]:
    """The labels on which all alerts agree."""
    if len(alerts) < 2:
        return dict(alerts[0].labels) if alerts else {}
    first, *others = (alert.labels.items() for alert in alerts)
    agreed = set(first).intersection(*others)
    return {name: value for name, value in first if (name, value) in agreed}


def silence_url(alertmanager: str, labels: Mapping[str, str]) -> str:
    """The address of Alertmanager's form for a new silence, with matchers for exactly these labels filled in.

    `alertmanager` is the external URL that Alertmanager sends with each notification; the result is empty when it is.
    """
    if not alertmanager:
        return ""
    matchers = ",".join(f'{name}="{_quoted(value)}"' for name, value in sorted(labels.items()))
    return f"{alertmanager.rstrip('/')}/#/silences/new?filter={quote('{' + matchers + '}', safe='')}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
