"""Service level objectives as values, and the arithmetic of burn rates. Exact: nothing here goes through binary floating point.

The method is the multiwindow, multi-burn-rate alert of Google's Site Reliability Workbook, chapter 5: a tier fires when a long
and a short window both burn the error budget faster than `share` of it in the long window.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final, Literal

import msgspec

from alertkit.model.policy import Unit
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source

WINDOW: Final = "{window}"
"""Stands for a duration in an author's expression: `sum(rate(requests_total[{window}]))`."""

BASE: Final = Duration.of(minutes=5)
"""The window at which rates are recorded; longer windows divide the sums of these."""

DAY: Final = Duration.of(days=1)
_DIGITS: Final = 17
"""Significant digits that say a binary double exactly."""


class EventsErrors(msgspec.Struct, frozen=True, tag="errors"):
    """Bad events among all: counters' selectors, or expressions over `[{window}]` that yield events per second."""

    errors: str
    total: str


class EventsGood(msgspec.Struct, frozen=True, tag="good"):
    """Good events among all, in the forms of EventsErrors."""

    good: str
    total: str


class LatencyBucket(msgspec.Struct, frozen=True, tag="latency"):
    """Requests of a classic histogram that take at most `threshold`, which must be one of its buckets.

    `histogram` selects it by its name without `_bucket`: `http_request_duration_seconds{job="checkout"}`; it counts seconds.
    """

    histogram: str
    threshold: Duration


class LatencyNative(msgspec.Struct, frozen=True, tag="latency_native"):
    """As LatencyBucket, for a native histogram; any threshold will do."""

    histogram: str
    threshold: Duration


class RawRatio(msgspec.Struct, frozen=True, tag="ratio"):
    """The error ratio, 0 to 1, as an expression over `[{window}]`."""

    expr: str


class BooleanGauge(msgspec.Struct, frozen=True, tag="gauge"):
    """A selector of gauges that are 1 while all is well and 0 otherwise; each sample is an event."""

    gauge: str


Sli = EventsErrors | EventsGood | LatencyBucket | LatencyNative | RawRatio | BooleanGauge


class Tier(msgspec.Struct, frozen=True):
    """One burn-rate alert. `name` begins with `page-` or `ticket-` and is the value of the tier label; `share` is the part of the
    error budget that burns within `long` at the threshold."""

    name: str
    severity: str
    long: Duration
    short: Duration
    share: Decimal

    @property
    def pages(self) -> bool:
        """Whether it wakes somebody; the others open a ticket."""
        return self.name.startswith(PAGE)

    def factor(self, window: Duration) -> Decimal:
        """The burn rate at the threshold: 1 uses up the budget exactly at the end of the SLO's window."""
        with localcontext(prec=50):
            return _rounded(self.share * window.ms / self.long.ms)


PAGE: Final = "page"
TICKET: Final = "ticket"


class Slo(msgspec.Struct, frozen=True):
    """A service level objective as resolved. `objective` is a ratio: 0.999. `min_rate` is in events a second.

    `summary` and `description` are {locale: sentence}; empty ones are alertkit's own. `group_by` are labels of the author's
    series: each of their values has its own budget. `absence` asks for an alert when there is no data at all.
    """

    name: str
    service: str
    objective: Decimal
    window: Duration
    sli: Sli
    tiers: tuple[Tier, ...]
    source: Source
    group_by: tuple[str, ...] = ()
    min_rate: Decimal | None = None
    absence: bool = False
    compatibility: Literal["", "sloth"] = ""
    alert: str = ""
    summary: dict[str, str] = {}
    description: dict[str, str] = {}
    runbook: str = ""

    @property
    def budget(self) -> Decimal:
        """The error ratio that the objective allows."""
        return 1 - self.objective

    @property
    def budget_seconds(self) -> Decimal:
        """How long a total outage may last in one window: 2592 seconds for 99.9 % of 30 days."""
        return self.budget * self.window.ms / 1_000

    def threshold(self, tier: Tier) -> Decimal:
        """The error ratio above which a tier fires."""
        with localcontext(prec=50):
            return _rounded(tier.share * self.window.ms * self.budget / tier.long.ms)

    @property
    def reachable(self) -> tuple[Tier, ...]:
        """Tiers whose threshold an error ratio can exceed: one of 100 % or more never fires."""
        return tuple(tier for tier in self.tiers if self.threshold(tier) < 1)


UNIT: Final[Unit] = "duration"
"""What a burn-rate alert's value is: the seconds in which a whole error budget is gone at this rate."""


def default_tiers(window: Duration, page: str = "critical", ticket: str = "warning") -> tuple[Tier, ...]:
    """The usual four tiers of a window, less those that would fire although the budget lasts (factor below 0.9).

    From 28 days on the shares are those of the Site Reliability Workbook: 14.4, 6, 3 and 1 times at 30 days. Below, they are
    larger, because the same share of a small budget is fewer errors: 13.44, 3.5, 1.4 and 0.98 times at 7 days, as in the
    catalogue that Sloth shows.
    """
    shares = _SHARES_OF_MONTHS if window.ms >= 28 * DAY.ms else _SHARES_OF_WEEKS
    tiers = (
        Tier(f"{kind}-{long}", page if kind == PAGE else ticket, long, short, Decimal(share))
        for (kind, long, short), share in zip(_WINDOWS, shares, strict=True)
    )
    return tuple(tier for tier in tiers if tier.long.ms < window.ms and tier.factor(window) >= Decimal("0.9"))


_WINDOWS: Final = (
    (PAGE, Duration.of(hours=1), Duration.of(minutes=5)),
    (PAGE, Duration.of(hours=6), Duration.of(minutes=30)),
    (TICKET, DAY, Duration.of(hours=2)),
    (TICKET, Duration.of(days=3), Duration.of(hours=6)),
)
_SHARES_OF_MONTHS: Final = ("0.02", "0.05", "0.1", "0.1")
_SHARES_OF_WEEKS: Final = ("0.08", "0.125", "0.2", "0.42")


def _rounded(number: Decimal) -> Decimal:
    """The number itself when it is short, else its first 17 digits."""
    with localcontext(prec=_DIGITS):
        return +number
