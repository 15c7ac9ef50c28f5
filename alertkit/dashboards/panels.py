"""The panels that views are made of: grafanalib's, with what it lacks or gets wrong for today's Grafana.

A panel has a `key`, its name inside the dashboard, from which its id comes; a `width` in 24ths and a `height` in Grafana's
rows of 30 pixels, from which `layout.flow` makes its place; and a `unit`. Thresholds are (value, colour) pairs over a base
colour. `since` is a range of its own (`30d`), whatever the dashboard shows, and `step` the shortest step. What stays here is a
panel type's own options; `normalise` gives every panel its final shape.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attr
import grafanalib.core as grafana

from alertkit.dashboards.targets import Query

Json = dict[str, Any]
Thresholds = tuple[tuple[float, str], ...]

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"
NONE = "transparent"


@attr.s(auto_attribs=True, kw_only=True)
class Visual(grafana.Panel):
    """What all our panels share. Subclasses say their `kind`, their `options` and, if they draw, their `custom` field options."""

    kind: ClassVar[str]
    key: str
    title: str = ""
    description: str = ""
    targets: list[Query] = attr.ib(factory=list)
    links: list[Json] = attr.ib(factory=list)
    transformations: list[Json] = attr.ib(factory=list)
    gridPos: Any = None  # noqa: N815 - grafanalib's name
    id: int | None = None
    width: int = 8
    height: int = 8
    unit: str = "short"
    decimals: int | None = None
    least: float | None = None
    most: float | None = None
    base: str = GREEN
    steps: Thresholds = ()
    color: str = "thresholds"
    mappings: list[Json] = attr.ib(factory=list)
    overrides: list[Json] = attr.ib(factory=list)
    no_value: str = ""
    since: str = ""
    step: str = ""

    def options(self) -> Json:
        """The panel type's own options."""
        return {}

    def custom(self) -> Json:
        """How the panel type draws a field."""
        return {}

    def to_json_data(self) -> Json:
        """The panel as grafanalib hands it on: `extraJson` is merged in last."""
        steps = [{"color": self.base, "value": None}, *({"color": color, "value": value} for value, color in self.steps)]
        defaults = {
            "color": {"mode": self.color},
            "custom": self.custom(),
            "decimals": self.decimals,
            "mappings": self.mappings,
            "max": self.most,
            "min": self.least,
            "noValue": self.no_value or None,
            "thresholds": {"mode": "absolute", "steps": steps},
            "unit": self.unit,
        }
        own = {"type": self.kind, "fieldConfig": {"defaults": defaults, "overrides": self.overrides}, "options": self.options()}
        body: Json = self.panel_json({**own, "interval": self.step, "maxDataPoints": None, "timeFrom": self.since})
        return body


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
            "axisSoftMax": self.soft_most,
            "axisSoftMin": self.soft_least,
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
        """A header, small cells, no footer."""
        return {
            "cellHeight": "sm",
            "footer": {"countRows": False, "fields": "", "reducer": ["sum"], "show": False},
            "showHeader": True,
            "sortBy": [{"displayName": self.sort[0], "desc": self.sort[1]}] if self.sort else [],
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
            "spanNulls": False,
        }

    def options(self) -> Json:
        """Equal neighbours become one band; values are drawn where they fit."""
        return {
            "alignValue": "left",
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
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
            "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit},
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
            "datasource": self.dataSource,
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


def _reduction(calc: str, field: str) -> Json:
    return {"calcs": [calc], "fields": field, "values": False}


def override(field: str, **properties: Any) -> Json:
    """An override of the field with this name; `__` in a property's name stands for a dot: `custom__width=90`."""
    rules = [{"id": name.replace("__", "."), "value": value} for name, value in properties.items()]
    return {"matcher": {"id": "byName", "options": field}, "properties": rules}


def override_query(ref: str, **properties: Any) -> Json:
    """An override of everything that the query `ref` returns."""
    return {**override("", **properties), "matcher": {"id": "byFrameRefID", "options": ref}}


def value_mapping(names: dict[str, tuple[str, str]]) -> Json:
    """Value → (text, colour)."""
    options = {value: {"color": color, "index": i, "text": text} for i, (value, (text, color)) in enumerate(names.items())}
    return {"type": "value", "options": options}


def range_mapping(least: float, most: float, text: str, color: str) -> Json:
    """Values from `least` to `most` → text and colour."""
    return {"type": "range", "options": {"from": least, "to": most, "result": {"color": color, "index": 0, "text": text}}}


def organise(names: dict[str, str], hidden: tuple[str, ...] = ()) -> Json:
    """The transformation that names columns, in this order, and hides others."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "includeByName": {},
            "indexByName": {name: i for i, name in enumerate(names)},
            "renameByName": names,
        },
    }


def only(names: tuple[str, ...]) -> Json:
    """The transformation that keeps these columns."""
    return {"id": "filterFieldsByName", "options": {"include": {"names": list(names)}}}


__all__ = [
    "AlertList",
    "BarGauge",
    "Heatmap",
    "Histogram",
    "Query",
    "Stat",
    "StateTimeline",
    "Table",
    "Text",
    "Thresholds",
    "TimeSeries",
    "Visual",
    "only",
    "organise",
    "override",
    "override_query",
    "range_mapping",
    "value_mapping",
]
