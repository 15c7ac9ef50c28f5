"""Numbers, spans and moments as a reader writes them: CLDR's data through Babel, in the reader's locale and time zone.

What CLDR lacks (binary multiples of bytes, a rate, a span of two units) is a sentence of the catalogs.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, UnknownLocaleError, dates, lists, numbers

from alertkit.messages.translations import Say
from alertkit.model.policy import Unit

_LONGEST = 48
_NAMES = 8
_SPANS = ((86_400, 3_600), (3_600, 60), (60, 1))
"""Seconds of the two units in which a span is told, the longest first."""
_MINUTE = Decimal("59.95")
"""From here on seconds round to a minute."""
_MILLISECOND = Decimal("0.001")


class Formats:
    """How one reader reads values. `say` gives the words that CLDR lacks."""

    def __init__(self, locale: str, timezone: str, say: Say) -> None:
        self.locale = parse_locale(locale)
        # What is remembered is found by the name: a Locale takes long to hash.
        self._name = locale
        self.zone = parse_zone(timezone)
        self._say = say

    def value(self, raw: str, unit: Unit) -> str | None:
        """A raw value of Prometheus in words; None when it is no finite number (`NaN`, `+Inf`, anything else)."""
        number = parse_number(raw)
        if number is None:
            return None
        match unit:
            case "duration":
                return self.span(number)
            case "percent":
                return self.percent(number)
            case "bytes":
                return self.size(number)
            case "per_second":
                return self._say.pgettext("a rate", "{number}/s", number=self.number(number))
            case "count":
                return self.number(number.to_integral_value() if abs(number) < 10**15 else number)
            case _:
                return self.number(number)

    def number(self, number: Decimal, digits: int = 4) -> str:
        """At least `digits` significant digits and never fewer than the whole part has."""
        return _number(number, digits, self._name)

    def count(self, count: int) -> str:
        """A whole number of things."""
        return _whole(count, self._name)

    def length(self, seconds: int) -> str:
        """A length of time in whole seconds."""
        return self.span(Decimal(seconds))

    def percent(self, ratio: Decimal) -> str:
        """1 is 100 %. Three significant digits, and near 100 % as many as tell it from 100 %."""
        if ratio and not -9 <= ratio.adjusted() <= 12:
            return self.number(ratio)
        distance = 1 - ratio if Decimal("0.9") < ratio < 1 else ratio
        places = max(2 - distance.adjusted(), 2) if distance else 2
        return str(numbers.format_percent(_rounded(ratio, min(places, 12)), locale=self.locale, decimal_quantization=False))

    def size(self, count: Decimal) -> str:
        """Bytes in powers of 1,024, as memory and disks are watched."""
        steps = 0
        while abs(count) >= 1024 and steps < 5:
            count, steps = count / 1024, steps + 1
        number = self.number(count, digits=3)
        match steps:
            case 0:
                return self._say.pgettext("bytes", "{number} B", number=number)
            case 1:
                return self._say.pgettext("bytes", "{number} KiB", number=number)
            case 2:
                return self._say.pgettext("bytes", "{number} MiB", number=number)
            case 3:
                return self._say.pgettext("bytes", "{number} GiB", number=number)
            case 4:
                return self._say.pgettext("bytes", "{number} TiB", number=number)
            case _:
                return self._say.pgettext("bytes", "{number} PiB", number=number)

    def span(self, seconds: Decimal) -> str:
        """A length of time: up to a minute as a number with its symbol, above in one or two words (`1 day, 2 hours`)."""
        size = abs(seconds)
        if size >= _MINUTE:
            return ("-" if seconds < 0 else "") + self._long_span(size)
        if size >= 1 or not size:
            return self._say.pgettext("seconds", "{number} s", number=self.number(seconds, digits=3))
        if size >= _MILLISECOND:
            return self._say.pgettext("milliseconds", "{number} ms", number=self.number(seconds * 1_000, digits=3))
        return self._say.pgettext("microseconds", "{number} µs", number=self.number(seconds * 1_000_000, digits=3))

    def _long_span(self, seconds: Decimal) -> str:
        whole = int(seconds.to_integral_value()) if seconds.adjusted() < 15 else 10**15
        for big, small in reversed(_SPANS):
            if whole >= big:
                whole = (whole + small // 2) // small * small
        return _span(self, whole)

    def two_units(self, seconds: int) -> str:
        """A length of a minute and more, in its largest unit and what is left of it in the next: `1 day, 2 hours`."""
        big, small = next(span for span in _SPANS if seconds >= span[0])
        first, rest = divmod(seconds, big)
        words = self._units(first, big)
        if not rest:
            return words
        return self._say.pgettext("a length of time", "{first}, {second}", first=words, second=self._units(rest // small, small))

    def _units(self, count: int, seconds: int) -> str:
        """Own sentences: Babel 2.18 has no Italian word for days."""
        words = {"count": self.count(count)}
        match seconds:
            case 86_400:
                return self._say.ngettext("{count} day", "{count} days", count, **words)
            case 3_600:
                return self._say.ngettext("{count} hour", "{count} hours", count, **words)
            case 60:
                return self._say.ngettext("{count} minute", "{count} minutes", count, **words)
            case _:
                return self._say.ngettext("{count} second", "{count} seconds", count, **words)

    def ago(self, moment: dt.datetime, now: dt.datetime) -> str:
        """How long ago, or in how long: `2 hours ago`, `in 5 minutes`."""
        return str(dates.format_timedelta(moment - now, add_direction=True, threshold=1.2, locale=self.locale))

    def when(self, moment: dt.datetime, now: dt.datetime) -> str:
        """A moment on the reader's wall clock: the time, with the day unless it is today, with the year unless it is this one."""
        local, today = moment.astimezone(self.zone), now.astimezone(self.zone)
        time = _time(self._name, local.hour, local.minute)
        if local.date() == today.date():
            return time
        skeleton = "MMMd" if local.year == today.year else "yMMMd"
        day = str(dates.format_skeleton(skeleton, local, locale=self.locale))
        return str(self.locale.datetime_formats["medium"]).replace("{1}", day).replace("{0}", time)

    def offset(self, moment: dt.datetime) -> str:
        """The reader's distance from Greenwich at that moment, `UTC+02:00` or as the language writes it."""
        return _offset(self._name, moment.astimezone(self.zone).utcoffset() or dt.timedelta())

    def names(self, items: Iterable[str]) -> str:
        """`a, b, and c` as the language joins them; of many the first, and how many more: `a, b, and +3`."""
        given = list(items)
        shown = given if len(given) <= _NAMES else [*given[: _NAMES - 1], f"+{self.count(len(given) - _NAMES + 1)}"]
        return _joined(self._name, tuple(shown))


@lru_cache(maxsize=4096)
def _span(formats: Formats, seconds: int) -> str:
    return formats.two_units(seconds)


@lru_cache(maxsize=1024)
def _joined(locale: str, items: tuple[str, ...]) -> str:
    return str(lists.format_list(items, locale=parse_locale(locale)))


@lru_cache(maxsize=4096)
def _time(locale: str, hour: int, minute: int) -> str:
    return str(dates.format_time(dt.time(hour, minute), "short", locale=parse_locale(locale)))


@lru_cache(maxsize=1024)
def _offset(locale: str, offset: dt.timedelta) -> str:
    moment = dt.datetime(2000, 1, 1, tzinfo=dt.timezone(offset))
    return str(dates.get_timezone_gmt(moment, "long", locale=parse_locale(locale)))


def parse_number(raw: str) -> Decimal | None:
    """A finite number, or None."""
    try:
        number = Decimal(raw) if raw and len(raw) <= _LONGEST and raw.isascii() else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


@lru_cache(maxsize=256)
def parse_locale(name: str) -> Locale:
    """The locale, or the nearest that CLDR knows: an unknown region falls back to its language, anything else to English."""
    for candidate in (name, name.replace("-", "_").split("_")[0]):
        try:
            return Locale.parse(candidate, sep="-" if "-" in candidate else "_")
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en")


@lru_cache(maxsize=1024)
def parse_zone(name: str) -> dt.tzinfo:
    """The zone; UTC when the name is unknown, because a page must be sent."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return dt.UTC


@lru_cache(maxsize=4096)
def _number(number: Decimal, digits: int, name: str) -> str:
    locale = parse_locale(name)
    if number and not -9 <= number.adjusted() <= 15:
        return str(numbers.format_scientific(_rounded(number, 2 - number.adjusted()), locale=locale))
    exact = _rounded(number, max(digits - 1 - number.adjusted(), 0) if number else 0)
    return str(numbers.format_decimal(exact, locale=locale, decimal_quantization=False))


@lru_cache(maxsize=4096)
def _whole(count: int, locale: str) -> str:
    return _number(Decimal(count), 4, locale)


def _rounded(number: Decimal, places: int) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-places)) if number.adjusted() + places < 27 else number
    return rounded or Decimal(0)
