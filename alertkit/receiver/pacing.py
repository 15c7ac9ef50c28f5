"""Which waiting messages may leave now: as fast as each channel allows, pages first, tenants in turn.

Limits belong to a channel (one workspace, one token) and to places in it, whoever sends: what is taken is kept in the store. A
message that has to wait holds up nothing but its own lane: whatever other tenants have waiting passes it by. Places to send from
are shared as well.
"""

from __future__ import annotations

import datetime as dt
from collections import ChainMap, Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from alertkit.channels.base import Channel, Delivery, Purpose
from alertkit.channels.pace import Pace
from alertkit.model.message import Message
from alertkit.stores.base import Waiting

_PRIORITY: Final = {"page": 0, "note": 1, "refresh": 2}
_TENANTS: Final = 10_000
_NO_WORDS: Final = Message("", "firing", "", "", "")

Wanted = tuple[Waiting, Sequence[Pace]]
"""A message with the lanes in which there must be room; a lane's name tells its channel too."""


class Paced(msgspec.Struct, frozen=True):
    """What may leave now, when the lanes that it takes are free again, and when the first of the others may leave; None when none
    has to wait.
    """

    messages: tuple[Waiting, ...]
    lanes: Mapping[str, dt.datetime]
    next: dt.datetime | None


class Pacer:
    """Chooses, and remembers whose turn it is."""

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._turn = 0

    def choose(
        self,
        wanted: Iterable[Wanted],
        lanes: Mapping[str, dt.datetime],
        now: dt.datetime,
        room: int,
        leaving: Mapping[str, int] = MappingProxyType({}),
    ) -> Paced:
        """At most `room` of them. Of messages alike, each tenant's first goes before any tenant's second, and of those the one of
        whoever was served longest ago. `lanes` says when those that are not free will be, `leaving` how many messages of each
        tenant are being sent: a tenant never holds more places than it leaves free, so that one whose channel hangs leaves half.
        """
        held = Counter(leaving)
        chosen: list[Waiting] = []
        taken: dict[str, dt.datetime] = {}
        known = ChainMap(taken, dict(lanes))
        following: dt.datetime | None = None
        for one, paces in self._in_turn(wanted):
            if len(chosen) == room:
                break
            if held[one.tenant] >= room - len(chosen):
                continue
            free = _take(paces, known, taken, now)
            if free is None:
                chosen.append(one)
                held[one.tenant] += 1
                self._serve(one.tenant)
            else:
                following = free if following is None else min(following, free)
        return Paced(tuple(chosen), taken, following)

    def _in_turn(self, wanted: Iterable[Wanted]) -> list[Wanted]:
        seen: Counter[tuple[str, str]] = Counter()
        order: list[tuple[int, int, int, int, Wanted]] = []
        for place, (one, paces) in enumerate(wanted):
            turn = seen[one.tenant, one.kind]
            seen[one.tenant, one.kind] += 1
            order.append((_PRIORITY[one.kind], turn, self._served.get(one.tenant, 0), place, (one, paces)))
        return [found for *_, found in sorted(order, key=lambda entry: entry[:4])]

    def _serve(self, tenant: str) -> None:
        if len(self._served) > _TENANTS:
            self._served.clear()
        self._turn += 1
        self._served[tenant] = self._turn


def _take(
    paces: Sequence[Pace], lanes: Mapping[str, dt.datetime], taken: dict[str, dt.datetime], now: dt.datetime
) -> dt.datetime | None:
    """Take a place in all lanes, or none: then, when they are all free (the generic cell rate algorithm: one instant a lane says
    all).
    """
    until = {pace.lane: _busy_until(pace, lanes, now) for pace in paces}
    free = [until[pace.lane] - dt.timedelta(seconds=pace.interval * (pace.burst - 1)) for pace in paces]
    if free and max(free) > now:
        return max(free)
    taken.update((p.lane, max(until[p.lane], now) + dt.timedelta(seconds=p.interval)) for p in paces)
    return None


def _busy_until(pace: Pace, lanes: Mapping[str, dt.datetime], now: dt.datetime) -> dt.datetime:
    """Never later than a full burst takes: a clock that was set back has made no lane busier."""
    return min(lanes.get(pace.lane, now), now + dt.timedelta(seconds=pace.interval * pace.burst))


def paces_of(channel: Channel, waiting: Waiting, purpose: Purpose | None) -> Sequence[Pace]:
    """The lanes of a channel that a message takes; a channel without limits offers no `paces`, and nothing to send takes none."""
    offered = getattr(channel, "paces", None)
    if offered is None or purpose is None:
        return ()
    thread = waiting.thread
    delivery = Delivery("", purpose, thread.place.address, _NO_WORDS, "", thread.reference)
    found: Sequence[Pace] = offered(delivery)
    return found
