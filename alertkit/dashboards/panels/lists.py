"""Panels to read: tables, Grafana's own list of alerts, text."""

from __future__ import annotations

import attr

from alertkit.dashboards.current import Json
from alertkit.dashboards.panels.visual import NONE, Visual, without_nulls


@attr.s(auto_attribs=True, kw_only=True)
class Table(Visual):
    """Rows and columns; `sort` is (column, descending). Transformations and overrides name, hide and colour columns."""

    kind = "table"
    width: int = 12
    color: str = "thresholds"
    base: str = NONE
    sort: tuple[str, bool] | None = None

    def custom(self) -> Json:
        """Plain cells; a column's colour is an override."""
        return {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}

    def options(self) -> Json:
        """A header and small cells."""
        return {
            "cellHeight": "sm",
            "frameIndex": 0,
            "showHeader": True,
            "sortBy": [{"displayName": self.sort[0], "desc": self.sort[1]}] if self.sort else [],
        }


@attr.s(auto_attribs=True, kw_only=True)
class AlertList(Visual):
    """Grafana's own list of alerts of a data source, restricted to instances with `labels` (matchers, `{tenant="acme"}`)."""

    kind = "alertlist"
    labels: str = ""
    limit: int = 20

    def options(self) -> Json:
        """Firing and pending, most severe first, one line per instance."""
        return {
            "alertInstanceLabelFilter": self.labels,
            "alertName": "",
            "dashboardAlerts": False,
            **without_nulls({"datasource": self.dataSource}),
            "groupBy": [],
            "groupMode": "default",
            "maxItems": self.limit,
            "showInactiveAlerts": False,
            "sortOrder": 3,
            "stateFilter": {
                "error": True,
                "firing": True,
                "noData": False,
                "normal": False,
                "pending": True,
                "recovering": False,
            },
            "viewMode": "list",
        }


@attr.s(auto_attribs=True, kw_only=True)
class Text(Visual):
    """Words in Markdown. Text of tenants must be escaped with `words.markdown` first."""

    kind = "text"
    content: str = ""

    def options(self) -> Json:
        """Markdown; Grafana sanitizes what it renders."""
        return {
            "code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False},
            "content": self.content,
            "mode": "markdown",
        }
