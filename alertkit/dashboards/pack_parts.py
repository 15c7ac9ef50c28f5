"""Panels of the packs that a view is for: figures, alerts against their thresholds, and the rest of what is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.dashboards import panels, units
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.layout import Row
from alertkit.dashboards.page import Dashboard, page
from alertkit.dashboards.panels import Stat, TimeSeries, Visual
from alertkit.dashboards.parts import firing_among, selector, service_panels
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words
from alertkit.model.pack import View
from alertkit.model.rules import RecordingRule
from alertkit.model.tenant import PackUse

FIGURES = 6
"""Figures in a line; what a pack records beyond is drawn below alone."""


def view(name: View, context: ViewContext, words: Words, title: str, description: str) -> Dashboard | None:
    """The dashboard of the packs that ask for it; None when the tenant uses none."""
    uses = context.uses_for(name)
    alerts = sorted({alert.alert for use in uses for alert in context.alerts_of(use)})
    rows = [row for use in uses for row in _rows(use, context, words)]
    if rows and alerts:
        rows.insert(0, Row(key="now", panels=firing_among(alerts, context, words)))
    return page(name, context, rows, title, description)


def _rows(use: PackUse, context: ViewContext, words: Words) -> Iterator[Row]:
    records, key = context.records_of(use), f"{use.service}/{use.pack}"
    shown = [*_figures(key, records, context, words), *service_panels(context.alerts_of(use), records, context)]
    if shown:
        yield Row(key=key, title=f"{words(use.title)} · {use.service}", panels=shown)


def _figures(key: str, records: tuple[RecordingRule, ...], context: ViewContext, words: Words) -> Iterator[Visual]:
    """The newest value of what has one series, with its course behind it."""
    for record in [record for record in records if is_one_series(record, context)][:FIGURES]:
        yield Stat(
            key=f"figure/{key}/{record.record}",
            title=_title(record, context, words),
            description=words("The newest value of {series}.", series=f"`{record.record}`"),
            targets=[Query(expr=selector(record.record, record.labels), legend=_title(record, context, words))],
            unit=units.of_series(record.record),
            base=panels.BLUE,
            graph=True,
        )


def against_last_week(record: RecordingRule, context: ViewContext, words: Words) -> TimeSeries:
    """A recorded series and, dashed, what it was seven days before."""
    expr = selector(record.record, record.labels)
    named = context.legends.of(record.expr)
    before = " · ".join(filter(None, [named, words("Last week")]))
    return TimeSeries(
        key=f"week/{expr}",
        title=_title(record, context, words),
        description=words("This week, and dashed the week before."),
        targets=[
            Query(expr=expr, legend=named or words("This week"), refId="A"),
            Query(expr=f"{expr} offset 7d", legend=before, refId="B"),
        ],
        overrides=[panels.override_query("B", custom__lineStyle={"fill": "dash", "dash": [8, 8]}, custom__fillOpacity=0)],
        unit=units.of_series(record.record),
        width=12,
        since="7d",
    )


def is_one_series(record: RecordingRule, context: ViewContext) -> bool:
    """Whether its expression can return one series only."""
    return context.legends.of(record.expr) == ""


def _title(record: RecordingRule, context: ViewContext, words: Words) -> str:
    return words.choose(context.titles.get(record.record, {})) or readable(record.record)


def readable(series: str) -> str:
    """The middle of a recorded name as words: `service:http_requests:rate5m` is `http requests`."""
    parts = series.split(":")
    return (parts[1] if len(parts) == 3 else series).replace("_", " ")
