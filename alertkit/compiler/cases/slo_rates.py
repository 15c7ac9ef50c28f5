"""Cases of an SLO's 5-minute rates and of what follows from them at once, from raw counters: errors, no errors, no traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from alertkit import names
from alertkit.compiler.cases.aim import Aim
from alertkit.compiler.cases.feed import Demand, Series
from alertkit.compiler.cases.labels import labels_for
from alertkit.compiler.cases.lines import Line, UnderivableError
from alertkit.compiler.cases.series import STEP, Unit, constant, exactly, foreign, over_time, series
from alertkit.compiler.cases.slos import decoys, identity, ratio_series
from alertkit.compiler.cases.trees import selectors_in
from alertkit.compiler.slos import queries, sloth
from alertkit.compiler.slos.parts import SloContext
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.slo import BASE, BooleanGauge, LatencyNative, RawRatio, Slo
from alertkit.promql import Expr, Selector, parse, quote

_SETTLE: Final = BASE.ms // STEP.ms + 1
"""Samples of a phase: just enough for a window of 5 minutes, too few for a longer one."""
_PHASES: Final = (("errors", 5.0, 0.5), ("no errors", 3.0, 0.0), ("no traffic", 0.0, 0.0))
"""What happens, events a second, and errors a second."""
_FLOOD: Final = "0+1000x60"
"""A foreign tenant's counters."""


def rate_units(slo: Slo, context: SloContext) -> Iterator[Unit]:
    """The cases of what is recorded every minute; errors, no errors, no traffic.

    Raises:
        UnderivableError: the author's expressions are not ones that alertkit reads backwards.
    """
    if isinstance(slo.sli, LatencyNative):
        raise UnderivableError("promtool 2.42 has no notation for native histograms")
    if isinstance(slo.sli, RawRatio):
        yield _own_ratio(slo, slo.sli, context)
        return
    if isinstance(slo.sli, BooleanGauge):
        yield _gauge(slo, slo.sli, context)
        return
    yield _counters(slo, context)
    if slo.compatibility != "sloth":
        yield _missing_errors(slo, context)


def parts(slo: Slo, context: SloContext) -> tuple[Expr, Expr, bool]:
    """The trees of all events and of those told apart, and whether the latter are the bad ones."""
    counts = queries.counts(slo.sli, slo.group_by, BASE)
    return parse(context.guard(counts.total)), parse(context.guard(counts.errors or counts.good)), bool(counts.errors)


def aimed(slo: Slo, context: SloContext, rates: list[tuple[float, float]]) -> dict[Series, Demand]:
    """Counters for which events and errors have these rates, phase by phase."""
    total, part, bad = parts(slo, context)
    aim = Aim(len(rates), [total, part])
    aim.at(part, tuple(Line(errors if bad else events - errors) for events, errors in rates))
    aim.at(total, tuple(Line(events) for events, _ in rates))
    return aim.series


def recorded_decoys(slo: Slo, context: SloContext, windows: Iterable[Duration], samples: int) -> dict[Series, str]:
    """What is recorded for another tenant's SLO of the same name, and for another SLO: no rule may read it."""
    values = {names.SLO_BUDGET: 0.5, names.SLO_PERIOD_BURN: 7.0, names.SLO_EVENTS: 7.0, names.SLO_ERRORS: 7.0}
    fed: dict[Series, str] = {}
    for labels in decoys(slo, identity(slo, context), context):
        fed |= {series(record, labels): constant((value, samples)) for record, value in values.items()}
        fed |= {ratio_series(slo, window, labels): constant((0.7, samples)) for window in windows}
    return fed


def _counters(slo: Slo, context: SloContext) -> Unit:
    lengths = [_SETTLE] * len(_PHASES)
    demands = aimed(slo, context, [(events, errors) for _, events, errors in _PHASES])
    fed = {one: over_time(demand, lengths) for one, demand in demands.items()}
    fed |= {foreign(one, context.label): _FLOOD for one in demands if _has_tenant(one, context)}
    fed |= recorded_decoys(slo, context, [BASE], sum(lengths))
    probes = [
        probe
        for number, (title, events, errors) in enumerate(_PHASES)
        for probe in _probes(slo, context, title, (events, errors), Duration(((number + 1) * _SETTLE - 1) * STEP.ms))
    ]
    return Unit(_selectors(slo, context), fed, tuple(probes))


def _missing_errors(slo: Slo, context: SloContext) -> Unit:
    """There are events, but no series of errors (or none of good ones) has ever been seen."""
    total, part, bad = parts(slo, context)
    aim = Aim(1, [total, part])
    aim.selectors += selectors_in(part)
    aim.at(total, (Line(2.0),))
    at = Duration((_SETTLE - 1) * STEP.ms)
    title, errors = ("no series of errors yet", 0.0) if bad else ("no series of good events yet", 2.0)
    probes = _probes(slo, context, title, (2.0, errors), at)
    fed = {one: over_time(demand, [_SETTLE]) for one, demand in aim.series.items()}
    return Unit(_selectors(slo, context), fed, tuple(probes))


def _own_ratio(slo: Slo, sli: RawRatio, context: SloContext) -> Unit:
    """The author's ratio over 5 minutes, before and after a change."""
    tree = parse(context.guard(queries.ratio(sli, slo.group_by, BASE)))
    aim = Aim(2, [tree])
    aim.at(tree, (Line(0.04), Line(0.02)))
    fed = {one: over_time(demand, [_SETTLE] * 2) for one, demand in aim.series.items()}
    fed |= {
        foreign(one, context.label): over_time(Demand(demand.signal[:1], demand.counts), [2 * _SETTLE])
        for one, demand in aim.series.items()
        if _has_tenant(one, context)
    }
    fed |= recorded_decoys(slo, context, [BASE], 2 * _SETTLE)
    labels, record, title = identity(slo, context), _ratio(slo), f"{slo.name}, after a change"
    at = Duration((2 * _SETTLE - 1) * STEP.ms)
    probes = (
        exactly(record, title, record, _sloth_window(slo, labels), 0.02, at),
        exactly(names.SLO_BURN, title, names.SLO_BURN, labels, 0.02 / float(slo.budget), at),
    )
    return Unit(tuple(selectors_in(tree)), fed, probes)


def _gauge(slo: Slo, sli: BooleanGauge, context: SloContext) -> Unit:
    """One gauge that says all is well and one that does not, then both well."""
    tree = parse(context.guard(sli.gauge))
    if not isinstance(tree, Selector) or not tree.metric:
        raise UnderivableError("the gauge has no name")
    one = labels_for(tree, dict.fromkeys(slo.group_by, "case"))
    two = {**one, "alertkit_case": "second"}
    fed = {
        series(tree.metric, one): constant((1, 2 * _SETTLE)),
        series(tree.metric, two): constant((0, _SETTLE), (1, _SETTLE)),
    }
    if one.get(context.label) == context.tenant:
        fed[foreign(series(tree.metric, two), context.label)] = constant((0, 2 * _SETTLE))
    fed |= recorded_decoys(slo, context, [BASE], 2 * _SETTLE)
    labels, record = identity(slo, context), _ratio(slo)
    half = exactly(record, "one of two fails", record, _sloth_window(slo, labels), 0.5, Duration((_SETTLE - 1) * STEP.ms))
    well = exactly(record, "all is well", record, _sloth_window(slo, labels), 0.0, Duration((2 * _SETTLE - 1) * STEP.ms))
    burn = exactly(names.SLO_BURN, f"{slo.name}, one of two fails", names.SLO_BURN, labels, 0.5 / float(slo.budget), half.at)
    calm = exactly(names.SLO_BURN, f"{slo.name}, all is well", names.SLO_BURN, labels, 0.0, well.at)
    events = (_samples_of_two(slo, labels, well.at),) if slo.compatibility != "sloth" else ()
    return Unit((tree,), fed, (half, well, burn, calm, *events))


def _samples_of_two(slo: Slo, labels: dict[str, str], at: Duration) -> Probe:
    """Two gauges have 10 samples in 5 minutes, or 12 where a window takes in the sample at its beginning (Prometheus 2)."""
    selector = ",".join(f"{name}={quote(text)}" for name, text in labels.items())
    rate = f"{names.SLO_EVENTS}{{{selector}}} * {BASE.ms // 1_000}"
    return Probe(names.SLO_EVENTS, f"{slo.name}, samples of 5 minutes", f"count({rate} > 9 < 13) or vector(0)", at)


def _probes(slo: Slo, context: SloContext, title: str, rates: tuple[float, float], at: Duration) -> Iterator[Probe]:
    events, errors = rates
    labels, record, name = identity(slo, context), _ratio(slo), f"{slo.name}, {title}"
    own = _sloth_window(slo, labels)
    if slo.compatibility != "sloth":
        yield exactly(names.SLO_EVENTS, name, names.SLO_EVENTS, labels, events, at)
        yield exactly(names.SLO_ERRORS, name, names.SLO_ERRORS, labels, errors, at)
    if not events:
        selector = ",".join(f"{key}={quote(text)}" for key, text in own.items())
        # Sloth records 0 / 0, which is no number; a ratio of our own is not there at all.
        wanted = " != " + f"{record}{{{selector}}}" if slo.compatibility == "sloth" else ""
        expr = f"count({record}{{{selector}}}{wanted}) or vector(0)"
        yield Probe(record, name, expr, at, int(slo.compatibility == "sloth"))
        return
    yield exactly(record, name, record, own, errors / events, at)
    burn = errors / events / float(slo.budget)
    yield exactly(names.SLO_BURN, name, names.SLO_BURN, labels, burn, at)
    yield exactly(names.SLO_OBJECTIVE, name, names.SLO_OBJECTIVE, _without_groups(slo, labels), float(slo.objective), at)
    yield exactly(names.SLO_BUDGET, name, names.SLO_BUDGET, _without_groups(slo, labels), float(slo.budget), at)


def _ratio(slo: Slo) -> str:
    return f"{sloth.RATIO}{sloth.span(BASE)}" if slo.compatibility == "sloth" else names.slo_ratio(BASE)


def _sloth_window(slo: Slo, labels: dict[str, str]) -> dict[str, str]:
    return {**labels, "sloth_window": sloth.span(BASE)} if slo.compatibility == "sloth" else labels


def _without_groups(slo: Slo, labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name not in slo.group_by}


def _selectors(slo: Slo, context: SloContext) -> tuple[Selector, ...]:
    total, part, _ = parts(slo, context)
    return (*selectors_in(total), *selectors_in(part))


def _has_tenant(one: Series, context: SloContext) -> bool:
    return (context.label, context.tenant) in one[1]
