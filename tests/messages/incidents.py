"""Incidents that the tests of words share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from alertkit import resources
from alertkit.messages import Words
from alertkit.model.message import Message
from alertkit.model.notification import Alert, Event, Notification
from alertkit.model.policy import AlertText, Unit

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
BEGAN = NOW - dt.timedelta(minutes=8)
TEMPLATES = resources.root() / "templates"
PACKAGE = Path(__file__).parents[2] / "alertkit" / "messages"
FIVE = ("en", "fr", "de", "es", "it")

EXPORT = AlertText(
    "RoyaltyExportLate",
    "duration",
    {"en": "The last royalty export is {value} old", "fr": "Le dernier export date de {value}"},
    runbook="https://runbooks.example/export",
)


def alert(value: str = "97200", unit: Unit = "duration", **labels: str) -> Alert:
    named = {"alertname": "RoyaltyExportLate", "tenant": "acme", "service": "royalties", "severity": "critical", **labels}
    text = AlertText(EXPORT.alert, unit, EXPORT.summary, runbook=EXPORT.runbook)
    annotations = {"alertkit_rule": "r", "alertkit_value": value, "summary": "as Prometheus froze it"}
    return Alert.read(named, annotations, {"r": text}, starts_at=BEGAN)


def incident(*alerts: Alert, **changes: Any) -> Notification:
    facts: dict[str, Any] = {
        "tenant": "acme",
        "title": "Acme Music",
        "incident": "inc-1",
        "reference": "ACME-142",
        "state": "firing",
        "severity": "critical",
        "opened_at": BEGAN,
        "alerts": alerts or (alert(),),
    }
    return Notification(**facts | changes)


def happened(kind: Any, **changes: Any) -> Notification:
    return incident(event=Event(kind, NOW, **changes))


def told(notification: Notification, locale: str = "en", timezone: str = "Europe/Paris", words: Words | None = None) -> Message:
    return (words or Words(TEMPLATES)).message(notification, locale, timezone, NOW)
