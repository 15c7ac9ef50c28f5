"""A sign of life that is expected again and again, and how long it has stayed away while somebody listened. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec.structs import replace

LONGEST_GAP: Final = dt.timedelta(minutes=1)
"""What counts at most between two looks: a receiver that was away, or a clock that jumped, has not listened in between."""


class Heartbeat(msgspec.Struct, frozen=True):
    """`beat` is when the last sign came, or when it was first waited for; `listened` is for how long none has come since, not
    counting the time in which nobody listened; `checked` is when that was last looked at.
    """

    source: str
    beat: dt.datetime
    listened: dt.timedelta
    checked: dt.datetime


def beaten(source: str, at: dt.datetime, known: Heartbeat | None) -> Heartbeat:
    """A sign of life has come; a replica's that heard of a later one changes nothing."""
    if known is not None and known.beat > at:
        return known
    return Heartbeat(source, at, dt.timedelta(), at)


def listen(source: str, at: dt.datetime, known: Heartbeat | None) -> Heartbeat:
    """Nothing has come since the last look, which other replicas take too. What is new is waited for from now on."""
    if known is None:
        return Heartbeat(source, at, dt.timedelta(), at)
    gap = min(max(at - known.checked, dt.timedelta()), LONGEST_GAP)
    return replace(known, listened=known.listened + gap, checked=max(at, known.checked))
