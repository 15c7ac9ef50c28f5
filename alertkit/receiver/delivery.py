"""One message out: find its words, hand it to its channel, tell what came of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from alertkit import names
from alertkit.channels.base import Channel, Delivery, Outcome, Purpose, Retry
from alertkit.channels.pace import Pace
from alertkit.errors import AlertkitError
from alertkit.messages import Words, troubles
from alertkit.model.incident import NoteKind, Thread
from alertkit.model.policy import TenantPolicy
from alertkit.model.trace import trace_of
from alertkit.receiver import retry
from alertkit.receiver.channels import Channels
from alertkit.receiver.facts import notification_of
from alertkit.receiver.fallback import fall_back
from alertkit.receiver.operator import Operator, is_own
from alertkit.receiver.pacing import Wanted, paces_of
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.secrets import SecretError, Secrets
from alertkit.stores.base import End, Outgoing, Settlement, StoreError, Waiting

_log = structlog.get_logger(__name__)
_PURPOSES: Final[dict[NoteKind, Purpose]] = {"page": "reply", "note": "reply", "refresh": "update"}


class _NotLoaded(AlertkitError):  # noqa: N818 - reads as what happened
    """The tenant's policy is missing: its file may be on its way."""


class _Late(AlertkitError):  # noqa: N818 - as above
    """The lease is over: this process has been stopped, or was busy for so long, and another may be sending."""


class Courier:
    """Sends what the store hands out."""

    def __init__(self, runtime: Runtime, operator: Operator, channels: Channels, secrets: Secrets, words: Words) -> None:
        self._store = runtime.store
        self._policies = runtime.policies
        self._metrics = runtime.metrics
        self._tracer = runtime.tracer
        self._clock = runtime.clock
        self._operator = operator
        self._channels = channels
        self._secrets = secrets
        self._words = words
        self._patience = dt.timedelta(seconds=runtime.settings.give_up_after)
        # A channel that hangs is left before the lease ends, while the message still is ours.
        self._longest = runtime.settings.lease * 0.75
        self._chance: Callable[[], float] = random.Random().random  # noqa: S311 - spreads retries, guards nothing

    async def send(self, outgoing: Outgoing, now: dt.datetime) -> End | None:
        """Try once: how it ended, or None when it is left to others. What goes wrong inside is the message's own failure."""
        incident, channel = outgoing.incident, outgoing.thread.place.channel
        about: dict[str, str | int] = {
            "tenant": incident.tenant,
            "channel": channel,
            "incident": incident.id,
            "kind": outgoing.kind,
            "attempt": outgoing.attempt,
        }
        with self._tracer.span("deliver", trace_of(incident), about, "client") as trace:
            return await self._send(outgoing, now, trace)

    async def _send(self, outgoing: Outgoing, now: dt.datetime, trace: str) -> End | None:
        try:
            settlement = await self._try(outgoing, now, trace)
        except _Late:
            _log.warning("a message was not sent in time and is left to others", outbox=outgoing.id)
            return None
        except (SecretError, StoreError, _NotLoaded) as error:
            settlement = self._settle(Retry(0, str(error)), outgoing, now, repeatable=True)
        except AlertkitError as error:
            settlement = Settlement("failed", now, reason=str(error))
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            _log.exception("message failed", outbox=outgoing.id)
            settlement = Settlement("failed", now, reason=f"internal error: {type(error).__name__}")
        return await self._end(outgoing, settlement)

    async def recover(self, outgoing: Outgoing, now: dt.datetime) -> End | None:
        """Its sender is gone, so it may have left: send again only where twice is harmless, once that can be told."""
        try:
            repeatable = self._channel(outgoing.incident.tenant, outgoing.thread)[0].repeatable
        except AlertkitError:
            if now < outgoing.wanted + self._patience:
                return None
            repeatable = False
        if repeatable:
            settlement = Settlement("pending", now, reason="its sender was interrupted")
        else:
            settlement = Settlement(
                "failed", now, reason="its sender was interrupted: it may have been sent, and twice would be worse"
            )
        return await self._end(outgoing, settlement)

    async def _end(self, outgoing: Outgoing, end: Settlement) -> End:
        """A page that will never arrive goes elsewhere in the transaction that records it, and the operator hears of it first."""
        self._tracer.ends({"outcome": end.state}, end.reason if end.state in ("failed", "pending") else "")
        if end.state != "failed":
            return End(outgoing, end)
        place, tenant = outgoing.thread.place, outgoing.incident.tenant
        _log.error("message failed", incident=outgoing.incident.id, channel=place.channel, to=place.recipient, reason=end.reason)
        if not is_own(outgoing.incident):
            trouble = troubles.refused(place.recipient, place.channel, end.reason)
            await self._operator.tell(names.ALERT_REFUSED, tenant, place.channel, trouble)
        policy = self._policies.get(tenant)
        return End(outgoing, end, lambda held, threads: fall_back(policy, outgoing, held, threads, end.at, end.reason))

    def wanted(self, waiting: Sequence[Waiting]) -> list[Wanted]:
        """Messages with the lanes in which there must be room for them; a channel is looked up once for all of its messages."""
        channels: dict[tuple[str, str], Channel | None] = {}
        found: list[Wanted] = []
        for one in waiting:
            key = (one.tenant, one.thread.place.channel)
            if key not in channels:
                channels[key] = self._usable(one)
            found.append((one, self._paces(one, channels[key])))
        return found

    def _usable(self, waiting: Waiting) -> Channel | None:
        try:
            return self._channel(waiting.tenant, waiting.thread)[0]
        except AlertkitError:
            return None

    def _paces(self, waiting: Waiting, channel: Channel | None) -> Sequence[Pace]:
        """Named as in every replica; what cannot be sent needs no room."""
        if channel is None:
            return ()
        found = paces_of(channel, waiting, _PURPOSES[waiting.kind] if waiting.thread.opened else "open")
        return [Pace(f"{self._channels.name(channel)} {pace.lane}", pace.interval, pace.burst) for pace in found]

    async def _try(self, outgoing: Outgoing, now: dt.datetime, trace: str) -> Settlement:
        purpose = _purpose(outgoing)
        if purpose is None:
            return Settlement("skipped", now, reason="nothing to say any more")
        channel, policy = self._channel(outgoing.incident.tenant, outgoing.thread)
        delivery = self._delivery(outgoing, purpose, policy, now, trace)
        if self._clock() >= outgoing.until:
            raise _Late
        try:
            async with asyncio.timeout(self._longest):
                outcome = await channel.deliver(delivery)
        except TimeoutError:
            outcome = Retry(0, "no answer", maybe_sent=True)
        return self._settle(outcome, outgoing, now, repeatable=channel.repeatable)

    def _settle(self, outcome: Outcome, outgoing: Outgoing, now: dt.datetime, *, repeatable: bool) -> Settlement:
        return retry.settle(
            outcome,
            repeatable=repeatable,
            attempt=outgoing.attempt,
            now=now,
            give_up=outgoing.wanted + self._patience,
            chance=self._chance(),
        )

    def _channel(self, tenant: str, thread: Thread) -> tuple[Channel, TenantPolicy]:
        policy = self._policies.get(tenant)
        if policy is None:
            raise _NotLoaded(f"the policy of {tenant} is not loaded")
        if policy.simulate:
            return self._channels.log(), policy
        configured = policy.channels.get(thread.place.channel)
        if configured is None:
            raise AlertkitError(f"channel {thread.place.channel} is not configured any more")
        return self._channels.get(configured, policy.tenant), policy

    def _delivery(self, outgoing: Outgoing, purpose: Purpose, policy: TenantPolicy, now: dt.datetime, trace: str) -> Delivery:
        thread, incident = outgoing.thread, outgoing.incident
        place = thread.place
        notification = notification_of(policy, incident, outgoing.alerts, outgoing.story, outgoing.event)
        return Delivery(
            key=f"{incident.id}-{outgoing.id}",
            purpose=purpose,
            address=self._secrets.read(place.address, policy.tenant) if place.secret else place.address,
            message=self._words.message(notification, place.locale, place.timezone, now),
            incident=str(incident.id),
            reference=thread.reference,
            broadcast=outgoing.kind == "page",
            tenant=policy.tenant,
            trace=trace,
        )

    def recorded(self, ended: End) -> None:
        """It is durable: count it."""
        outgoing, end = ended.outgoing, ended.settlement
        place = outgoing.thread.place
        self._metrics.delivered(outgoing.incident.tenant, place.channel, end.state)
        if end.state == "sent":
            self._metrics.sent(place.channel, self._clock() - outgoing.wanted)
            if outgoing.kind == "page":
                self._metrics.paged(outgoing.incident.tenant, place.recipient)


def _purpose(outgoing: Outgoing) -> Purpose | None:
    """What to do at the place now; None when the moment for it has passed."""
    thread = outgoing.thread
    if outgoing.kind == "page" and outgoing.incident.state != "firing":
        return None
    if thread.opened is None:
        # Tried before, and yet not open: what the thread began with is gone.
        return "open" if outgoing.kind == "page" or outgoing.attempt > 1 else None
    if outgoing.kind == "refresh" and not thread.reference:
        return None
    return _PURPOSES[outgoing.kind]
