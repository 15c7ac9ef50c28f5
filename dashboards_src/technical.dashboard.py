"""The technical view: what fires, each service's alerts against their thresholds, and the tenant's recorded series."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import names
from alertkit.dashboards import EXAMPLE, Dashboard, Row, ViewContext, Words, page, parts
from alertkit.dashboards.panels import Visual

OPEN_ROWS = 6
"""Rows beyond these start collapsed and ask for no data until they are opened."""


def build(context: ViewContext) -> Dashboard | None:
    """The technical dashboard of a tenant; None when it has no rules."""
    words = Words(context.locale)
    rows = list(_rows(context, words))
    if rows and any(True for _ in context.alerts()):
        rows.insert(0, Row(key="now", panels=[parts.firing_count(context, words), parts.firing_table(context, words)]))
    for row in rows[OPEN_ROWS:]:
        row.collapsed = True
    description = words("Alerts and recorded series of {tenant}, from its definition.", tenant=context.title)
    return page("technical", context, rows, words("Technical"), description)


def _rows(context: ViewContext, words: Words) -> Iterator[Row]:
    found: dict[str, list[Visual]] = {service.name: [] for service in context.services}
    for alert in context.alerts():
        found.setdefault(alert.labels.get(names.LABEL_SERVICE, ""), []).append(parts.alert_panel(alert, context, words))
    for record in context.records():
        found.setdefault(record.labels.get(names.LABEL_SERVICE, ""), []).append(parts.record_panel(record, context))
    rest = found.pop("", [])
    for service, panels in found.items():
        if panels:
            yield Row(key=f"service/{service}", title=service, panels=panels)
    if rest:
        yield Row(key="recorded", title=words("Recorded series"), panels=rest)


dashboard = build(EXAMPLE)
