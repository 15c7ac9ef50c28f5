"""The series that an SLO's rules record, found among the rules themselves: a panel cannot ask for one that no rule yields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from alertkit import names
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.parts import selector
from alertkit.model.quantity import Duration, plain
from alertkit.model.rules import RecordingRule
from alertkit.model.slo import DAY, Slo

NATIVE = (names.LABEL_SERVICE, names.LABEL_SLO)
SLOTH = ("sloth_service", "sloth_slo")
"""Labels that name an SLO's service and the SLO, in alertkit's own form and in Sloth's."""
_RATIOS = (names.slo_ratio(""), "slo:sli_error:ratio_rate")


class SloSeries(msgspec.Struct, frozen=True):
    """One SLO with a selector for each of its recorded series by name; `ratios` has those of each window, the shortest first."""

    slo: Slo
    series: dict[str, str]
    ratios: dict[Duration, str]

    @property
    def identity(self) -> tuple[str, str]:
        """The labels that name service and SLO."""
        return identity(self.slo)

    @property
    def counts_events(self) -> bool:
        """Whether events are recorded: neither a ratio of the author's own nor Sloth's form does."""
        return names.SLO_EVENTS in self.series

    def burn(self, window: Duration) -> str:
        """The burn rate over a window: 1 uses up the budget exactly at the end of the SLO's own window."""
        return f"{self.ratios[window]} / {plain(self.slo.budget)}"

    @property
    def trend(self) -> Duration:
        """The window whose burn rate tells how long the budget lasts: the longest below a day, 6h as a rule."""
        return max((window for window in self.ratios if window.ms < DAY.ms), default=min(self.ratios))

    def lasts(self) -> str:
        """Seconds until the budget is gone at this rate; ten years where nothing burns.

        remaining × window / burn rate: Site Reliability Workbook, chapter 5.
        """
        seconds = f"clamp_min({self.series[names.SLO_REMAINING]}, 0) * {plain_seconds(self.slo.window)}"
        apart = " ignoring (sloth_window)" if self.identity == SLOTH else ""
        return f"clamp_max({seconds} /{apart} clamp_min({self.burn(self.trend)}, 1e-9), {NEVER})"


NEVER = 10 * 365 * 86_400
"""Seconds; a budget that lasts longer is not used up at all."""


def identity(slo: Slo) -> tuple[str, str]:
    """The labels that name an SLO's service and the SLO."""
    return SLOTH if slo.compatibility == "sloth" else NATIVE


def plain_seconds(span: Duration) -> str:
    """A span as a whole number of seconds."""
    return str(span.ms // 1_000)


def of_tenant(context: ViewContext) -> Iterator[SloSeries]:
    """Every SLO of the tenant that records something."""
    records = tuple(context.records())
    for slo in context.slos:
        found = _of(slo, (record for record in records if _belongs(record, slo)))
        if found.ratios and names.SLO_REMAINING in found.series:
            yield found


def _belongs(record: RecordingRule, slo: Slo) -> bool:
    service, name = identity(slo)
    return record.labels.get(service) == slo.service and record.labels.get(name) == slo.name


def _of(slo: Slo, records: Iterable[RecordingRule]) -> SloSeries:
    series = {record.record: selector(record.record, record.labels) for record in records}
    ratios = {Duration.parse(name.removeprefix(base)): name for base in _RATIOS for name in series if name.startswith(base)}
    return SloSeries(slo, series, {window: series[ratios[window]] for window in sorted(ratios)})
