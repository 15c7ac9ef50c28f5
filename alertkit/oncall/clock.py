"""Wall clocks and instants: the one place that knows what daylight saving does to a written time.

A wall-clock time is a naive `datetime`: what a clock on the wall of the zone shows. An instant is an aware `datetime` in UTC.
The rule in both directions is one sentence: a written time happens at the first instant at which the clocks show it or later.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES_A_DAY = 24 * 60
_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
_ZERO = dt.timedelta()
_WRITTEN_EPOCH = _EPOCH.replace(tzinfo=None)


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as Europe/Paris.

    Raises:
        ValueError: no such zone is known here.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # OSError: zoneinfo opens a folder of its database ("Europe"), or a name that is longer than a file's may be.
        raise ValueError(f"{name!r} is not a time zone; expected an IANA name such as Europe/Paris or UTC") from error


def utc(at: dt.datetime) -> dt.datetime:
    """The instant in UTC.

    Raises:
        ValueError: `at` is naive, so it names no instant.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no offset; an instant is needed, such as {at}+00:00")
    return at.astimezone(dt.UTC)


def wall(at: dt.datetime, place: ZoneInfo) -> dt.datetime:
    """What the zone's clocks show at an instant."""
    return at.astimezone(place).replace(tzinfo=None, fold=0)


def instant(written: dt.datetime, place: ZoneInfo) -> dt.datetime:
    """The first instant at which the zone's clocks show `written` or later.

    A time that the clocks skip happens at the first instant after the gap; one that they show twice happens the first time.
    """
    earlier = place.utcoffset(written) or _ZERO
    later = place.utcoffset(written.replace(fold=1)) or _ZERO
    if earlier < later:
        return _end_of_gap(written, place, earlier, later)
    return _EPOCH + (written - _WRITTEN_EPOCH - earlier)


def _end_of_gap(written: dt.datetime, place: ZoneInfo, earlier: dt.timedelta, later: dt.timedelta) -> dt.datetime:
    """Find the change of offset; zoneinfo does not tell when it is, only what holds on either side."""
    before = _EPOCH + (written - _WRITTEN_EPOCH - later)
    seconds = range(int((later - earlier).total_seconds()))
    offset = bisect_left(seconds, True, key=lambda s: wall(before + dt.timedelta(seconds=s), place) >= written)
    return before + dt.timedelta(seconds=offset)


def midnight(date: dt.date) -> dt.datetime:
    """The wall-clock time at which a date begins."""
    return dt.datetime(date.year, date.month, date.day)  # noqa: DTZ001 a wall-clock time has no zone of its own


def minutes(text: str) -> int:
    """Minutes since midnight of "HH:MM"; "24:00" is the end of the day.

    Raises:
        ValueError: the text is not such a time.
    """
    hour, _, minute = text.partition(":")
    if len(text) == 5 and text.isascii() and hour.isdigit() and minute.isdigit() and int(minute) < 60:
        total = int(hour) * 60 + int(minute)
        if total <= MINUTES_A_DAY:
            return total
    raise ValueError(f"{text!r} is not a time of day such as 09:00 or 24:00")
