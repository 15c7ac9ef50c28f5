"""A PagerDuty that runs in a test: it keeps events by dedup key, enforces the Events API's limits, and fails on demand.

with FakePagerDuty() as pagerduty:
    channel = PagerDutyChannel(pagerduty.routing_key, base_url=pagerduty.origin)
    ...
    assert pagerduty.incidents["alertkit-…"].state == "triggered"
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from alertkit.testing.server import Server

Json = dict[str, Any]

_STATES = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}
_LARGEST = 512 * 1024


@dataclass
class PagerDutyIncident:
    """What PagerDuty made of the events with one dedup key."""

    state: str
    summary: str
    severity: str
    events: list[Json] = field(default_factory=list)


@dataclass
class _Failure:
    status: int
    times: int
    retry_after: int | None
    hang: bool


class FakePagerDuty(Server):
    """PagerDuty's Events API v2 on a free port of 127.0.0.1, from `with` to the end of its block."""

    def __init__(self, routing_key: str = "0123456789abcdef0123456789abcdef") -> None:
        super().__init__()
        self.routing_key = routing_key
        self.incidents: dict[str, PagerDutyIncident] = {}
        self._failures: list[_Failure] = []
        self._lock = threading.Lock()

    def fail(self, status: int = 500, *, retry_after: int | None = None, hang: bool = False, times: int = 1) -> None:
        """Fail the next `times` events: with a status, with a 429 and `Retry-After` in seconds, or without ever answering."""
        with self._lock:
            self._failures.append(_Failure(429 if retry_after is not None else status, times, retry_after, hang))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as PagerDuty."""
        body = await request.read()
        with self._lock:
            failure = next((failure for failure in self._failures if failure.times), None)
            if failure:
                failure.times -= 1
        if failure and failure.hang:
            await asyncio.sleep(3_600)
        if failure:
            headers = {} if failure.retry_after is None else {"Retry-After": str(failure.retry_after)}
            return web.json_response({"status": "error"}, status=failure.status, headers=headers)
        if request.path != "/v2/enqueue":
            raise web.HTTPNotFound
        return self._enqueue(body)

    def _enqueue(self, body: bytes) -> web.StreamResponse:
        try:
            event = json.loads(body)
        except ValueError:
            return _refused(["Event is not JSON"])
        errors = ["Event is larger than 512 kB"] if len(body) > _LARGEST else list(_errors(event))
        if event.get("routing_key") != self.routing_key:
            errors.append("Invalid routing key")
        if errors:
            return _refused(errors)
        with self._lock:
            self._take(event)
        answer = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
        return web.json_response(answer, status=202)

    def _take(self, event: Json) -> None:
        """As PagerDuty: what is said of an incident that is not open is dropped in silence, and a trigger opens a new one."""
        key, action = event["dedup_key"], event["event_action"]
        known = self.incidents.get(key)
        if known is None or known.state == "resolved":
            if action != "trigger":
                return
            payload = event["payload"]
            known = self.incidents[key] = PagerDutyIncident("triggered", payload["summary"], payload["severity"])
        if action != "trigger":
            known.state = _STATES[action]
        known.events.append(event)


def _errors(event: Json) -> Iterator[str]:
    action, key, payload = event.get("event_action"), event.get("dedup_key"), event.get("payload")
    if action not in _STATES:
        yield "'event_action' must be trigger, acknowledge or resolve"
    if not isinstance(key, str) or not 1 <= len(key) <= 255:
        yield "'dedup_key' must have 1 to 255 characters"
    if action != "trigger":
        return
    if not isinstance(payload, dict):
        yield "'payload' is missing or blank"
        return
    for name, limit in {"summary": 1_024, "source": 255}.items():
        if not isinstance(payload.get(name), str) or not 1 <= len(payload[name]) <= limit:
            yield f"'payload.{name}' must have 1 to {limit} characters"
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        yield "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
    if not all(link.get("href") for link in event.get("links", ())):
        yield "'links.href' is missing or blank"


def _refused(errors: list[str]) -> web.StreamResponse:
    return web.json_response({"status": "invalid event", "message": "Event object is invalid", "errors": errors}, status=400)
