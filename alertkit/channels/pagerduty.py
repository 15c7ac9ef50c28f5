"""PagerDuty's Events API v2: one incident there per incident here, held together by a dedup key.

Source: https://developer.pagerduty.com/docs/events-api-v2-overview. An event that is sent twice is one event, so everything may
be sent again. PagerDuty has no thread: a `reply` sends nothing, an `update` says when the incident is acknowledged or resolved.
"""

from __future__ import annotations

import hashlib
from typing import Any

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.http import PASSING, Answer, Poster, retry_after
from alertkit.model.message import Message
from alertkit.model.text import one_line

BASE_URL = "https://events.pagerduty.com"
SUMMARY = 1_024
"""Characters of `payload.summary`."""

_SEVERITIES = {"critical": "critical", "warning": "warning", "info": "info"}
_ACTIONS = {"acknowledged": "acknowledge", "resolved": "resolve"}
_LATER = 60.0


class PagerDutyChannel:
    """Sends events to the service to which `routing_key` belongs. `timeout` is in seconds. Used within one event loop."""

    repeatable = True

    def __init__(self, routing_key: str, *, base_url: str = BASE_URL, timeout: float = 10.0) -> None:
        self._routing_key = routing_key
        self._url = f"{base_url.rstrip('/')}/v2/enqueue"
        self._poster = Poster(timeout, _LATER)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Trigger, acknowledge or resolve."""
        told = event(delivery.message, delivery.incident)
        if delivery.purpose == "reply" or (delivery.purpose == "update" and told["event_action"] == "trigger"):
            return Sent(delivery.reference)
        answer = await self._poster.post(self._url, {"routing_key": self._routing_key, **told})
        return answer if isinstance(answer, Retry) else _outcome(answer, dedup_key(delivery.incident))

    async def close(self) -> None:
        """Give back connections."""
        await self._poster.close()


def dedup_key(incident: str) -> str:
    """What makes two events one incident: at most 255 characters, whatever the incident's id."""
    return f"alertkit-{hashlib.sha256(incident.encode()).hexdigest()}"


def event(message: Message, incident: str) -> dict[str, Any]:
    """What is sent, but for the routing key."""
    action = _ACTIONS.get(message.state, "trigger")
    head = {"event_action": action, "dedup_key": dedup_key(incident)}
    return head | (_trigger(message) if action == "trigger" else {})


def _trigger(message: Message) -> dict[str, Any]:
    told = [" · ".join(part for part in (entry.sentence, entry.value, entry.detail) if part) for entry in message.entries]
    details = {one_line(fact.name, 100): fact.value for fact in message.facts} | ({"…": message.more} if message.more else {})
    return {
        "client": "alertkit",
        "payload": {
            "summary": one_line(message.summary, SUMMARY) or message.headline[:SUMMARY] or "alertkit",
            "source": one_line(message.origin, 255) or "alertkit",
            "severity": _SEVERITIES.get(message.severity, "error"),
            "custom_details": {"alerts": told[:50], **details},
        },
        "links": [{"href": link.url, "text": link.text} for link in message.links],
    }


def _outcome(answer: Answer, key: str) -> Outcome:
    if answer.status == 202:
        return Sent(key)
    reason = f"status_{answer.status}"
    if answer.status in PASSING:
        return Retry(retry_after(answer.headers, _LATER), reason)
    return Retry(_LATER, reason, maybe_sent=True) if answer.status >= 500 else Refused(reason)
