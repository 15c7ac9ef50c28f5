"""One way to today's classic dashboard JSON, from grafanalib's objects of any age and from plain JSON.

Grafana migrates old shapes in the browser, each time, and some wrongly. What is written here needs no migration: no nulls
(but a threshold's base), no keys of Grafana 4 to 7, full resolution, `{type, uid}` data sources, ids on every panel.
Normalising twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alertkit import names
from alertkit.dashboards import current
from alertkit.dashboards.current import Json
from alertkit.dashboards.layout import COLUMNS
from alertkit.dashboards.plain import plain
from alertkit.model.tenant import Version

_SCHEMAS: tuple[tuple[Version, int], ...] = (((12, 2), 42), ((11, 6), 41), ((10, 4), 39))
"""The schema that a Grafana of this version writes itself (DASHBOARD_SCHEMA_VERSION of its DashboardMigrator)."""

_DEAD = {
    "dashboard": ("__inputs", "gnetId", "hideControls", "id", "iteration", "rows", "sharedCrosshair", "style", "version"),
    "panel": (
        "cacheTimeout",
        "editable",
        "error",
        "height",
        "isNew",
        "minSpan",
        "pluginVersion",
        "renderer",
        "span",
        "thresholds",
    ),
    "target": ("metric", "query", "step", "target", "intervalFactor"),
    "variable": ("tagValuesQuery", "tags", "tagsQuery", "useTags", "auto", "auto_count", "auto_min"),
}
_BUILT_IN_ANNOTATION: Json = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}
_NOT_COPIED = frozenset({*_DEAD["dashboard"], "panels"})
_WITHOUT_SOURCE = frozenset({"row", "text", "dashlist", "news"})


def normalise(dashboard: Any, datasource: str, grafana: Version) -> Json:
    """The dashboard as plain, current JSON; `datasource` is the uid for every query that names none."""
    given = dashboard if isinstance(dashboard, dict) else dashboard.to_json_data()
    source = {"type": "prometheus", "uid": datasource}
    body = {key: plain(value) for key, value in given.items() if key not in _NOT_COPIED and value is not None}
    panels = [_panel(panel, source) for panel in given.get("panels") or () if panel is not None]
    _give_places(panels)
    _give_ids(panels)
    variables = [_variable(v, source) for v in body.get("templating", {}).get("list", [])]
    return {
        "description": "",
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "links": [],
        "liveNow": False,
        "refresh": "1m",
        "tags": [],
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "weekStart": "",
        **body,
        "annotations": {"list": _annotations(body.get("annotations", {}).get("list", []), source)},
        "editable": False,
        "panels": panels,
        "schemaVersion": schema_version(grafana),
        "templating": {"list": variables},
        "timepicker": {},
    }


def schema_version(grafana: Version) -> int:
    """The newest schema that this Grafana knows."""
    return next((schema for since, schema in _SCHEMAS if grafana >= since), _SCHEMAS[-1][1])


def panels(dashboard: Json) -> Iterator[Json]:
    """Every panel of a normalised dashboard, those of collapsed rows after their row."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def _panel(given: Any, source: Json) -> Json:
    """A panel with its data source. Our own are in today's shape but for that."""
    if getattr(given, "is_current", False):
        body: Json = given.to_json_data()
    else:
        body = _modern(plain(given))
    if body["type"] == "row":
        body["panels"] = [_panel(child, source) for child in body["panels"]]
    elif body["type"] not in _WITHOUT_SOURCE:
        _give_source(body, source)
    return body


def _modern(panel: Json) -> Json:
    """A panel of any age in today's shape."""
    if panel["type"] == "row":
        return _row(panel)
    body = {key: value for key, value in panel.items() if key not in _DEAD["panel"] and value not in ("", [], False)}
    config = panel.get("fieldConfig", {})
    body["fieldConfig"] = {
        "defaults": _field_defaults(config.get("defaults", {})),
        "overrides": [current.override(given) for given in config.get("overrides", [])],
    }
    body = {"title": "", "options": {}, **body}
    if "links" in body:
        body["links"] = [current.link(link) for link in body["links"]]
    if "targets" in body:
        body["targets"] = _targets(body["targets"])
    return body


def _row(panel: Json) -> Json:
    place = {"gridPos": panel["gridPos"]} if "gridPos" in panel else {}
    children = panel.get("panels", [])
    own = {"id": panel.get("id", 0), "title": panel.get("title", ""), "type": "row"}
    return {**place, **own, "collapsed": bool(children), "panels": children}


def _field_defaults(defaults: Json) -> Json:
    thresholds = defaults.get("thresholds") or {}
    fixed = {"mode": thresholds.get("mode", "absolute"), "steps": current.steps(thresholds.get("steps"))}
    return {**{key: value for key, value in defaults.items() if value != ""}, "thresholds": fixed}


def _targets(targets: list[Json]) -> list[Json]:
    free = current.references({target.get("refId") for target in targets})
    return [_target({**target, "refId": target.get("refId") or next(free)}) for target in targets]


def _target(target: Json) -> Json:
    body = {key: value for key, value in target.items() if key not in _DEAD["target"] and value not in ("", False)}
    instant = bool(target.get("instant"))
    return {**body, "editorMode": "code", "instant": instant, "intervalFactor": 1, "range": not instant}


def _give_source(panel: Json, source: Json) -> None:
    """Queries that name no data source ask the panel's, and that is the dashboard's where it names none."""
    panel["datasource"] = _source(panel.get("datasource"), source)
    for target in panel.setdefault("targets", []):
        target["datasource"] = _source(target.get("datasource"), panel["datasource"])


def _source(given: Any, source: Json) -> Json:
    """A data source as an object; a name stands for the dashboard's own, which is Prometheus."""
    if isinstance(given, dict) and given.get("uid"):
        return {"type": given.get("type", source["type"]), "uid": given["uid"]}
    return dict(source)


def _variable(variable: Json, source: Json) -> Json:
    body = {key: value for key, value in variable.items() if key not in _DEAD["variable"]}
    current = {key: value for key, value in body.get("current", {}).items() if key != "tags"}
    if current.get("value") == "$__all":
        current = {"selected": True, "text": "All", "value": "$__all"}
    body |= {"current": current if "value" in current else {}, "skipUrlSync": body.get("skipUrlSync", False)}
    if body["type"] == "query":
        body |= {"datasource": _source(body.get("datasource"), source), "definition": body["query"], "refresh": 2}
    return body


def _annotations(given: list[Json], source: Json) -> list[Json]:
    own = [a for a in given if not a.get("builtIn")]
    return [dict(_BUILT_IN_ANNOTATION), *({**a, "datasource": _source(a.get("datasource"), source)} for a in own)]


def _give_places(top: list[Json]) -> None:
    """Panels without a place go below all others, one under another; the views' own come placed by `layout.flow`."""
    y = max((p["gridPos"]["y"] + p["gridPos"]["h"] for p in top if "gridPos" in p), default=0)
    for panel in top:
        if "gridPos" not in panel:
            panel["gridPos"] = {"h": 1 if panel["type"] == "row" else 8, "w": COLUMNS, "x": 0, "y": y}
            y += panel["gridPos"]["h"]
        for child in panel.get("panels", ()):
            child.setdefault("gridPos", {"h": 8, "w": COLUMNS, "x": 0, "y": panel["gridPos"]["y"] + 1})


def _give_ids(top: list[Json]) -> None:
    everything = [p for panel in top for p in (panel, *panel.get("panels", ()))]
    taken = {p["id"] for p in everything if p.get("id")}
    for index, panel in enumerate(p for p in everything if not p.get("id")):
        panel["id"] = _free(names.panel_id(f"{panel['type']}/{panel['title']}/{index}"), taken)


def _free(panel_id: int, taken: set[int]) -> int:
    while panel_id in taken:
        panel_id += 1
    taken.add(panel_id)
    return panel_id
