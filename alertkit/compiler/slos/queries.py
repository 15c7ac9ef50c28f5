"""What an SLO counts, as PromQL: events, bad or good ones among them, or their ratio, over one window.

An author writes a counter's selector, which becomes the sum of its rates, or an expression over `[{window}]`, which is taken as
it stands. Either way the result has the `group_by` labels and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from alertkit.errors import PromQLError
from alertkit.model.quantity import Duration, plain
from alertkit.model.slo import WINDOW, BooleanGauge, EventsErrors, EventsGood, LatencyBucket, LatencyNative, RawRatio, Sli
from alertkit.promql import Selector, parse, quote


class Counts(msgspec.Struct, frozen=True):
    """Events a second over a window, and either the bad ones or the good ones among them."""

    total: str
    errors: str = ""
    good: str = ""


def counts(sli: Sli, group_by: tuple[str, ...], window: Duration) -> Counts:
    """The counts of an SLI that counts; a RawRatio does not.

    Raises:
        PromQLError: a histogram or a gauge is not a plain selector.
    """
    by = _by(group_by)
    match sli:
        case EventsErrors(errors=errors, total=total):
            return Counts(total=_rate(total, by, window), errors=_rate(errors, by, window))
        case EventsGood(good=good, total=total):
            return Counts(total=_rate(total, by, window), good=_rate(good, by, window))
        case LatencyBucket(histogram=histogram, threshold=threshold):
            bucket, count = _classic(histogram, threshold)
            return Counts(total=_rate(count, by, window), good=_rate(bucket, by, window))
        case LatencyNative(histogram=histogram, threshold=threshold):
            sum_of_rates = _rate(histogram, by, window)
            total = f"histogram_count({sum_of_rates})"
            fast = f"histogram_fraction(0, {plain(_in_seconds(threshold))}, {sum_of_rates})"
            return Counts(total=total, good=f"{fast} * {total}")
        case BooleanGauge(gauge=gauge):
            gauge, seconds = _closed(gauge), plain(Decimal(window.ms) / 1_000)
            bad = f"clamp_min(count_over_time({gauge}[{window}]) - sum_over_time({gauge}[{window}]), 0)"
            return Counts(total=f"sum{by}(count_over_time({gauge}[{window}])) / {seconds}", errors=f"sum{by}({bad}) / {seconds}")
        case RawRatio():
            raise TypeError("a raw ratio has no counts")


def ratio(sli: RawRatio, group_by: tuple[str, ...], window: Duration) -> str:
    """The author's ratio over a window; where several series share a group, the worst of them."""
    by = _by(group_by)
    return f"max{by}({_closed(sli.expr.replace(WINDOW, str(window)))})"


def authored(sli: Sli, window: Duration) -> Iterator[tuple[str, str]]:
    """The expressions that the author wrote, with the name of their field and the window filled in."""
    for field in sli.__struct_fields__:
        value = getattr(sli, field)
        if isinstance(value, str):
            yield field, value.replace(WINDOW, str(window))


def is_selector(expr: str) -> bool:
    """Whether an expression is a selector and nothing else: no offset, no function."""
    try:
        tree = parse(expr)
    except PromQLError:
        return False
    return isinstance(tree, Selector) and tree.offset is None and not tree.at


def _by(group_by: tuple[str, ...]) -> str:
    return f" by ({', '.join(group_by)}) " if group_by else ""


def _rate(expr: str, by: str, window: Duration) -> str:
    if WINDOW in expr:
        return f"sum{by}({_closed(expr.replace(WINDOW, str(window)))})"
    return f"sum{by}(rate({_closed(expr)}[{window}]))"


def _closed(expr: str) -> str:
    """The author's text, such that nothing that follows falls into a comment."""
    expr = expr.strip()
    return f"{expr}\n" if "#" in expr else expr


def _classic(histogram: str, threshold: Duration) -> tuple[str, str]:
    """The selectors of the threshold's bucket and of the count. Prometheus 3 writes le="1.0" where older ones wrote le="1"."""
    tree = parse(histogram)
    if not isinstance(tree, Selector) or not tree.metric:
        raise PromQLError('expected a histogram\'s selector, such as http_request_duration_seconds{job="checkout"}')
    le = plain(_in_seconds(threshold))
    bucket = f'le="{le}"' if "." in le else f'le=~"{le}|{le}[.]0"'
    matchers = [f"{m.name}{m.op}{quote(m.value)}" for m in tree.matchers if m.name != "__name__"]
    base = tree.metric.removesuffix("_bucket")
    return (
        f"{base}_bucket{{{', '.join([*matchers, bucket])}}}",
        f"{base}_count{{{', '.join(matchers)}}}" if matchers else f"{base}_count",
    )


def _in_seconds(duration: Duration) -> Decimal:
    return Decimal(duration.ms) / 1_000
