"""Bytes → webhook: shape and bounds. What passes here can be folded without a further look."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from alertkit.model.incident import Sighting
from alertkit.model.webhook import Alert, Webhook
from alertkit.names import LABEL_SEVERITY
from alertkit.receiver.problem import RequestError

_DECODER = msgspec.json.Decoder(Webhook)
_FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST = dt.datetime(9_000, 1, 1, tzinfo=dt.UTC)
_FINGERPRINTS = re.compile("[0-9A-Za-z]*")


class Bounds(msgspec.Struct, frozen=True):
    """The most that one body may hold."""

    alerts: int
    labels: int


def read(body: bytes, bounds: Bounds) -> Webhook:
    """Read a webhook of version 4.

    Raises:
        RequestError: 400 for another shape, 413 for too much; both never succeed when sent again.
    """
    try:
        webhook = _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"not an Alertmanager webhook of version 4: {error}") from error
    if len(webhook.alerts) > bounds.alerts:
        problem = f"{len(webhook.alerts)} alerts are too many: set max_alerts to {bounds.alerts} or less in Alertmanager"
        raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
    fingerprints = [alert.fingerprint for alert in webhook.alerts]
    if _has_problem(webhook.alerts, fingerprints, bounds):
        raise RequestError(HTTPStatus.BAD_REQUEST, _first_problem(webhook.alerts, bounds))
    return webhook


def sightings(alerts: Sequence[Alert]) -> list[Sighting]:
    """What they say that an incident is made of."""
    return [
        Sighting(a.fingerprint, a.starts_at, None if a.status == "firing" else a.ends_at, a.labels.get(LABEL_SEVERITY, ""))
        for a in alerts
    ]


def foreign(webhook: Webhook, tenant: str, label: str) -> list[Alert]:
    """Alerts that carry another tenant's name in the label that names tenants; all of them when their group does."""
    if webhook.group_labels.get(label, tenant) != tenant:
        return webhook.alerts
    return [alert for alert in webhook.alerts if alert.labels.get(label, tenant) != tenant]


def _has_problem(alerts: list[Alert], fingerprints: list[str], bounds: Bounds) -> bool:
    """Nearly always there is none, so all of them are looked at in one go; `_first_problem` says which it is."""
    most = bounds.labels
    for alert in alerts:
        if len(alert.labels) > most or len(alert.annotations) > most or not _FIRST <= alert.starts_at < _LAST:
            return True
        if alert.status == "resolved" and not _FIRST <= alert.ends_at < _LAST:
            return True
    return len(set(fingerprints)) < len(alerts) or not _FINGERPRINTS.fullmatch("".join(fingerprints))


def _first_problem(alerts: list[Alert], bounds: Bounds) -> str:
    seen: set[str] = set()
    for number, alert in enumerate(alerts):
        where = f"$.alerts[{number}]: "
        if alert.fingerprint in seen:
            return where + "fingerprint occurs twice"
        seen.add(alert.fingerprint)
        if not _FINGERPRINTS.fullmatch(alert.fingerprint):
            return where + "fingerprint is not 16 hexadecimal digits"
        if len(alert.labels) > bounds.labels or len(alert.annotations) > bounds.labels:
            return where + f"more than {bounds.labels} labels or annotations"
        if _has_problem([alert], [alert.fingerprint], bounds):
            return where + "startsAt or endsAt is out of range"
    raise AssertionError("one of them has a problem")
