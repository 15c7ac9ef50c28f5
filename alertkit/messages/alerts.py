"""One alert in a reader's words: the rule's own sentence, with the value formatted for the reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from alertkit import names
from alertkit.messages.formats import Formats
from alertkit.messages.translations import fields, fill, languages
from alertkit.model import sentence
from alertkit.model.message import Entry
from alertkit.model.notification import Alert, Notification
from alertkit.model.text import one_line, paragraph

SHOWN = 10
"""Alerts in one message; the others are counted."""
SENTENCE = 300
DETAIL = 160
DESCRIPTION = 1_000
_LABEL = 120
_ALERTNAME = "alertname"


def worst_first(notification: Notification) -> list[Alert]:
    """Firing before ended, then by severity as the tenant orders them, then the oldest."""
    if len(notification.alerts) < 2:
        return list(notification.alerts)
    order = {severity: place for place, severity in enumerate(notification.severities)}
    return sorted(notification.alerts, key=lambda alert: _rank(alert, order))


def _rank(alert: Alert, order: Mapping[str, int]) -> tuple[bool, int, dt.datetime, list[tuple[str, str]]]:
    severity = order.get(alert.labels.get(names.LABEL_SEVERITY, ""), len(order))
    return (alert.status == "resolved", severity, alert.starts_at, sorted(alert.labels.items()))


FormatsOf = Callable[[str], Formats]
"""The formats of a language: a sentence and the value in it speak the same one."""


def entries(
    alerts: Sequence[Alert], common: Mapping[str, str], tenant_label: str, locale: str, formats: FormatsOf
) -> tuple[Entry, ...]:
    """The first alerts as entries; `alerts` are sorted, `common` are the labels on which all of them agree."""
    hidden = {_ALERTNAME, names.LABEL_SEVERITY, names.LABEL_SERVICE, tenant_label}
    if len(alerts) > 1:
        hidden |= common.keys() - {_ALERTNAME}
    return tuple(_entry(alert, hidden, locale, formats, alone=len(alerts) == 1) for alert in alerts[:SHOWN])


def _entry(alert: Alert, hidden: set[str], locale: str, formats: FormatsOf, *, alone: bool) -> Entry:
    told, said = _summary(alert, locale, formats)
    value = None if sentence.VALUE in said else formats(languages(locale)[0]).value(alert.value, alert.unit)
    shown = sorted([name for name in alert.labels if name not in hidden and name not in said])
    labels = ", ".join([f"{name}={alert.labels[name]}" for name in shown])
    description = _description(alert, locale, formats) if alone else ""
    return Entry(
        sentence=told or one_line(name_of(alert), SENTENCE),
        resolved=alert.status == "resolved",
        value=value or "",
        detail=one_line(labels, DETAIL),
        description="" if description == told else description,
    )


def name_of(alert: Alert) -> str:
    """The alert's name, as a subject line shows it."""
    return alert.labels.get(_ALERTNAME) or (alert.text.alert if alert.text else "") or "?"


def _summary(alert: Alert, locale: str, formats: FormatsOf) -> tuple[str, frozenset[str]]:
    """The sentence, and what it says: names of labels, and `value`."""
    language, template = localized(alert.text.summary if alert.text else {}, locale)
    said = fields(template)
    value = formats(language).value(alert.value, alert.unit) if sentence.VALUE in said else None
    if template and (value is not None or sentence.VALUE not in said):
        return one_line(_filled(template, alert, value), SENTENCE), said
    frozen = _annotation(alert, names.ANNOTATION_SUMMARY, locale)
    if template and not frozen:
        return one_line(_filled(template, alert, value), SENTENCE), said
    return one_line(frozen, SENTENCE), said & {sentence.VALUE}


def _description(alert: Alert, locale: str, formats: FormatsOf) -> str:
    language, template = localized(alert.text.description if alert.text else {}, locale)
    if not template:
        return paragraph(_annotation(alert, names.ANNOTATION_DESCRIPTION, locale), DESCRIPTION)
    return paragraph(_filled(template, alert, formats(language).value(alert.value, alert.unit)), DESCRIPTION)


def _filled(template: str, alert: Alert, value: str | None) -> str:
    shown = {name: one_line(alert.labels[name], _LABEL) for name in fields(template) if name in alert.labels}
    if said := value if value is not None else one_line(alert.value, _LABEL):
        shown[sentence.VALUE] = said
    return fill(template, shown)


def localized(texts: Mapping[str, str], locale: str) -> tuple[str, str]:
    """The reader's language and its text, else English, else any language (the first by name); empty when there is none."""
    if not texts:
        return languages(locale)[0], ""
    for language in (*languages(locale), "en"):
        if text := texts.get(language):
            return language, text
    found = ((language, texts[language]) for language in sorted(texts) if texts[language])
    return next(found, (languages(locale)[0], ""))


def _annotation(alert: Alert, name: str, locale: str) -> str:
    """The annotation, in the reader's language where the rule has one such as `summary_fr`."""
    if not alert.annotations:
        return ""
    for language in languages(locale):
        if text := alert.annotations.get(f"{name}_{language}"):
            return text
    return alert.annotations.get(name, "")
