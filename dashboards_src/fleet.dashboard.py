"""The platform's view over all tenants: who has alerts, whose budgets are short, which tenants are noisy, and delivery."""

from __future__ import annotations

from alertkit import names
from alertkit.dashboards import PLATFORM, Dashboard, Row, ViewContext, Words, delivery, page
from alertkit.dashboards.alert_history import History
from alertkit.dashboards.fleet_parts import Fleet
from alertkit.dashboards.response import Response


def build(context: ViewContext) -> Dashboard | None:
    """The fleet's dashboard; None for every tenant but the platform."""
    words = Words(context.locale)
    rows = _rows(context, words) if context.tenant == names.PLATFORM else []
    return page("fleet", context, rows, words("Fleet"), words("Alerts, error budgets and delivery over all tenants."))


def _rows(context: ViewContext, words: Words) -> list[Row]:
    fleet, history = Fleet(context, words), History(context, words, everyone=True)
    rows = [
        Row(key="severities", panels=[fleet.tenants(), *history.by_severity(), history.fires()]),
        Row(key="tenants", panels=[fleet.firing(), fleet.timeline()]),
        Row(key="budgets", title=words("Error budgets"), panels=[fleet.shortest(), fleet.burning()]),
        Row(key="noise", title=words("Noise"), panels=[history.noise(), history.by_day()]),
    ]
    if context.receiver_job:
        answers = Response(words, {})
        rows.insert(3, Row(key="response", title=words("Response"), panels=[*answers.by_tenant(), *answers.panels()]))
        rows.append(Row(key="delivery", title=words("Delivery"), panels=delivery.of_platform(words)))
    return rows


dashboard = build(PLATFORM)
