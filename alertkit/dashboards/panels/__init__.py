"""The panels that views are made of: grafanalib's, with what it lacks or gets wrong for today's Grafana.

A panel has a `key`, its name inside the dashboard, from which its id comes; a `width` in 24ths and a `height` in Grafana's
rows of 30 pixels, from which `layout.flow` makes its place; and a `unit`. Thresholds are (value, colour) pairs over a base
colour. `since` is a range of its own (`30d`), whatever the dashboard shows, and `step` the shortest step. A panel gives
its JSON in today's shape; its data source comes from `normalise`.
"""

from alertkit.dashboards.panels.fields import only, organise, override, override_query, range_mapping, value_mapping
from alertkit.dashboards.panels.figures import BarGauge, Histogram, Stat
from alertkit.dashboards.panels.lists import AlertList, Table, Text
from alertkit.dashboards.panels.over_time import Heatmap, StateTimeline, TimeSeries
from alertkit.dashboards.panels.visual import BLUE, GREEN, GREY, NONE, ORANGE, PURPLE, RED, Thresholds, Visual

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "NONE",
    "ORANGE",
    "PURPLE",
    "RED",
    "AlertList",
    "BarGauge",
    "Heatmap",
    "Histogram",
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
