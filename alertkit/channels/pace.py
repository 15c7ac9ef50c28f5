"""How often the other side wants to be spoken to: what a channel knows and the receiver keeps to.

A channel that has limits offers `paces(delivery)`; one that does not has none.
"""

from __future__ import annotations

import msgspec


class Pace(msgspec.Struct, frozen=True, gc=False):
    """At most one delivery every `interval` seconds in a lane, after `burst` at once. Lanes are one channel object's own."""

    lane: str
    interval: float
    burst: int = 1
