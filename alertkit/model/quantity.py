"""Values with units, parsed once: durations, ratios and rates. Exact: nothing here goes through binary floating point."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_LARGEST_MS = 292 * _UNITS_MS["y"]
_RATIO = re.compile(r"(\d{1,6}(?:\.\d{1,12})?)(\s?%)?", re.ASCII)
_BYTES = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s?([KMGTP]i?)?B", re.ASCII)
_PREFIXES = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_RATE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s?/\s?(s|m|h|d)", re.ASCII)


class Duration(msgspec.Struct, frozen=True, order=True):
    """A span of time in whole milliseconds, written as Prometheus writes it: `90s`, `1h30m`, `300ms`."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `1h30m`; units descend and occur once, as in Prometheus.

        Raises:
            ValueError: the text is not a duration, or it is longer than Prometheus can hold (292 years).
        """
        match = _DURATION.fullmatch(text) if len(text) <= 40 else None
        if match is None or not text:
            raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
        ms = sum(int(n) * unit for n, unit in zip(match.groups(), _DURATION_ORDER, strict=True) if n)
        if ms > _LARGEST_MS:
            raise ValueError(f"{text!r} is longer than 292 years")
        return cls(ms)

    @classmethod
    def of(cls, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0) -> Duration:
        """Add up whole units."""
        return cls(1_000 * (seconds + 60 * minutes + 3_600 * hours + 86_400 * days))

    @property
    def seconds(self) -> float:
        """The span in seconds."""
        return self.ms / 1_000

    def __str__(self) -> str:
        """The shortest exact form with units from days down, so that no text depends on weeks: 28d stays 28d."""
        if self.ms == 0:
            return "0s"
        parts, rest = [], self.ms
        for unit in ("d", "h", "m", "s", "ms"):
            count, rest = divmod(rest, _UNITS_MS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts)


_DURATION_ORDER = [_UNITS_MS[unit] for unit in ("y", "w", "d", "h", "m", "s", "ms")]


def parse_ratio(value: str | float) -> Decimal:
    """Read `99.9%` or 0.999 as the exact ratio 0.999.

    Raises:
        ValueError: the value is neither a percentage nor a plain number.
    """
    match = _RATIO.fullmatch(format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a percentage such as 99.9% or a ratio such as 0.999")
    number = Decimal(match[1])
    return number / 100 if match[2] else number


def parse_rate(text: str) -> Decimal:
    """Read `0.1/s` or `6/m` as events per second.

    Raises:
        ValueError: the text is not a count per s, m, h or d.
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a rate such as 0.1/s or 6/m")
    return Decimal(match[1]) * 1_000 / _UNITS_MS[match[2]]


def parse_bytes(text: str) -> Decimal:
    """Read `512MiB` (2**20 each) or `10GB` (10**9 each) as bytes.

    Raises:
        ValueError: the text is not a whole number of bytes with its unit, or there are more than 2**63.
    """
    match = _BYTES.fullmatch(text)
    prefix = match[2] or "" if match else ""
    size = Decimal(match[1]) * (1024 if prefix.endswith("i") else 1_000) ** _PREFIXES[prefix[:1]] if match else Decimal("0.5")
    if size != size.to_integral_value() or size > 1 << 63:  # beyond, Decimal would round
        raise ValueError(f"{text!r} is not a size such as 512MiB or 10GB")
    return size.to_integral_value()


def plain_bytes(size: Decimal) -> str:
    """Bytes in the largest unit in which they are whole, as `parse_bytes` reads them: 512MiB, 10GB, 1B."""
    for prefix in ("Pi", "P", "Ti", "T", "Gi", "G", "Mi", "M", "Ki", "K"):
        unit = (1024 if prefix.endswith("i") else 1_000) ** _PREFIXES[prefix[0]]
        if size and not size % unit:
            return f"{plain(size / unit)}{prefix}B"
    return f"{plain(size)}B"


def plain(number: Decimal) -> str:
    """A decimal without exponent, trailing zeros or the sign of a zero: 0.001, not 1E-3 or 0.0010."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
