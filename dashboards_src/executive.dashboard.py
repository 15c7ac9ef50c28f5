"""The executive view: whether objectives are met, how long the budgets last, and how the weeks compare, business included."""

from __future__ import annotations

from alertkit.dashboards import EXAMPLE, Dashboard, Row, ViewContext, Words, page
from alertkit.dashboards.alert_history import History
from alertkit.dashboards.layout import COLUMNS
from alertkit.dashboards.pack_parts import against_last_week
from alertkit.dashboards.slo_overview import Overview
from alertkit.dashboards.slo_series import SloSeries, of_tenant


def build(context: ViewContext) -> Dashboard | None:
    """The executive dashboard of a tenant; None when it has neither SLOs nor business figures."""
    words = Words(context.locale)
    rows = [*_objectives(tuple(of_tenant(context)), context, words), *_business(context, words)]
    description = words("Objectives, error budgets and business figures of {tenant}, week by week.", tenant=context.title)
    return page("executive", context, rows, words("Executive"), description)


def _objectives(found: tuple[SloSeries, ...], context: ViewContext, words: Words) -> list[Row]:
    if not found:
        return []
    every, counted = Overview(found, context, words), any(one.counts_events for one in found)
    table, bars = every.table(linked="slo" in context.views), every.bars()
    table.width, bars.width = COLUMNS, COLUMNS // 2
    return [
        Row(key="objectives", panels=[every.met(), every.lowest(), History(context, words).critical_fires()]),
        Row(key="every", panels=[table, bars, every.lasting()]),
        Row(key="weeks", title=words("Week by week"), panels=[every.trend(), *([every.by_week()] if counted else [])]),
    ]


def _business(context: ViewContext, words: Words) -> list[Row]:
    return [
        Row(
            key=f"business/{use.service}/{use.pack}",
            title=f"{words(use.title)} · {use.service}",
            panels=[against_last_week(record, context, words) for record in context.records_of(use)],
        )
        for use in context.uses_for("business")
    ]


dashboard = build(EXAMPLE)
