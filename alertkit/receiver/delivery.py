"""One message out: find its words, hand it to its channel, record what came of it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import structlog

from alertkit.channels.base import Channel, Delivery, Outcome, Purpose, Retry
from alertkit.errors import AlertkitError
from alertkit.messages import Words
from alertkit.model.policy import TenantPolicy
from alertkit.receiver import retry
from alertkit.receiver.channels import Channels
from alertkit.receiver.facts import notification_of
from alertkit.receiver.metrics import Metrics
from alertkit.receiver.policies import Policies
from alertkit.receiver.secrets import SecretError, Secrets
from alertkit.stores.base import Outgoing, Settlement, Store

_log = structlog.get_logger(__name__)


class _NotLoaded(AlertkitError):  # noqa: N818 - reads as what happened
    """The tenant's policy is missing: its file may be on its way."""


class Courier:
    """Sends what the store hands out."""

    def __init__(
        self,
        store: Store,
        policies: Policies,
        channels: Channels,
        secrets: Secrets,
        words: Words,
        metrics: Metrics,
        give_up_after: float,
    ) -> None:
        self._store = store
        self._policies = policies
        self._channels = channels
        self._secrets = secrets
        self._words = words
        self._metrics = metrics
        self._patience = dt.timedelta(seconds=give_up_after)
        self._chance: Callable[[], float] = random.Random().random  # noqa: S311 - spreads retries, guards nothing

    async def send(self, outgoing: Outgoing, now: dt.datetime) -> None:
        """Try once and record the end; whatever goes wrong inside becomes the message's own failure."""
        try:
            settlement = await self._try(outgoing, now)
        except (SecretError, _NotLoaded) as error:
            settlement = self._settle(Retry(0, str(error)), outgoing, now, repeatable=True)
        except AlertkitError as error:
            settlement = Settlement("failed", now, reason=str(error))
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            _log.exception("message failed", outbox=outgoing.id)
            settlement = Settlement("failed", now, reason=f"internal error: {type(error).__name__}")
        await self._store.settle(outgoing, settlement)
        self._report(outgoing, settlement)

    async def recover(self, outgoing: Outgoing, now: dt.datetime) -> None:
        """Its sender is gone, so it may have left: send again only where twice is harmless, once that can be told."""
        try:
            repeatable = self._channel(outgoing)[0].repeatable
        except AlertkitError:
            if now < outgoing.wanted + self._patience:
                return
            repeatable = False
        if repeatable:
            settlement = Settlement("pending", now, reason="its sender was interrupted")
        else:
            settlement = Settlement(
                "failed", now, reason="its sender was interrupted: it may have been sent, and twice would be worse"
            )
        await self._store.settle(outgoing, settlement)
        self._report(outgoing, settlement)

    async def _try(self, outgoing: Outgoing, now: dt.datetime) -> Settlement:
        purpose = _purpose(outgoing)
        if purpose is None:
            return Settlement("skipped", now, reason="nothing to say any more")
        channel, policy = self._channel(outgoing)
        outcome = await channel.deliver(await self._delivery(outgoing, purpose, policy, now))
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

    def _channel(self, outgoing: Outgoing) -> tuple[Channel, TenantPolicy]:
        policy = self._policies.get(outgoing.incident.tenant)
        if policy is None:
            raise _NotLoaded(f"the policy of {outgoing.incident.tenant} is not loaded")
        if policy.simulate:
            return self._channels.log(), policy
        configured = policy.channels.get(outgoing.thread.place.channel)
        if configured is None:
            raise AlertkitError(f"channel {outgoing.thread.place.channel} is not configured any more")
        return self._channels.get(configured, policy.tenant), policy

    async def _delivery(self, outgoing: Outgoing, purpose: Purpose, policy: TenantPolicy, now: dt.datetime) -> Delivery:
        thread, incident = outgoing.thread, outgoing.incident
        place = thread.place
        alerts = await self._store.alerts(incident.id)
        notification = notification_of(policy, incident, alerts, outgoing.event)
        return Delivery(
            key=f"{incident.id}-{outgoing.id}",
            purpose=purpose,
            address=self._secrets.read(place.address, policy.tenant) if place.secret else place.address,
            message=self._words.message(notification, place.locale, place.timezone, now),
            incident=str(incident.id),
            reference=thread.reference,
            broadcast=outgoing.kind == "page",
        )

    def _report(self, outgoing: Outgoing, end: Settlement) -> None:
        self._metrics.delivered(outgoing.thread.place.channel, end.state)
        if end.state == "failed":
            place = outgoing.thread.place
            _log.error(
                "message failed", incident=outgoing.incident.id, channel=place.channel, to=place.recipient, reason=end.reason
            )


def _purpose(outgoing: Outgoing) -> Purpose | None:
    """What to do at the place now; None when the moment for it has passed."""
    thread = outgoing.thread
    if outgoing.kind == "page":
        if outgoing.incident.state != "firing":
            return None
        return "open" if thread.opened is None else "reply"
    if thread.opened is None:
        return None
    if outgoing.kind == "note":
        return "reply"
    return "update" if thread.reference else None
