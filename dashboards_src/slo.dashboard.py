"""The SLO view: every SLO at once, then each with its objective, its budget, and its burn rate in every window."""

from __future__ import annotations

from alertkit.dashboards import EXAMPLE, Dashboard, Row, ViewContext, Words, page, slo_parts
from alertkit.dashboards.slo_overview import Overview
from alertkit.dashboards.slo_series import of_tenant

OPEN_ROWS = 4
"""SLOs beyond these start collapsed and ask for no data until they are opened."""


def build(context: ViewContext) -> Dashboard | None:
    """The SLO dashboard of a tenant; None when it has no SLOs."""
    words, found = Words(context.locale), tuple(of_tenant(context))
    rows = [
        Row(
            key=f"slo/{one.slo.name}",
            title=f"{one.slo.name} · {one.slo.service}",
            panels=[*slo_parts.figures(one, words), *slo_parts.curves(one, words)],
            collapsed=index >= OPEN_ROWS,
        )
        for index, one in enumerate(found)
    ]
    if rows:
        every = Overview(found, context, words)
        rows.insert(0, Row(key="every", panels=[every.table(), every.bars(), every.burning()]))
    description = words("Objectives, error budgets and burn rates of {tenant}.", tenant=context.title)
    return page("slo", context, rows, words("SLOs"), description)


dashboard = build(EXAMPLE)
