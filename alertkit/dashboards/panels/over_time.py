"""Panels with a time axis: lines, bands of states, buckets."""

from __future__ import annotations

import attr

from alertkit.dashboards.current import Json
from alertkit.dashboards.panels.visual import NONE, Visual, without_nulls


@attr.s(auto_attribs=True, kw_only=True)
class TimeSeries(Visual):
    """Lines over time. `marks` is how thresholds are drawn: off, line, dashed, area, line+area or dashed+area."""

    kind = "timeseries"
    color: str = "palette-classic"
    base: str = NONE
    marks: str = "off"
    draw: str = "line"
    interpolation: str = "linear"
    fill: int = 8
    stacked: bool = False
    log_base: int = 0
    soft_least: float | None = None
    soft_most: float | None = None
    calcs: tuple[str, ...] = ()

    def custom(self) -> Json:
        """Line, fill, axis and threshold style."""
        return {
            "axisBorderShow": False,
            "axisCenteredZero": False,
            "axisColorMode": "text",
            "axisLabel": "",
            "axisPlacement": "auto",
            **without_nulls({"axisSoftMax": self.soft_most, "axisSoftMin": self.soft_least}),
            "barAlignment": 0,
            "drawStyle": self.draw,
            "fillOpacity": self.fill,
            "gradientMode": "none",
            "hideFrom": {"legend": False, "tooltip": False, "viz": False},
            "lineInterpolation": self.interpolation,
            "lineWidth": 2 if self.draw == "line" else 1,
            "pointSize": 5,
            "scaleDistribution": {"type": "log", "log": self.log_base} if self.log_base else {"type": "linear"},
            "showPoints": "auto",
            "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if self.stacked else "none"},
            "thresholdsStyle": {"mode": self.marks},
        }

    def options(self) -> Json:
        """A legend below, with figures when `calcs` names some, and one tooltip for all lines."""
        mode = "table" if self.calcs else "list"
        return {
            "legend": {"calcs": list(self.calcs), "displayMode": mode, "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }


@attr.s(auto_attribs=True, kw_only=True)
class StateTimeline(Visual):
    """A band for each series, coloured by state; mappings or thresholds give states their colours and names."""

    kind = "state-timeline"
    width: int = 24
    merge: bool = True
    show_values: str = "auto"

    def custom(self) -> Json:
        """Filled bands without lines between states."""
        return {
            "fillOpacity": 80,
            "hideFrom": {"legend": False, "tooltip": False, "viz": False},
            "lineWidth": 0,
        }

    def options(self) -> Json:
        """Equal neighbours become one band; values are drawn where they fit."""
        return {
            "alignValue": "left",
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "mergeValues": self.merge,
            "rowHeight": 0.85,
            "showValue": self.show_values,
            "tooltip": {"mode": "single", "sort": "none"},
        }


@attr.s(auto_attribs=True, kw_only=True)
class Heatmap(Visual):
    """Counts in buckets over time, from a query of format heatmap whose legend is `{{le}}`; `unit` is that of the buckets."""

    kind = "heatmap"
    scheme: str = "Oranges"

    def custom(self) -> Json:
        """The axis is linear; buckets say their own bounds."""
        return {"hideFrom": {"legend": False, "tooltip": False, "viz": False}, "scaleDistribution": {"type": "linear"}}

    def options(self) -> Json:
        """Buckets come ready from Prometheus, so nothing is computed here."""
        return {
            "calculate": False,
            "cellGap": 1,
            "color": {
                "exponent": 0.5,
                "fill": "dark-orange",
                "mode": "scheme",
                "reverse": False,
                "scale": "exponential",
                "scheme": self.scheme,
                "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit},
        }
