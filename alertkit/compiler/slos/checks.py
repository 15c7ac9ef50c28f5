"""Everything wrong with an SLO that its values alone tell; whether its expressions stay in the tenant is asked elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from alertkit import names
from alertkit.compiler.slos import queries
from alertkit.errors import Level, PromQLError
from alertkit.model.quantity import plain
from alertkit.model.slo import BASE, PAGE, TICKET, WINDOW, BooleanGauge, LatencyBucket, LatencyNative, RawRatio, Slo, Tier
from alertkit.promql import Selector, parse

_COUNTERS: Final = ("_total", "_count", "_sum", "_bucket")
_LABEL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TIER: Final = re.compile(rf"({PAGE}|{TICKET})-[a-z0-9][a-z0-9-]{{0,30}}", re.ASCII)
_SLOTH_NAME: Final = re.compile(r"[A-Za-z0-9][-A-Za-z0-9_.]*[A-Za-z0-9]", re.ASCII)

_SELECTORS: Final = {
    "gauge": 'as in probe_success{job="shop"}; for an expression write ratio, as in 1 - avg_over_time((a * b)[{window}:])',
    "histogram": 'as in http_request_duration_seconds{job="checkout"}',
}


class Flaw(msgspec.Struct, frozen=True):
    """One mistake. `path` leads to it inside the SLO, in the names of the model: ("sli", "total"), ("tiers", 2, "short")."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    level: Level = Level.ERROR


def check(slo: Slo, tenant_label: str) -> tuple[Flaw, ...]:
    """Every flaw of one SLO."""
    if not 0 < slo.objective < 1:
        return (_objective(slo.objective),)
    checks: tuple[Callable[[Slo], Iterator[Flaw]], ...] = (_tiers, _sli, _guard, _sloth)
    return (*(flaw for one in checks for flaw in one(slo)), *_groups(slo, names.RESERVED_LABELS | {tenant_label}))


def clashes(slos: Iterable[Slo]) -> tuple[str, ...]:
    """Ids that two SLOs of `compatibility: sloth` share: Sloth joins service and name, so a-b + c is a + b-c."""
    ids = Counter(f"{slo.service}-{slo.name}" for slo in slos if slo.compatibility == "sloth")
    return tuple(sorted(one for one, count in ids.items() if count > 1))


def _objective(objective: Decimal) -> Flaw:
    if objective == 1:
        return Flaw(("objective",), "100 % leaves no budget for errors: every single one would fire", "write 99.99% or less")
    expected = "an objective lies between 0 % and 100 %, as 99.9% or 0.999"
    return Flaw(("objective",), f"{plain(objective * 100)} % cannot be an objective", expected)


def _tiers(slo: Slo) -> Iterator[Flaw]:
    counted = Counter(tier.name for tier in slo.tiers)
    for index, tier in enumerate(slo.tiers):
        place = ("tiers", index)
        if not _TIER.fullmatch(tier.name):
            yield Flaw((*place, "name"), f"tier {tier.name!r} is named neither page-… nor ticket-…", f"as in {PAGE}-{tier.long}")
        if counted[tier.name] > 1:
            yield Flaw((*place, "name"), f"two tiers are named {tier.name!r}", "each alert of an SLO needs a name of its own")
        yield from _windows(slo, tier, place)
        yield from _factor(slo, tier, place)
    if slo.tiers and not slo.reachable and all(map(_is_share, slo.tiers)):
        yield Flaw(("tiers",), "no tier can ever fire: every threshold is at 100 % errors or above", "lower the tiers' shares")


def _windows(slo: Slo, tier: Tier, place: tuple[str | int, ...]) -> Iterator[Flaw]:
    if tier.long > slo.window:
        yield Flaw((*place, "long"), f"the SLO's window of {slo.window} is shorter than the {tier.long} of {tier.name}")
    if not tier.short < tier.long:
        yield Flaw((*place, "short"), f"the short window {tier.short} is not shorter than the long one, {tier.long}", "a twelfth")
    if tier.short < BASE:
        yield Flaw((*place, "short"), f"{tier.short} is shorter than {BASE}, over which rates are recorded", f"{BASE} or longer")


def _factor(slo: Slo, tier: Tier, place: tuple[str | int, ...]) -> Iterator[Flaw]:
    where = (*place, "share")
    if not _is_share(tier):
        yield Flaw(where, f"{plain(tier.share * 100)} % is no share of an error budget", "more than 0 %, at most 100 %")
    elif slo.threshold(tier) >= 1:
        limit = f"{plain(slo.threshold(tier) * 100)} % errors"
        hint = f"a share of {tier.long} below {plain(_percent(tier.share / slo.threshold(tier)))} % can"
        yield Flaw(where, f"{tier.name} can never fire, its threshold is {limit}; it is left out", hint, Level.WARNING)
    elif tier.factor(slo.window) < Decimal("0.9"):
        message = f"{tier.name} fires at a burn rate of {plain(tier.factor(slo.window))}, at which the budget lasts"
        yield Flaw(where, message, "a burn rate of 1 uses it up exactly; raise the share or shorten the window", Level.WARNING)


def _is_share(tier: Tier) -> bool:
    return 0 < tier.share <= 1


def _percent(ratio: Decimal) -> Decimal:
    return (ratio * 100).quantize(Decimal("0.01"))


def _sli(slo: Slo) -> Iterator[Flaw]:
    written = dict(queries.authored(slo.sli, BASE))
    for field in written:
        yield from _query(slo, field)
    if len(set(map(str.strip, written.values()))) < len(written):
        yield Flaw(("sli",), f"{' and '.join(written)} are the same, so the ratio is always 1", "narrow one of them by a label")
    if isinstance(slo.sli, LatencyBucket | LatencyNative) and slo.sli.threshold.ms <= 0:
        yield Flaw(("sli", "threshold"), "a latency threshold is longer than nothing", "as in 300ms")


def _query(slo: Slo, field: str) -> Iterator[Flaw]:
    expr, place = getattr(slo.sli, field), ("sli", field)
    if not expr.strip():
        yield Flaw(
            place, f"{field} is missing", "the counter of all events, as in http_requests_total" if field == "total" else ""
        )
    elif isinstance(slo.sli, RawRatio):
        if WINDOW not in expr:
            hint = "avg_over_time(my_error_ratio[{window}]) for a series that is a ratio already"
            yield Flaw(place, "the ratio does not depend on {window}, but it is asked for over several", hint)
    elif WINDOW in expr:
        if isinstance(slo.sli, LatencyBucket | LatencyNative | BooleanGauge):
            yield Flaw(place, f"{field} is a selector: {{window}} is put there by alertkit")
    elif not queries.is_selector(expr) and isinstance(slo.sli, LatencyBucket | LatencyNative | BooleanGauge):
        yield from _unless_broken(expr, Flaw(place, f"{field} is not a selector and nothing else", _SELECTORS[field]))
    elif not queries.is_selector(expr):
        hint = "or an expression over [{window}], as in sum(rate(a_total[{window}])) + sum(rate(b_total[{window}]))"
        yield from _unless_broken(expr, Flaw(place, f"{field} is neither a counter's selector nor depends on {{window}}", hint))
    else:
        yield from _metric(slo, place, expr)


def _unless_broken(expr: str, flaw: Flaw) -> Iterator[Flaw]:
    """Nothing for what is not PromQL: that is said where expressions are checked, with the place."""
    try:
        parse(expr)
    except PromQLError:
        return
    yield flaw


def _metric(slo: Slo, place: tuple[str, str], expr: str) -> Iterator[Flaw]:
    selector = parse(expr)
    assert isinstance(selector, Selector)  # noqa: S101 - is_selector has said so
    if isinstance(slo.sli, BooleanGauge):
        return
    if isinstance(slo.sli, LatencyBucket | LatencyNative):
        if not selector.metric:
            yield Flaw(place, "the histogram has no name", 'as in http_request_duration_seconds{job="checkout"}')
        elif any(matcher.name == "le" for matcher in selector.matchers):
            yield Flaw(place, "the bucket is chosen by the threshold; the selector may not match on le", "remove the matcher")
    elif selector.metric and not selector.metric.endswith(_COUNTERS):
        hint = (
            f"a counter ends in _total, _count or _bucket; if it is one all the same, write sum(rate({expr.strip()}[{{window}}]))"
        )
        yield Flaw(place, f"{selector.metric} seems to be no counter, whose rate could be taken", hint)


def _groups(slo: Slo, reserved: frozenset[str]) -> Iterator[Flaw]:
    for index, label in enumerate(slo.group_by):
        place = ("group_by", index)
        if not _LABEL.fullmatch(label) or label.startswith("__"):
            yield Flaw(place, f"{label!r} is no label name", "letters, digits and underscores")
        elif label in reserved:
            yield Flaw(place, f"label {label!r} is set by alertkit", "group by another label")
        elif label in slo.group_by[:index]:
            yield Flaw(place, f"label {label!r} is named twice")


def _guard(slo: Slo) -> Iterator[Flaw]:
    if slo.min_rate is None:
        return
    if slo.min_rate <= 0:
        yield Flaw(("min_rate",), "a least rate is more than nothing", "leave it out, or write 0.1/s")
    if isinstance(slo.sli, RawRatio):
        yield Flaw(
            ("min_rate",), "a ratio does not say how many events there are", "give errors and total, or leave min_rate out"
        )


def _sloth(slo: Slo) -> Iterator[Flaw]:
    if slo.compatibility != "sloth":
        return
    kinds = [tier.pages for tier in slo.tiers]
    if (kinds.count(True), kinds.count(False)) != (2, 2) or len(slo.reachable) != 4:
        yield Flaw(("tiers",), "Sloth's rules have two pages and two tickets, all below 100 % errors", "drop the compatibility")
    for field in ("min_rate", "absence"):
        if getattr(slo, field):
            yield Flaw((field,), f"Sloth's rules know no {field}", "drop it, or the compatibility")
    for field in ("name", "service"):
        if not _SLOTH_NAME.fullmatch(getattr(slo, field)):
            yield Flaw((field,), "Sloth wants two letters or digits at least, with - _ . between them")
