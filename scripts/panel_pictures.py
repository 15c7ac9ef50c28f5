"""Panels as HTML and SVG, in Grafana's manner, from their JSON and a Prometheus that answers their queries."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html import escape
from typing import Any

import made_history
from line_pictures import timeseries
from live_prometheus import Prometheus
from panel_values import Json, colour, defaults, name_of, overridden, shown, span, stamp

CELL, GAP = 34, 6
STYLE = """
body{margin:0;background:#111217;color:#ccccdc;font:13px Inter,"Helvetica Neue",Arial,sans-serif}
h1{font-size:20px;font-weight:500;margin:14px 16px 2px} .about{margin:0 16px 10px;color:#8e8e9b}
.grid{position:relative;margin:0 10px} .panel{position:absolute;background:#181b1f;border:1px solid #25272e;border-radius:3px;overflow:hidden}
.panel>b{display:block;font-weight:500;padding:7px 10px 2px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.panel>b i{float:right;font-style:normal;color:#7f8290;font-weight:400;font-size:11px}
.row{position:absolute;font-weight:500;padding:8px 4px;font-size:14px} .legend{position:absolute;bottom:5px;left:10px;right:10px;
font-size:11px;color:#a7a8b2;height:16px;overflow:hidden;white-space:nowrap} .legend span{margin-right:14px} .legend u{display:inline-block;width:12px;height:3px;margin:0 5px 3px 0}
table{width:calc(100% - 16px);margin:2px 8px;border-collapse:collapse} th{text-align:left;color:#6e9fff;font-weight:500;padding:5px 8px;border-bottom:1px solid #2c2f36}
td{padding:5px 8px;border-bottom:1px solid #22252b} text{font:11px Inter,Arial,sans-serif;fill:#9a9ba7}
"""


class Answers:
    """Asks the queries of panels as Grafana would, at one moment."""

    def __init__(self, server: Prometheus, now: int, step: int) -> None:
        self._server, self.now, self._step = server, now, step

    def of(self, panel: Json, since: int) -> Iterator[tuple[Json, Json]]:
        """Each series with the target that returned it; `values` of all of them are pairs of time and number."""
        for target in panel.get("targets", ()):
            expr = target["expr"].replace("$__rate_interval", f"{4 * self._step}s").replace("$__range", f"{since}s")
            if target.get("instant"):
                found = made_history.values(self._server, expr, made_history.Span(self.now, self.now, self._step))
            else:
                step = max(self._step, since // 400 // self._step * self._step)
                step = max(step, span(panel["interval"])) if panel.get("interval") else step
                found = made_history.values(self._server, expr, made_history.Span(self.now - since, self.now, step))
            for series in found:
                yield target, {**series, "values": [(float(at), float(value)) for at, value in series["values"]]}


def html(dashboard: Json, answers: Answers, width: int) -> tuple[str, int]:
    """The whole page and its height in pixels."""
    unit = (width - 20) / 24
    parts, bottom = [], 0
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        box = f"left:{place['x'] * unit:.0f}px;top:{place['y'] * (CELL + 4)}px"
        bottom = max(bottom, (place["y"] + place["h"]) * (CELL + 4))
        if panel["type"] == "row":
            parts.append(f'<div class="row" style="{box}">{"▸" if panel["collapsed"] else "▾"} {escape(panel["title"])}</div>')
            continue
        w, h = int(place["w"] * unit) - GAP, place["h"] * (CELL + 4) - GAP
        since = span(panel.get("timeFrom") or "24h")
        series = list(answers.of(panel, since))
        note = f"<i>{panel['timeFrom']}</i>" if panel.get("timeFrom") else ""
        body = KINDS[panel["type"]](panel, series, w, h - 28, answers.now, since) if series else nothing(panel, h)
        parts.append(
            f'<div class="panel" style="{box};width:{w}px;height:{h}px"><b>{escape(panel["title"])}{note}</b>{body}</div>'
        )
    head = f"<h1>{escape(dashboard['title'])}</h1><div class=about>{escape(dashboard['description'])}</div>"
    page = f'<!doctype html><meta charset=utf-8><style>{STYLE}</style>{head}<div class="grid">{"".join(parts)}</div>'
    return page, bottom + 80


def nothing(panel: Json, height: int) -> str:
    words = defaults(panel).get("noValue", "No data")
    return f'<div style="text-align:center;padding-top:{height // 2 - 50}px;color:#8e8e9b">{escape(words)}</div>'


def stat(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    config, options = defaults(panel), panel["options"]
    cells = []
    for target, series in found[:6]:
        text, tint = shown(series["values"][-1][1], config, now)
        extra = overridden(panel, target, name_of(target, series))
        tint = colour(extra["color"]["fixedColor"]) if "color" in extra else tint
        named = options["textMode"] == "value_and_name" or len(found) > 1
        back = f"background:{tint}" if options["colorMode"] == "background" else f"color:{tint}"
        label = (
            f'<div style="font-size:12px;color:#ccccdc">{escape(extra.get("displayName", name_of(target, series)))}</div>'
            if named
            else ""
        )
        size = min(34, int(w / len(found[:6]) / max(len(text), 3) * 1.5))
        spark = sparkline(series["values"], w, h // 2, tint) if options["graphMode"] == "area" else ""
        cells.append(
            f'<div style="flex:1;text-align:center;position:relative;{back};display:flex;flex-direction:column;justify-content:center">'
            f'{spark}{label}<div style="font-size:{size}px;font-weight:500;z-index:1">{escape(text)}</div></div>'
        )
    return f'<div style="display:flex;height:{h}px">{"".join(cells)}</div>'


def sparkline(values: list[tuple[float, float]], w: int, h: int, tint: str) -> str:
    low, high = min(v for _, v in values), max(v for _, v in values)
    first, last = values[0][0], max(values[-1][0], values[0][0] + 1)
    points = [((t - first) / (last - first) * w, h - 2 - (v - low) / ((high - low) or 1) * (h - 6)) for t, v in values]
    line = " ".join(f"{x:.0f},{y:.1f}" for x, y in points)
    return (
        f'<svg width="{w}" height="{h}" style="position:absolute;left:0;bottom:0"><polygon points="0,{h} {line} {w},{h}" '
        f'fill="{tint}" opacity=".18"/><polyline points="{line}" fill="none" stroke="{tint}" stroke-width="1.5"/></svg>'
    )


def bargauge(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    config = defaults(panel)
    top = config.get("max") or max(s["values"][-1][1] for _, s in found) or 1
    rows = []
    size = min(38, (h - 10) // len(found))
    for target, series in found:
        value = series["values"][-1][1]
        text, tint = shown(value, config, now)
        share = max(0.0, min(1.0, value / top)) * 100
        rows.append(
            f'<div style="display:flex;align-items:center;height:{size}px;padding:0 10px"><div style="width:42%;overflow:hidden;white-space:nowrap;'
            f'text-overflow:ellipsis">{escape(name_of(target, series))}</div><div style="flex:1;background:#22252b;height:{max(size - 14, 8)}px">'
            f'<div style="width:{share:.0f}%;height:100%;background:{tint};opacity:.8"></div></div>'
            f'<div style="width:70px;text-align:right;color:{tint}">{escape(text)}</div></div>'
        )
    return "".join(rows)


def state_timeline(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    config, left = defaults(panel), min(330, w // 3)
    size = min(30, (h - 34) / len(found))
    step = min((b - a for _, s in found for (a, _), (b, _) in itertools.pairwise(s["values"])), default=since / 150)
    parts = []
    for row, (target, series) in enumerate(found):
        y = 4 + row * size
        parts.append(
            f'<text x="{left - 8}" y="{y + size / 2 + 4:.1f}" text-anchor="end">{escape(name_of(target, series))}</text>'
        )
        for t, v in series["values"]:
            wide = step / since * (w - left - 12) + 0.7
            tint = shown(v, config, now)[1]
            parts.append(
                f'<rect x="{left + (t - now + since) / since * (w - left - 12):.1f}" y="{y:.1f}" width="{wide:.1f}" '
                f'height="{size * 0.85:.1f}" fill="{tint}" opacity=".85"/>'
            )
    for i in range(6):
        moment = now - since + since * (i + 0.5) / 6
        parts.append(
            f'<text x="{left + (i + 0.5) / 6 * (w - left - 12):.0f}" y="{h - 14}" text-anchor="middle">{stamp(moment, since)}</text>'
        )
    return f'<svg width="{w}" height="{h}">{"".join(parts)}</svg>'


def table(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    organise = next(t["options"] for t in panel["transformations"] if t["id"] == "organize")
    names = {key: organise["renameByName"][key] for key in sorted(organise["indexByName"], key=organise["indexByName"].get)}
    rows: dict[tuple[str, ...], Json] = {}
    for target, series in found:
        column = f"Value #{target['refId']}" if f"Value #{target['refId']}" in names else "Value"
        key = tuple(series["metric"].get(label, "") for label in names)
        rows.setdefault(key, dict(series["metric"]))[column] = series["values"][-1][1]
    properties = {
        o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]} for o in panel["fieldConfig"]["overrides"]
    }
    sort = panel["options"]["sortBy"]
    lines = list(rows.values())
    if sort:
        column = next(key for key, name in names.items() if name == sort[0]["displayName"])
        lines.sort(key=lambda line: line.get(column, 0), reverse=sort[0]["desc"])
    head = "".join(f"<th>{escape(name)}</th>" for name in names.values())
    body = "".join(
        "<tr>"
        + "".join(cell(line.get(key, ""), {**defaults(panel), **properties.get(name, {})}, now) for key, name in names.items())
        + "</tr>"
        for line in lines[: int((h - 30) // 28)]
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def cell(value: Any, config: Json, now: int) -> str:
    if isinstance(value, float):
        text, tint = shown(value, config, now)
    else:
        text, tint = str(value), ""
        for mapping in config.get("mappings", ()):
            if text in mapping["options"]:
                tint, text = colour(mapping["options"][text]["color"]), mapping["options"][text]["text"]
    tint = tint if config.get("custom.cellOptions", {}).get("type") == "color-text" else ""
    link = "color:#6e9fff" if "links" in config else f"color:{tint}" if tint else ""
    return f'<td style="{link}">{escape(text)}</td>'


KINDS = {"stat": stat, "timeseries": timeseries, "bargauge": bargauge, "state-timeline": state_timeline, "table": table}
