"""A whole dashboard: title, uid, links and rows, normalised whoever asks for its JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attr
import grafanalib.core as grafana

from alertkit import names
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.layout import Row, flow
from alertkit.dashboards.normalise import normalise
from alertkit.dashboards.words import Words

TAG = "alertkit"
RANGE = grafana.Time("now-6h", "now")


@attr.s(auto_attribs=True, kw_only=True)
class Dashboard(grafana.Dashboard):
    """A grafanalib dashboard whose JSON is normalised, so that grafanalib's own generator writes the finished thing too."""

    context: ViewContext
    title: str
    description: str
    uid: str
    tags: list[str]
    links: list[Any]
    panels: list[Any]
    timezone: str
    time: Any = RANGE
    refresh: str = "1m"
    graphTooltip: int = grafana.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR  # noqa: N815 - grafanalib's name

    def to_json_data(self) -> dict[str, Any]:
        """The finished dashboard."""
        return normalise(super().to_json_data(), self.context.datasource, self.context.grafana)


def page(view: str, context: ViewContext, rows: Iterable[Row], title: str, description: str) -> Dashboard | None:
    """The dashboard of a view, or None when no row has a panel. `title` names the view in the tenant's language."""
    panels = flow(rows)
    if not panels:
        return None
    return Dashboard(
        context=context,
        title=_title(context, title),
        description=description,
        uid=names.dashboard_uid(context.tenant, view, context.environment),
        tags=[TAG, context.tenant, view],
        links=_links(context),
        panels=panels,
        timezone=context.timezone,
    )


def _title(context: ViewContext, title: str) -> str:
    environment = f" ({context.environment})" if context.environment else ""
    return f"{context.title} – {title}{environment}"


def _links(context: ViewContext) -> list[grafana.DashboardLink]:
    """The tenant's other dashboards, with the time range kept; Grafana finds them by their tags."""
    if len(context.views) < 2:
        return []
    words = Words(context.locale)
    return [
        grafana.DashboardLink(
            title=words("Dashboards"),
            type="dashboards",
            tags=[TAG, context.tenant],
            asDropdown=True,
            keepTime=True,
            includeVars=True,
        )
    ]
