"""A webhook of one's own: signed, versioned JSON, to public addresses only.

The body is `alertkit.webhook/v1`: the words that people read and the facts of the incident. `Idempotency-Key` stays the same
when a delivery is sent again, so it may be. `Alertkit-Signature: t=<unix seconds>,v1=<hex>` holds the HMAC-SHA-256 of
`<t>.<body>` with the shared secret; whoever receives it refuses a `t` that is minutes old.

A tenant writes the URL, so it is hostile: https only, no redirects, no proxies, no cookies, every address that the name has must
be public, and the connection goes to the very address that was checked.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import msgspec

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.http import PASSING, Answer, Poster, retry_after
from alertkit.channels.public import NotPublic, public_connector, url_problem

VERSION = "alertkit.webhook/v1"
_LATER = 30.0


class WebhookChannel:
    """Posts to `url`, signed with `secret` when there is one.

    `private` also allows http and addresses of our own network. `timeout` is in seconds. Used within one event loop.
    """

    repeatable = True

    def __init__(
        self,
        url: str,
        secret: str = "",
        *,
        private: bool = False,
        timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._secret = secret.encode()
        self._private = private
        self._clock = clock
        self._poster = Poster(timeout, _LATER, None if private else public_connector)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Post what has happened."""
        if problem := url_problem(self._url, private=self._private):
            return Refused(problem)
        body = msgspec.json.encode(_body(delivery))
        try:
            answer = await self._poster.send(self._url, body, self._headers(delivery, body))
        except NotPublic:
            return Refused("address_not_public")
        return answer if isinstance(answer, Retry) else _outcome(answer, delivery)

    async def close(self) -> None:
        """Give back connections."""
        await self._poster.close()

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "alertkit", "Idempotency-Key": delivery.key}
        if delivery.trace:
            headers["traceparent"] = delivery.trace
        if self._secret:
            headers["Alertkit-Signature"] = signature(self._secret, body, int(self._clock()))
        return headers


def signature(secret: bytes, body: bytes, at: int) -> str:
    """The header's value for a body sent at `at` (Unix seconds)."""
    return f"t={at},v1={hmac.new(secret, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def _body(delivery: Delivery) -> dict[str, Any]:
    return {
        "version": VERSION,
        "key": delivery.key,
        "purpose": delivery.purpose,
        "tenant": delivery.tenant,
        "incident": delivery.incident,
        "state": delivery.message.state,
        "severity": delivery.message.severity,
        "message": delivery.message,
    }


def _outcome(answer: Answer, delivery: Delivery) -> Outcome:
    if 200 <= answer.status < 300:
        return Sent(f"webhook-{delivery.incident}")
    reason = f"status_{answer.status}"
    if answer.status in PASSING:
        return Retry(retry_after(answer.headers, _LATER), reason)
    return Retry(_LATER, reason, maybe_sent=True) if answer.status >= 500 else Refused(reason)
