"""The technical view: what fires, each service's alerts against their thresholds, and the tenant's recorded series."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alertkit import names
from alertkit.dashboards import EXAMPLE, Dashboard, Row, ViewContext, Words, offenders, page, parts
from alertkit.dashboards.slo_series import SLOTH
from alertkit.model.rules import AlertingRule, RecordingRule, Rule

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
    alerts: dict[str, list[AlertingRule]] = {service.name: [] for service in context.services}
    records: dict[str, list[RecordingRule]] = {}
    for alert in filter(_stands_here(context), context.alerts()):
        alerts.setdefault(alert.labels.get(names.LABEL_SERVICE, ""), []).append(alert)
    for record in filter(_stands_here(context), context.records()):
        records.setdefault(record.labels.get(names.LABEL_SERVICE, ""), []).append(record)
    for service in dict.fromkeys([*alerts, *records]):
        own = alerts.get(service, [])
        nearest = offenders.closest(service, own, context, words)
        panels = [*nearest, *parts.service_panels(own, records.get(service, []), context)]
        if service and panels:
            yield Row(key=f"service/{service}", title=service, panels=panels)
    if rest := parts.service_panels(alerts.get("", []), records.get("", []), context):
        yield Row(key="recorded", title=words("Recorded series"), panels=rest)


def _stands_here(context: ViewContext) -> Callable[[Rule], bool]:
    """SLOs have a view of their own, and what a detection records is part of its alert's panel."""
    slos = {names.LABEL_SLO, SLOTH[1]} if "slo" in context.views else set()
    elsewhere = {AlertingRule: slos, RecordingRule: {*slos, names.LABEL_DETECTION}}
    return lambda rule: elsewhere[type(rule)].isdisjoint(rule.labels)


dashboard = build(EXAMPLE)
