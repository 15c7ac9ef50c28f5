"""Bytes → webhook: shape and bounds. What passes here can be folded without a further look."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver.problem import RequestError

_DECODER = msgspec.json.Decoder(Webhook)
_YEARS = range(1970, 9_000)


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
    seen: set[str] = set()
    for number, alert in enumerate(webhook.alerts):
        if (problem := _problem(alert, bounds)) or alert.fingerprint in seen:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"$.alerts[{number}]: {problem or 'fingerprint occurs twice'}")
        seen.add(alert.fingerprint)
    return webhook


def _problem(alert: Alert, bounds: Bounds) -> str:
    if not (alert.fingerprint.isalnum() and alert.fingerprint.isascii()):
        return "fingerprint is not 16 hexadecimal digits"
    if len(alert.labels) > bounds.labels or len(alert.annotations) > bounds.labels:
        return f"more than {bounds.labels} labels or annotations"
    if alert.starts_at.year not in _YEARS or (alert.status == "resolved" and alert.ends_at.year not in _YEARS):
        return "startsAt or endsAt is out of range"
    return ""
