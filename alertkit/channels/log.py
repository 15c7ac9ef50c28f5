"""The channel that pages nobody: one JSON line per message. For rehearsals, simulated tenants and the first evening."""

from __future__ import annotations

import structlog

from alertkit.channels.base import Delivery, Outcome, Sent

_log = structlog.get_logger(__name__)


class LogChannel:
    """Writes each delivery to alertkit's log. Sending twice only says it twice."""

    repeatable = True

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Write it down."""
        message = delivery.message
        _log.info(
            "message",
            key=delivery.key,
            purpose=delivery.purpose,
            address=delivery.address,
            incident=delivery.incident,
            state=message.state,
            headline=message.headline,
            summary=message.summary,
            told=message.event,
            locale=message.locale,
        )
        return Sent(reference=delivery.reference or f"log-{delivery.incident}")

    async def close(self) -> None:
        """Nothing is held."""
