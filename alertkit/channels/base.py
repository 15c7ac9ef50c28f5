"""The port that every channel implements: a delivery goes in, an outcome comes out, nothing is raised.

A channel formats, escapes and sends. It does not decide whether, when or how often: retry, pace and order are the
receiver's, from the outcome and from what the channel promises (`repeatable`).
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from alertkit.model.message import Message

Purpose = Literal["open", "update", "reply"]
"""`open` starts the incident's thread at an address, `update` rewrites that first message, `reply` adds to the thread."""


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One thing to send. `key` is stable over retries; `reference` is what the channel returned when the thread was opened.

    `broadcast` shows a reply outside its thread as well (an escalation must be seen). `tenant` chooses the layout.

    `trace` is a W3C traceparent to send along, or empty.
    """

    key: str
    purpose: Purpose
    address: str
    message: Message
    incident: str
    reference: str = ""
    broadcast: bool = False
    trace: str = ""
    tenant: str = ""


class Sent(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Delivered. `reference` lets a later update or reply find the message; empty when the channel has no such thing."""

    reference: str = ""


class Retry(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Not now. `after` seconds is the earliest next try; `maybe_sent` when the other side may have taken it."""

    after: float
    reason: str
    maybe_sent: bool = False


class Refused(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Never, as it stands. `reopen` when only the thread is gone and opening a new one would work."""

    reason: str
    reopen: bool = False


Outcome = Sent | Retry | Refused


class Channel(Protocol):
    """What a channel module offers. Reasons never contain a secret."""

    repeatable: bool
    """True when sending twice is harmless (a key or an update makes it one); False where it would ring a phone twice."""

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Send once. Takes at most its own timeout; never raises."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
