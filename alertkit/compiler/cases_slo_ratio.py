"""Cases of an SLO whose ratio is the author's own: each window sees all of what lies inside it and nothing before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alertkit import names
from alertkit.compiler import slo_queries, slo_sloth, slos
from alertkit.compiler.cases_aim import Aim, Demand, selectors_in
from alertkit.compiler.cases_lines import Line
from alertkit.compiler.cases_series import Unit, constant, foreign
from alertkit.compiler.cases_slo_rates import exactly, recorded_decoys
from alertkit.compiler.cases_slos import identity, ratio_series
from alertkit.compiler.slo_parts import SloContext
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.slo import BASE, RawRatio, Slo
from alertkit.promql import parse

_BEFORE: Final = 0.04
_AFTER: Final = 0.02
_BORDER: Final = 300
"""Samples at each border of a long stretch; promtool refuses queries that read more than 10,000."""


def ratio_units(slo: Slo, sli: RawRatio, context: SloContext, at: Duration) -> Iterator[Unit]:
    """Two units for every window but the base: the change lies just before it, and in its middle.

    Raises:
        UnderivableError: the author's expression is not one that alertkit reads backwards.
    """
    every = slo_sloth.windows(slo) if slo.compatibility == "sloth" else slos.windows(slo)
    for window in every:
        if window != BASE:
            yield _unit(slo, sli, context, (window, at), middle=False)
            yield _unit(slo, sli, context, (window, at), middle=True)


def _unit(slo: Slo, sli: RawRatio, context: SloContext, when: tuple[Duration, Duration], *, middle: bool) -> Unit:
    window, at = when
    tree = parse(context.guard(slo_queries.ratio(sli, slo.group_by, window)))
    aim = Aim(2, [tree])
    aim.at(tree, (Line(_BEFORE), Line(_AFTER)))
    inside = at.ms // BASE.ms - (at.ms - window.ms) // BASE.ms
    after = inside // 2 if middle else inside
    lengths = (at.ms // BASE.ms + 1 - after, after)
    fed = {one: _values(demand, lengths) for one, demand in aim.series.items()}
    if all(any(m.name == context.label for m in selector.matchers) for selector in selectors_in(tree)):
        before = {one: Demand(demand.signal[:1] * 2, demand.counts) for one, demand in aim.series.items()}
        fed |= {foreign(one, context.label): _values(demand, lengths) for one, demand in before.items()}
    fed |= recorded_decoys(slo, context, [slo.window], at.ms // BASE.ms + 1)
    return Unit(tuple(selectors_in(tree)), fed, tuple(_probes(slo, context, when, middle=middle)))


def _probes(slo: Slo, context: SloContext, when: tuple[Duration, Duration], *, middle: bool) -> Iterator[Probe]:
    (window, at), labels = when, identity(slo, context)
    record, own = ratio_series(slo, window, labels)
    probe = exactly(record, f"{slo.name}, over {window} alone", record, dict(own), _AFTER, at)
    if middle:
        expr = probe.expr.replace("< bool", "> bool")
        yield Probe(record, f"{slo.name}, over all of {window}", expr, at)
        return
    yield probe
    if window == slo.window:
        burn = _AFTER / float(slo.budget)
        for name, value in ((names.SLO_PERIOD_BURN, burn), (names.SLO_REMAINING, 1 - burn)):
            yield exactly(name, f"{slo.name}, over {slo.window}", name, labels, value, at)


def _values(demand: Demand, lengths: tuple[int, int]) -> str:
    """A demand over two stretches of 5-minute samples; a long one has samples at its borders, and rises on in between."""
    found, total = [], 0.0
    for line, length in zip(demand.signal, lengths, strict=True):
        level = line.at if line else 0.0
        gain = level * BASE.seconds if demand.counts else 0.0
        runs = [(length, False)] if length <= 2 * _BORDER else [(_BORDER, False), (length - 2 * _BORDER, True), (_BORDER, False)]
        for count, gap in runs:
            if gap:
                found.append(f"_x{count}")
            elif count:
                start = total + gain
                found.append(f"{start:.9f}+{gain:.9f}x{count - 1}" if demand.counts else constant((level, count)))
            total += gain * count
    return " ".join(found)
