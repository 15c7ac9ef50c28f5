"""A receiver in a folder of its own: policies, tokens and secrets on disk, a scripted channel, a clock that stands still."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from alertkit import names
from alertkit.channels.base import Delivery
from alertkit.model.oncall import Contact, EscalationPolicy, Handoff, Layer, Person, Schedule, Step, Target, Team
from alertkit.model.policy import ChannelSettings, TenantPolicy, encode
from alertkit.receiver.app import Receiver
from alertkit.receiver.channels import Maker
from alertkit.receiver.settings import Settings
from alertkit.receiver.tracing import Tracer
from alertkit.testing.scripted import ManualClock, ScriptedChannel

T = TypeVar("T")
NEVER = "0001-01-01T00:00:00Z"
START = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)

STANDARD = EscalationPolicy(
    steps=(
        Step(0, (Target(team="payments"), Target(schedule="primary"))),
        Step(600, (Target(schedule="primary"),)),
        Step(1_200, (Target(person="boss"),)),
    ),
    repeat=1,
    acknowledge_timeout=2_700,
)


def a_policy(tenant: str = "acme", **changes: Any) -> TenantPolicy:
    """A tenant with a team, a weekly schedule of two people, a boss, and the policy `standard`."""
    values: dict[str, Any] = {
        "version": names.POLICY_VERSION,
        "tenant": tenant,
        "tenant_label": "tenant",
        "title": tenant.title(),
        "locale": "fr",
        "timezone": "Europe/Paris",
        "severities": names.SEVERITIES,
        "policies": {"standard": STANDARD},
        "people": {
            "amelie": Person(
                "Amélie", "fr", "Europe/Paris", (Contact("room", "U1"), Contact("mail", "amelie@x", after=300)), "U1"
            ),
            "jonas": Person("Jonas", "de", "Europe/Berlin", (Contact("room", "U2"),), "U2"),
            "boss": Person("Boss", "en", "UTC", (Contact("room", "U3"),), "U3"),
        },
        "teams": {"payments": Team("fr", "Europe/Paris", (Contact("room", "#payments"),), ("amelie", "jonas"))},
        "schedules": {
            "primary": Schedule(
                "Europe/Paris", (Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), ("amelie", "jonas")),)
            )
        },
        "channels": {"room": ChannelSettings("scripted"), "mail": ChannelSettings("scripted")},
    }
    return TenantPolicy(**(values | changes))


def alert(name: str = "one", *, resolved: str = "", starts: str = "2026-01-05T08:59:00Z", **labels: str) -> dict[str, Any]:
    """An alert as Alertmanager writes it; `name` gives its fingerprint."""
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {"alertname": "Late", "tenant": "acme", "severity": "warning", "instance": name} | labels,
        "annotations": {"summary": f"{name} is late", "alertkit_value": "1.5"},
        "startsAt": starts,
        "endsAt": resolved or NEVER,
        "generatorURL": "http://prometheus/graph",
        "fingerprint": hashlib.sha256(name.encode()).hexdigest()[:16],
    }


def webhook(*alerts: dict[str, Any], truncated: int = 0, group: dict[str, str] | None = None, **changes: Any) -> bytes:
    """A body of version 4."""
    status = "firing" if any(a["status"] == "firing" for a in alerts) else "resolved"
    body = {
        "version": "4",
        "groupKey": '{}/{tenant="acme"}:{alertname="Late"}',
        "truncatedAlerts": truncated,
        "status": status,
        "receiver": "acme/standard",
        "groupLabels": group or {"alertname": "Late", "tenant": alerts[0]["labels"].get("tenant", "acme") if alerts else "acme"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
    }
    return json.dumps(body | changes).encode()


class Kit:
    """One receiver and everything around it. `told` is what its scripted channel was handed."""

    def __init__(self, folder: Path, policies: Iterable[TenantPolicy] = (), *, repeatable: bool = True) -> None:
        self.folder = folder
        self.clock = ManualClock(START)
        self.channel = ScriptedChannel(repeatable=repeatable)
        for name in ("policies", "secrets"):
            (folder / name).mkdir(exist_ok=True)
        for policy in policies or (a_policy(),):
            self.write(policy)
        self.token("robot", "s3cret", tenants=["acme", "globex", "platform"])
        self.receiver = self.new()

    def new(self, makers: Mapping[str, Maker] | None = None, tracer: Tracer | None = None, **changes: Any) -> Receiver:
        """A receiver on the same files, as after a restart."""
        settings = Settings(
            **{
                "policies": self.folder / "policies",
                "database": f"sqlite:///{self.folder}/alertkit.db",
                "secrets": self.folder / "secrets",
                "tokens": self.folder / "tokens.json",
            }
            | changes
        )
        return Receiver(settings, clock=self.clock, makers={"scripted": lambda *_: self.channel, **(makers or {})}, tracer=tracer)

    def write(self, policy: TenantPolicy) -> None:
        """Put a policy where the receiver reads it."""
        (self.folder / "policies" / f"{policy.tenant}.json").write_bytes(encode(policy))

    def token(self, name: str, text: str, **fields: Any) -> None:
        """Let a token in, beside those that are there."""
        path = self.folder / "tokens.json"
        tokens = json.loads(path.read_text()) if path.exists() else []
        entry = {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest(), "tenants": "*", "scopes": ["ingest"]}
        path.write_text(json.dumps([*tokens, entry | fields]))

    @property
    def told(self) -> list[Delivery]:
        return self.channel.deliveries

    def pages(self) -> list[tuple[str, str]]:
        """(purpose, address) of everything that was sent, in order."""
        return [(delivery.purpose, delivery.address) for delivery in self.told]

    def rung(self) -> list[tuple[str, str]]:
        """(purpose, address) of the pages among it: what must be seen, where the rest only adds to what was sent."""
        return [(delivery.purpose, delivery.address) for delivery in self.told if delivery.broadcast]

    async def post(self, body: bytes, path: str = "/v1/alerts/acme/standard", token: str = "s3cret", **headers: str) -> int:
        """Post as Alertmanager does; the status."""
        return (await request(self.receiver, "POST", path, body, {"authorization": f"Bearer {token}"} | headers))[0]

    async def after(self, **time: float) -> None:
        """Let time pass, and everything that falls due happen."""
        self.clock.advance(**time)
        await self.receiver.worker.settle()

    def run(self, story: Callable[[Kit], Awaitable[T]]) -> T:
        """Start the receiver without its clock, tell the story, stop it."""

        async def play() -> T:
            await self.receiver.start()
            try:
                return await story(self)
            finally:
                await self.receiver.stop()

        return asyncio.run(play())


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Wait for what a running receiver does by itself."""
    while not await holds():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)


async def request(
    app: Receiver, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, query: str = ""
) -> tuple[int, bytes]:
    """One request in process; status and body."""
    raw = [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http"} | {
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": raw,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    sent: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
