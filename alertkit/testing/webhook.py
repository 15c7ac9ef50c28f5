"""The other end of a webhook channel: it checks signatures, drops what it has by its key, and fails on demand.

with FakeWebhook("secret") as hook:
    channel = WebhookChannel(hook.url, "secret", private=True)
    ...
    assert hook.events[0]["state"] == "firing"
"""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any

from aiohttp import web

from alertkit.channels.webhook import VERSION, signature
from alertkit.testing.server import Server


class FakeWebhook(Server):
    """Takes events on a free port of 127.0.0.1. `events` holds each key once, `requests` counts all of them, `traces`
    are the traceparents that came along."""

    def __init__(self, secret: str = "") -> None:
        super().__init__()
        self.requests = 0
        self.traces: list[str] = []
        self._secret = secret.encode()
        self._events: dict[str, dict[str, Any]] = {}
        self._failures: list[tuple[int, bool]] = []

    @property
    def url(self) -> str:
        """Where to post."""
        return f"{self.origin}/events"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What has arrived, in order, each key once."""
        return list(self._events.values())

    def fail(self, status: int = 500, *, hang: bool = False) -> None:
        """Answer the next request with this status, or not at all."""
        self._failures.append((status, hang))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one event."""
        self.requests += 1
        if "traceparent" in request.headers:
            self.traces.append(request.headers["traceparent"])
        body = await request.read()
        if self._failures:
            status, hang = self._failures.pop(0)
            if hang:
                await asyncio.Event().wait()
            return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/elsewhere"})
        if not self._is_signed(request.headers.get("Alertkit-Signature", ""), body):
            return web.Response(status=401)
        event = json.loads(body)
        if event["version"] != VERSION:
            return web.Response(status=400)
        self._events.setdefault(request.headers["Idempotency-Key"], event)
        return web.Response(status=202)

    def _is_signed(self, header: str, body: bytes) -> bool:
        if not self._secret:
            return True
        at = header.partition(",")[0].removeprefix("t=")
        return at.isdecimal() and hmac.compare_digest(header, signature(self._secret, body, int(at)))
