"""Panels of newest values and of how values are spread: figures, bars, histograms."""

from __future__ import annotations

import attr

from alertkit.dashboards.current import Json
from alertkit.dashboards.panels.visual import Visual


@attr.s(auto_attribs=True, kw_only=True)
class Stat(Visual):
    """One large figure for each series. `graph` draws the course behind it; `text_mode` value_and_name adds its name."""

    kind = "stat"
    width: int = 4
    height: int = 4
    calc: str = "lastNotNull"
    color_mode: str = "value"
    graph: bool = False
    text_mode: str = "auto"
    field: str = ""

    def options(self) -> Json:
        """Reduction and looks."""
        return {
            "colorMode": self.color_mode,
            "graphMode": "area" if self.graph else "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "reduceOptions": _reduction(self.calc, self.field),
            "showPercentChange": False,
            "textMode": self.text_mode,
            "wideLayout": True,
        }


@attr.s(auto_attribs=True, kw_only=True)
class BarGauge(Visual):
    """One bar for each series, longest first if the query sorts; for top offenders."""

    kind = "bargauge"
    calc: str = "lastNotNull"
    mode: str = "gradient"

    def options(self) -> Json:
        """Horizontal bars with their values."""
        return {
            "displayMode": self.mode,
            "maxVizHeight": 300,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "auto",
            "orientation": "horizontal",
            "reduceOptions": _reduction(self.calc, ""),
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "color",
        }


@attr.s(auto_attribs=True, kw_only=True)
class Histogram(Visual):
    """How often each value occurs in the range that is shown."""

    kind = "histogram"
    color: str = "palette-classic"

    def custom(self) -> Json:
        """Filled bars with an edge."""
        return {
            "fillOpacity": 80,
            "gradientMode": "none",
            "hideFrom": {"legend": False, "tooltip": False, "viz": False},
            "lineWidth": 1,
        }

    def options(self) -> Json:
        """Grafana chooses the buckets; all series count together."""
        legend = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
        return {"bucketOffset": 0, "combine": True, "legend": legend, "tooltip": {"mode": "multi", "sort": "none"}}


def _reduction(calc: str, field: str) -> Json:
    return {"calcs": [calc], "fields": field, "values": False}
