"""Series under construction: each selector gets one of its own, which disturbs no other selector."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from alertkit.compiler.cases.labels import Labels, NoExampleError, labels_for, others, takes
from alertkit.compiler.cases.lines import Line, Signal, UnderivableError, minus, pairs
from alertkit.compiler.cases.trees import groupings, wishes
from alertkit.promql import Expr, Selector


class Demand(msgspec.Struct, frozen=True):
    """What a series does: its value, or (`counts`) how much its counter gains a second."""

    signal: Signal
    counts: bool = False


Series = tuple[str, tuple[tuple[str, str], ...]]
"""A series' name and its labels, sorted."""

Earlier = dict[dt.timedelta, dict[Series, Demand]]
"""Series as they were some time before each moment."""


class Feed:
    """What selectors read, for expressions that may share series.

    `wished` are labels that every series gets where its selector leaves them open. `earlier` are those that selectors with an
    offset read, by the offset; None refuses such selectors.
    """

    def __init__(self, trees: Iterable[Expr], earlier: Earlier | None = None) -> None:
        trees = list(trees)
        self.series: dict[Series, Demand] = {}
        self.earlier = earlier
        self.selectors: list[Selector] = []
        self.wished = wishes(trees)
        self.grouped = frozenset(label for tree in trees for label in groupings(tree))

    @property
    def every(self) -> Iterator[Series]:
        """All series so far, those of earlier as well."""
        for found in (self.series, *(self.earlier or {}).values()):
            yield from found

    def leaf(self, selector: Selector, demand: Demand, *, additive: bool, le: str = "") -> None:
        """Let a selector read this; `additive` when it sums up what it takes, so that only the rest is added.

        Raises:
            UnderivableError: it takes series that were made for another selector, or none was found that it alone takes.
        """
        if selector.at or not selector.metric:
            raise UnderivableError("a selector with @ or without a name cannot be read backwards")
        series = self._read_by(selector)
        existing = [one for one in series if takes(selector, one[0], dict(one[1]))]
        if existing and additive:
            demand = _remaining((series[one] for one in existing), demand)
        if not existing or additive or le:
            self._add(selector, demand, le)
        elif any(series[one] != demand for one in existing) or len(existing) > 1:
            raise UnderivableError(f"two of its selectors take the same series of {selector.metric}")
        self.selectors.append(selector)

    def _read_by(self, selector: Selector) -> dict[Series, Demand]:
        """Series as they are, or were, at the moment that the selector reads."""
        if selector.offset is None:
            return self.series
        if self.earlier is None or selector.offset <= dt.timedelta():
            raise UnderivableError("a selector with this offset cannot be read backwards")
        return self.earlier.setdefault(selector.offset, {})

    def _add(self, selector: Selector, demand: Demand, le: str) -> None:
        lines, series = [line for line in demand.signal if line is not None], self._read_by(selector)
        if all(line == Line(0) for line in lines) and any(takes(selector, name, dict(labels)) for name, labels in series):
            return
        if demand.counts and any(line.at < 0 for line in lines) and series:
            raise UnderivableError("a part of a sum would have to fall")
        try:
            labels = labels_for(selector, self.wished)
        except NoExampleError as error:
            raise UnderivableError(str(error)) from None
        for candidate in ({**labels, **({"le": le} if le else {})}, *others(selector, labels, self.selectors, self.grouped)):
            if self._is_free(selector, candidate, ranked=bool(le)):
                series[selector.metric, tuple(sorted(candidate.items()))] = demand
                return
        raise UnderivableError(f"no series of {selector.metric} was found that only one of its selectors takes")

    def _is_free(self, selector: Selector, labels: Labels, *, ranked: bool) -> bool:
        """Whether a new series would disturb nothing that was aimed at before; buckets of one histogram belong together."""
        if (selector.metric, tuple(sorted(labels.items()))) in self._read_by(selector):
            return False
        others = (other for other in self.selectors if other.offset == selector.offset and not (ranked and other == selector))
        return not any(takes(other, selector.metric, labels) for other in others)


def _remaining(existing: Iterable[Demand], demand: Demand) -> Demand:
    """What is left to add to a sum."""
    rest = demand.signal
    for one in existing:
        if one.counts is not demand.counts:
            raise UnderivableError("one metric is read both as a counter and as it is")
        rest = pairs(rest, one.signal, minus)
    return Demand(rest, demand.counts)
