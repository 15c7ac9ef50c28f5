"""Which waiting messages may leave now: as fast as each channel allows, pages first, tenants in turn.

Limits belong to a channel object (one workspace, one token) and to places in it. A message that has to wait holds up nothing
but its own lane: whatever other tenants have waiting passes it by.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from alertkit.channels.base import Channel, Delivery, Purpose
from alertkit.channels.pace import Pace
from alertkit.model.message import Message
from alertkit.stores.base import Waiting

_PRIORITY: Final = {"page": 0, "note": 1, "refresh": 2}
_LANES: Final = 10_000
_NO_WORDS: Final = Message("", "firing", "", "", "")

Paces = Callable[[Waiting], tuple[int, Sequence[Pace]]]
"""A message's channel (any number that tells channels apart) and the lanes of it in which there must be room."""


class Choice(msgspec.Struct, frozen=True):
    """What may leave now, and when the first of the others may; None when none has to wait."""

    messages: tuple[Waiting, ...]
    next: dt.datetime | None


class Pacer:
    """Remembers when each lane is free again (the generic cell rate algorithm: one instant a lane says all)."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, str], dt.datetime] = {}
        self._served: dict[str, int] = {}
        self._turn = 0

    def choose(self, waiting: Iterable[Waiting], now: dt.datetime, room: int, paces: Paces) -> Choice:
        """At most `room` of them. Of messages alike, each tenant's first goes before any tenant's second, and of those the one of
        whoever was served longest ago.
        """
        chosen: list[Waiting] = []
        following: dt.datetime | None = None
        for one in self._in_turn(waiting):
            if len(chosen) == room:
                break
            free = self._take(paces(one), now)
            if free is None:
                chosen.append(one)
                self._turn += 1
                self._served[one.tenant] = self._turn
            else:
                following = free if following is None else min(following, free)
        self._forget(now)
        return Choice(tuple(chosen), following)

    def _in_turn(self, waiting: Iterable[Waiting]) -> list[Waiting]:
        seen: Counter[tuple[str, str]] = Counter()
        order: list[tuple[int, int, int, int, Waiting]] = []
        for place, one in enumerate(waiting):
            turn = seen[one.tenant, one.kind]
            seen[one.tenant, one.kind] += 1
            order.append((_PRIORITY[one.kind], turn, self._served.get(one.tenant, 0), place, one))
        return [one for *_, one in sorted(order, key=lambda entry: entry[:4])]

    def _take(self, wanted: tuple[int, Sequence[Pace]], now: dt.datetime) -> dt.datetime | None:
        """Take a place in all lanes, or none: then, when they are all free."""
        channel, paces = wanted
        free = [self._taken.get((channel, p.lane), now) - dt.timedelta(seconds=p.interval * (p.burst - 1)) for p in paces]
        if free and max(free) > now:
            return max(free)
        for pace in paces:
            lane = (channel, pace.lane)
            self._taken[lane] = max(self._taken.get(lane, now), now) + dt.timedelta(seconds=pace.interval)
        return None

    def _forget(self, now: dt.datetime) -> None:
        if len(self._taken) > _LANES:
            self._taken = {lane: until for lane, until in self._taken.items() if until > now}
        if len(self._served) > _LANES:
            self._served.clear()


def paces_of(channel: Channel, waiting: Waiting, purpose: Purpose | None) -> Sequence[Pace]:
    """The lanes of a channel that a message takes; a channel without limits offers no `paces`, and nothing to send takes none."""
    offered = getattr(channel, "paces", None)
    if offered is None or purpose is None:
        return ()
    thread = waiting.thread
    delivery = Delivery("", purpose, thread.place.address, _NO_WORDS, "", thread.reference)
    found: Sequence[Pace] = offered(delivery)
    return found
