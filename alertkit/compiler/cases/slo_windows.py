"""Cases of an SLO's long windows: recorded rates of a whole period, with other numbers in every ring between two windows.

Rules run twice, at the start and at the end, instead of 43,200 times; the end is two minutes off the samples' grid, so that it
does not matter whether a window includes its own border (Prometheus 2) or not (Prometheus 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from alertkit import names
from alertkit.compiler.cases import long
from alertkit.compiler.cases.feed import Demand, Series
from alertkit.compiler.cases.lines import Line
from alertkit.compiler.cases.series import Unit, constant, exactly, foreign, series
from alertkit.compiler.cases.slo_rates import aimed, parts, recorded_decoys
from alertkit.compiler.cases.slos import decoys, identity, ratio_series
from alertkit.compiler.cases.trees import selectors_in
from alertkit.compiler.slos import queries, sloth
from alertkit.compiler.slos.compile import windows
from alertkit.compiler.slos.parts import SloContext
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.slo import BASE, RawRatio, Slo
from alertkit.promql import parse

_OFF: Final = Duration.of(minutes=2).ms
_MARGIN: Final = 2
"""Samples before the longest window."""
_BORDER: Final = 300
"""Samples at each border of a long ring."""


class Ring(msgspec.Struct, frozen=True):
    """So many samples, the oldest ring first, of so many events and errors a second. A `gap` has no samples, only their time."""

    samples: int
    events: float
    errors: float
    gap: bool = False


def evaluation(longest: Duration) -> Duration:
    """When windows of at most this length are evaluated, and also how often: once."""
    return Duration((-(-longest.ms // BASE.ms) + _MARGIN) * BASE.ms + _OFF)


def window_units(slo: Slo, context: SloContext, at: Duration) -> Iterator[Unit]:
    """The cases of one SLO's windows, evaluated at `at`.

    Raises:
        UnderivableError: the author's expressions are not ones that alertkit reads backwards.
    """
    if isinstance(slo.sli, RawRatio):
        yield from _ratio_units(slo, slo.sli, context, at)
    elif slo.compatibility == "sloth":
        yield _sloth_unit(slo, context, at)
    else:
        yield _sums_unit(slo, context, at)


def _sums_unit(slo: Slo, context: SloContext, at: Duration) -> Unit:
    rings = tuple(_rings(list(windows(slo))[1:], at))
    labels = identity(slo, context)
    fed = recorded_decoys(slo, context, [slo.window], at.ms // BASE.ms + 1)
    for other in decoys(slo, labels, context):
        fed |= _recorded(other, tuple(msgspec.structs.replace(ring, errors=ring.events) for ring in rings))
    if slo.group_by:
        fed |= _recorded(identity(slo, context, "case-other"), tuple(msgspec.structs.replace(ring, errors=0.0) for ring in rings))
    return Unit((), {**fed, **_recorded(labels, rings)}, tuple(_probes(slo, context, rings, at)))


def _ratio_units(slo: Slo, sli: RawRatio, context: SloContext, at: Duration) -> Iterator[Unit]:
    """The author's own ratio, over every window but the base."""
    own, labels = Matcher(context.label, "=", context.tenant), identity(slo, context)
    for window in sloth.windows(slo) if slo.compatibility == "sloth" else windows(slo):
        tree = parse(context.guard(queries.ratio(sli, slo.group_by, window)))
        record, found = ratio_series(slo, window, labels)
        for change in long.changes(window, at, 0.04, 0.02) if window != BASE else ():
            title = f"{slo.name}, all of {window}" if change.middle else f"{slo.name}, {window} alone"
            probes = [exactly(record, title, record, dict(found), change.after, at, equal=not change.middle)]
            if window == slo.window and not change.middle:
                burn = change.after / float(slo.budget)
                pairs = ((names.SLO_PERIOD_BURN, burn), (names.SLO_REMAINING, 1 - burn))
                probes += [exactly(name, title, name, labels, value, at) for name, value in pairs]
            fed = recorded_decoys(slo, context, [slo.window], at.ms // BASE.ms + 1) | long.fed(tree, change, own)
            yield Unit(tuple(selectors_in(tree)), fed, tuple(probes))


def _rings(windows: list[Duration], at: Duration) -> Iterator[Ring]:
    """One ring between every two windows, and one before the longest."""
    edges = [0, *(_samples(window, at) for window in windows)]
    total = at.ms // BASE.ms
    yield from _hollow(total - edges[-1], 11.0, 9.0)
    for number in range(len(windows) - 1, -1, -1):
        yield from _hollow(edges[number + 1] - edges[number], 10.0 + number, 0.1 * (number + 1))


def _hollow(samples: int, events: float, errors: float) -> Iterator[Ring]:
    """A long ring needs samples at its borders only; promtool refuses queries that read more than 10,000."""
    if samples <= 2 * _BORDER:
        yield Ring(samples, events, errors)
        return
    yield Ring(_BORDER, events, errors)
    yield Ring(samples - 2 * _BORDER, 0.0, 0.0, gap=True)
    yield Ring(_BORDER, events, errors)


def _samples(window: Duration, at: Duration) -> int:
    """How many samples, one every 5 minutes from 0 on, lie in the window that ends at `at`.

    The last one is left out, so that at the end there is no current rate: from one, the rules would record another sample, before
    or after the sums are taken, as promtool evaluates groups in no order.
    """
    return at.ms // BASE.ms - (at.ms - window.ms) // BASE.ms - 1


def _recorded(labels: dict[str, str], rings: tuple[Ring, ...]) -> dict[Series, str]:
    """Nothing at the very start, where the rules run for the first time and write a sample of their own."""
    events = [(ring.events, ring) for ring in rings]
    errors = [(ring.errors, ring) for ring in rings]
    return {series(names.SLO_EVENTS, labels): _values(events), series(names.SLO_ERRORS, labels): _values(errors)}


def _values(runs: list[tuple[float, Ring]]) -> str:
    found = ["_"]
    for number, (value, ring) in enumerate(runs):
        samples = ring.samples - (number == 0)
        found.append(f"_x{samples}" if ring.gap else constant((value, samples)))
    return " ".join(filter(None, found))


def _probes(slo: Slo, context: SloContext, rings: tuple[Ring, ...], at: Duration) -> Iterator[Probe]:
    labels = identity(slo, context)
    ratio = 0.0
    for window in windows(slo)[1:]:
        events, errors = _sums(rings, _samples(window, at))
        value = errors / events
        record = names.slo_ratio(window)
        yield exactly(record, f"{slo.name}, sums over {window}", record, labels, value, at)
        ratio = value if window == slo.window else ratio
    burn = ratio / float(slo.budget)
    for record, value in ((names.SLO_PERIOD_BURN, burn), (names.SLO_REMAINING, 1 - burn)):
        yield exactly(record, f"{slo.name}, over {slo.window}", record, labels, value, at)
    constants = {name: value for name, value in labels.items() if name not in slo.group_by}
    days = slo.window.ms / Duration.of(days=1).ms
    yield exactly(names.SLO_PERIOD, f"{slo.name}, days", names.SLO_PERIOD, constants, days, at)


def _sums(rings: tuple[Ring, ...], samples: int) -> tuple[float, float]:
    """Events and errors of the newest samples."""
    events = errors = 0.0
    for ring in reversed(rings):
        taken = min(ring.samples, samples)
        events, errors, samples = events + taken * ring.events, errors + taken * ring.errors, samples - taken
    return events, errors


def _sloth_unit(slo: Slo, context: SloContext, at: Duration) -> Unit:
    """Sloth takes rates of the counters over each window, and the mean of 5-minute ratios over the period."""
    rings = tuple(_rings(list(sloth.windows(slo))[1:], at))
    demands = aimed(slo, context, [(ring.events, ring.errors) for ring in rings])
    fed = {one: _counter(demand, rings) for one, demand in demands.items()}
    fed |= recorded_decoys(slo, context, [slo.window], at.ms // BASE.ms + 1)
    fed |= {foreign(one, context.label): _counter(_flood(rings), rings) for one in demands}
    labels, period = identity(slo, context), sloth.span(slo.window)
    base = {**labels, "sloth_window": sloth.span(BASE)}
    recorded = f"{sloth.RATIO}{sloth.span(BASE)}"
    fed[series(recorded, base)] = _values([(0.02 if number else 0.9, ring) for number, ring in enumerate(rings)])
    for other in decoys(slo, base, context):
        fed[series(recorded, other)] = _values([(0.5, ring) for ring in rings])
    total_tree, part, _ = parts(slo, context)
    probes = list(_sloth_probes(slo, labels, rings, at))
    record = f"{sloth.RATIO}{period}"
    burn = 0.02 / float(slo.budget)
    means = {record: (0.02, {"sloth_window": period}), names.SLO_PERIOD_BURN: (burn, {}), names.SLO_REMAINING: (1 - burn, {})}
    for name, (value, window) in means.items():
        probes.append(exactly(name, f"{slo.name}, mean", name, {**labels, **window}, value, at))
    return Unit((*selectors_in(total_tree), *selectors_in(part)), fed, tuple(probes))


def _flood(rings: tuple[Ring, ...]) -> Demand:
    return Demand(tuple(Line(0.0 if ring.gap else 1.0) for ring in rings), counts=True)


def _counter(demand: Demand, rings: tuple[Ring, ...]) -> str:
    """A counter that rises by so much a second in each ring."""
    total, parts_of = 0.0, []
    for line, ring in zip(demand.signal, rings, strict=True):
        gain = (line.at if line else 0.0) * BASE.seconds
        if ring.gap:
            parts_of.append(f"_x{ring.samples}")
        elif ring.samples:
            parts_of.append(f"{total + gain:.6f}+{gain:.6f}x{ring.samples - 1}")
        total += gain * ring.samples
    return " ".join(parts_of)


def _sloth_probes(slo: Slo, labels: dict[str, str], rings: tuple[Ring, ...], at: Duration) -> Iterator[Probe]:
    for window in sloth.windows(slo)[1:]:
        # A rate sees the rises between its samples: one fewer than samples, the oldest of which begins it.
        events, errors = _sums(rings, _samples(window, at) - 1)
        record, own = f"{sloth.RATIO}{sloth.span(window)}", {**labels, "sloth_window": sloth.span(window)}
        yield exactly(record, f"{slo.name}, rate over {window}", record, own, errors / events, at)
