"""Series for whatever metrics a tenant's rules read: made from the rules themselves, so that a new pack needs nothing here.

Every selector of every rule gets series that satisfy its matchers and have the labels that the expression groups by. Values
follow the name: counters count, with a day's rhythm and, for what fails, a few bad hours; gauges hold something plausible.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from alertkit import promql
from alertkit.promql.syntax import Aggregation, Binary, Call, Range, children
from alertkit.receiver.metric_list import METRICS

DAY, HOUR = 86_400, 3_600
COUNTING = {"rate", "irate", "increase", "resets"}
BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10")
VALUES = {
    "region": ["eu-west", "us-east"],
    "model": ["daily-mix", "radio"],
    "instance": ["10.0.0.4:9100", "10.0.0.7:9100"],
    "job": ["api"],
    "mountpoint": ["/", "/var"],
    "device": ["sda", "eth0"],
    "le": [*BUCKETS, "+Inf"],
    "quantile": ["0.99"],
    "tenant": ["acme", "bottega", "nordbank"],
    "policy": ["standard", "office-hours"],
    "step": ["1", "2", "3"],
    "channel": ["slack", "email"],
    "outcome": ["sent", "failed"],
    "severity": ["critical", "warning"],
    "reason": ["alerts_joined"],
    "by": ["alerts", "people"],
    "recipient": ["person", "team", "channel"],
    "state": ["firing", "acknowledged"],
    "status": ["firing", "resolved"],
    "integration": ["webhook"],
}
MATCHING = (
    "a",
    "500",
    "503",
    "denied",
    "failed",
    "error",
    "true",
    "prod",
    "5xx",
    "/var",
    "sda",
    "eth0",
    "ext4",
    "Critical",
    "idle",
)
BAD = re.compile(
    r"error|fail|denied|refused|reject|drop|rebuffer|stall|lost|timeout|missed|5\d\d|intrusion|invalid|falco|abandon"
)

NEVER = re.compile(
    r"evaluation_failures|iterations_missed|compactions_failed|wal_corruptions|notifications_dropped|unrouted|postponed|oom_kill|falco|fallback"
    r"|alertkit.*(foreign|refused|failed)|unreachable|paged_again"
)
"""What does not happen outside of a bad hour."""
OF_RECEIVER = {metric.name: set(metric.labels) for metric in METRICS}
"""The labels of what the receiver counts, whatever a query groups by."""
OF_PEOPLE = re.compile(r"alertkit_(incidents|acknowledge|resolve|escalation|unreachable|paged|pages)")
"""What happens some times a day."""
SLOW = {"alertkit_acknowledge_seconds": 2_400, "alertkit_resolve_seconds": 14_400, "alertkit_delivery_seconds": 10}
"""Histograms of longer times: about the largest that there is, in seconds."""
SLOW_BUCKETS = ("1", "10", "60", "120", "300", "600", "900", "1800", "3600", "7200", "14400", "28800", "86400", "+Inf")
STEPS = {"1": 1.0, "2": 0.3, "3": 0.08}
"""The share of incidents for which each step of a policy is run."""

SOME = re.compile(r"skip|convers|cancel")
"""What a part of the events is, without anything being wrong."""
TROUBLE_ENDS = 0
"""In seconds since 1970: the hour before it, and that of every ninth day before, is a bad one."""


class Series(NamedTuple):
    """A metric with its labels, sorted; `counts` says that it is a counter, `threshold` the bucket bound that its rules name."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    counts: bool
    threshold: float

    def __str__(self) -> str:
        inside = ",".join(f"{name}={promql.quote(value)}" for name, value in self.labels)
        return f"{self.metric}{{{inside}}}"


def made(exprs: Iterable[str], recorded: Iterable[str]) -> list[Series]:
    """Every series that the expressions read and no rule records."""
    exprs, own = list(exprs), {*recorded, "ALERTS", "ALERTS_FOR_STATE"}
    found: dict[tuple[str, tuple[tuple[str, str], ...]], bool] = {}
    bounds: dict[str, float] = {}
    for expr in exprs:
        grouped = set(_grouped(promql.parse(expr)))
        for selector, counts in _selectors(promql.parse(expr), counted=False):
            if not selector.metric or selector.metric in own:
                continue
            for labels in _label_sets(selector, grouped):
                key = (selector.metric, labels)
                found[key] = found.get(key, False) or counts or selector.metric.endswith(("_total", "_count", "_sum", "_bucket"))
            le = next((m.value for m in selector.matchers if m.name == "le"), "")
            if le:
                bounds[selector.metric.removesuffix("_bucket")] = float(le.split("|")[0])
    counted = {metric for (metric, _), counts in found.items() if counts}
    return [
        Series(metric, labels, metric in counted, {**SLOW, **bounds}.get(re.sub("_(bucket|count|sum)$", "", metric), 0.15))
        for metric, labels in sorted(found)
    ]


def _grouped(tree) -> Iterator[str]:
    if isinstance(tree, Aggregation) and tree.grouping == "by":
        yield from tree.labels
    if isinstance(tree, Binary) and tree.matching is not None:
        yield from (*(tree.matching.labels if tree.matching.on else ()), *tree.matching.include)
    for child in () if isinstance(tree, Range) else children(tree):
        yield from _grouped(child)


def _selectors(tree, *, counted: bool):
    if isinstance(tree, Range):
        yield tree.selector, counted
    elif type(tree).__name__ == "Selector":
        yield tree, False
    else:
        below = counted or (isinstance(tree, Call) and tree.function in COUNTING)
        for child in children(tree):
            yield from _selectors(child, counted=below)


def _label_sets(selector, grouped: set[str]) -> Iterator[tuple[tuple[str, str], ...]]:
    fixed = {m.name: _value(m.op, m.value) for m in selector.matchers if m.name != "__name__"}
    if "le" in fixed:
        fixed["le"] = fixed["le"].split("|")[0]
    own = OF_RECEIVER.get(re.sub("_(bucket|count|sum)$", "", selector.metric))
    if own is not None:
        fixed = {m.name: m.value for m in selector.matchers if m.op == "="}
    wanted = grouped if own is None else {*own, *(grouped & {"le", "instance", "job"})}
    free = sorted(wanted - fixed.keys() - ({"le"} if not selector.metric.endswith("_bucket") else set()))
    slow = any(selector.metric.startswith(name) for name in SLOW)
    known = {**VALUES, "le": list(SLOW_BUCKETS)} if slow else VALUES
    for values in itertools.product(*(known.get(label, ["a", "b"]) for label in free)):
        labels = {**fixed, **dict(zip(free, values, strict=True))}
        yield tuple(sorted((name, value) for name, value in labels.items() if value))


def _value(op: str, text: str) -> str:
    if op == "=":
        return text
    if op in ("!=", "!~"):
        return "other"
    parts = [re.sub(r"\[(.)[^]]*\]", r"\1", part).replace(".+", "x").replace(".*", "x") for part in text.strip("()").split("|")]
    candidates = [
        *MATCHING,
        *(part.replace("\\.", ".").replace("[.]", ".") for part in parts),
        *(p.replace(".", "0") for p in parts),
    ]
    return next((c for c in candidates if re.fullmatch(text, c)), candidates[-1])


@functools.cache
def _share(text: str) -> float:
    """A number from 0 to 1 that belongs to a text."""
    return (zlib.crc32(text.encode()) % 10_000) / 10_000


def value(series: Series, at: float) -> float:
    """The sample of a series at a time, in seconds since 1970."""
    return _counter(series, at) if series.counts else _gauge(series, at)


def _counter(series: Series, at: float) -> float:
    labels = dict(series.labels)
    named = f"{series.metric} {' '.join(labels.values())}"
    whose = " ".join(v for k, v in labels.items() if k not in ("le", "code", "status", "outcome", "result"))
    rate = 4 + 30 * _share(f"{series.metric.split('_')[0]} {whose}")
    if OF_PEOPLE.match(series.metric):
        rate = rate * STEPS.get(labels.get("step", "1"), 1) / DAY
    if NEVER.search(named):
        return _integral(0, at, rate * 0.02)
    if series.metric == "node_cpu_seconds_total":
        rate = 0.7
    if series.metric.endswith("_bucket"):
        return _integral(rate, at, 0) * _below(labels.get("le", "+Inf"), series.threshold)
    if series.metric.endswith("_sum"):
        return _integral(rate, at, 0) * series.threshold / 5
    if SOME.search(named):
        return _integral(rate * (0.15 + 0.1 * _share(named)), at, 0)
    return _integral(rate * 0.0003, at, rate * 0.02) if BAD.search(named) else _integral(rate, at, 0)


def _below(le: str, threshold: float) -> float:
    return 1.0 if le == "+Inf" else 1 - math.exp(-5.6 * float(le) / threshold)


def _integral(rate: float, at: float, bad: float) -> float:
    """What a rate with the rhythm of a day and of eleven, and `bad` more in one hour of every nine days, adds up to."""
    at -= 1_750_000_000  # small sums lose nothing to rounding
    wave = at
    for period, depth in ((DAY, 0.6), (11 * DAY, 0.15)):
        wave += depth * period / (2 * math.pi) * math.sin(2 * math.pi * at / period + 1)
    times, into = divmod(at + 1_750_000_000 - TROUBLE_ENDS + HOUR, 9 * DAY)
    return rate * wave + bad * (times * HOUR + min(into, HOUR))


def _gauge(series: Series, at: float) -> float:
    name, own = series.metric, _share(str(series))
    wobble = 0.5 + 0.5 * math.sin(at / 5_000 + 6 * own)
    for pattern, shape in SHAPES:
        if re.search(pattern, name):
            return shape(at, own, wobble)
    return 10 + 20 * own + 5 * wobble


SHAPES = (
    (r"policy_problems|md_disks|readonly|incidents_open", lambda at, own, wobble: round(wobble * own * 2)),
    (r"offset_seconds|due_lag", lambda at, own, wobble: 0.002 * wobble),
    (r"interval_seconds", lambda at, own, wobble: 30),
    (r"reload_successful", lambda at, own, wobble: 1),
    (r"alertkit_policies|alertmanagers_discovered|cluster_members", lambda at, own, wobble: 3),
    (r"not_after|expir", lambda at, own, wobble: at + (20 + 50 * own) * DAY),
    (r"timestamp|last_", lambda at, own, wobble: at - at % (6 * HOUR) + 300 * own),
    (r"^up$|success|healthy|_up$", lambda at, own, wobble: 1),
    (r"ratio|accuracy|auc|precision|recall", lambda at, own, wobble: 0.86 + 0.06 * own + 0.03 * wobble),
    (r"drift|psi|skew", lambda at, own, wobble: 0.02 + 0.05 * wobble),
    (r"overdue|open_", lambda at, own, wobble: round(3 * wobble)),
    (r"age|lag|delay", lambda at, own, wobble: 600 + 3_000 * wobble),
    (r"avail|free", lambda at, own, wobble: 6e9 + 2e9 * wobble),
    (r"bytes", lambda at, own, wobble: 16e9),
    (r"seconds", lambda at, own, wobble: 0.1 + 0.1 * wobble),
)


def page(series: Iterable[Series], at: float) -> str:
    """One scrape."""
    return "".join(f"{one} {value(one, at)!r}\n" for one in series)


def history(series: Iterable[Series], times: Iterable[float]) -> Iterator[str]:
    """Lines of OpenMetrics with times, for promtool's `tsdb create-blocks-from openmetrics`."""
    moments = list(times)
    for one in series:
        name = str(one)
        yield from (f"{name} {value(one, at)!r} {at:.0f}\n" for at in moments)
    yield "# EOF\n"
