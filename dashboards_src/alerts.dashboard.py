"""The view of the alerts themselves: what fires, when each fired, which are noisy, and whether the way to people is whole."""

from __future__ import annotations

from alertkit import names
from alertkit.dashboards import EXAMPLE, Dashboard, Row, ViewContext, Words, delivery, page, parts
from alertkit.dashboards.alert_history import History
from alertkit.dashboards.layout import COLUMNS
from alertkit.dashboards.response import Response


def build(context: ViewContext) -> Dashboard | None:
    """The dashboard of a tenant's alerts; None when it has none."""
    words = Words(context.locale)
    rows = _rows(context, words) if any(True for _ in context.alerts()) else []
    description = words("What fires for {tenant}, what fired, and how often.", tenant=context.title)
    return page("alerts", context, rows, words("Alerts"), description)


def _rows(context: ViewContext, words: Words) -> list[Row]:
    history, firing = History(context, words), parts.firing_table(context, words)
    firing.width = COLUMNS
    rows = [
        Row(key="severities", panels=[*history.by_severity(), history.pending(), history.fires()]),
        Row(key="now", panels=[firing]),
        Row(key="history", title=words("History"), panels=[history.timeline(sum(1 for _ in context.alerts()))]),
        Row(key="noise", title=words("Noise"), panels=[history.noise(), history.by_day()]),
    ]
    if context.receiver_job:
        everyone = context.tenant == names.PLATFORM
        answers = Response(words, {} if everyone else {context.label: context.tenant})
        found = delivery.of_platform(words) if everyone else delivery.of_tenant(context, words)
        rows.insert(2, Row(key="response", title=words("Response"), panels=answers.panels()))
        rows.append(Row(key="delivery", title=words("Delivery"), panels=found))
    return rows


dashboard = build(EXAMPLE)
