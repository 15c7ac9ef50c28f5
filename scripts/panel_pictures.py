"""Panels as HTML and SVG, in Grafana's manner, from their JSON and a Prometheus that answers their queries."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import made_history
from live_prometheus import Prometheus

Json = dict[str, Any]
CELL, GAP = 34, 6
COLOURS = {
    "green": "#73bf69",
    "dark-red": "#c4162a",
    "red": "#f2495c",
    "orange": "#ff9830",
    "yellow": "#fade2a",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "transparent": "transparent",
}
PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a"]
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


def span(text: str) -> int:
    """`6h` as seconds."""
    return int(text[:-1]) * {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}[text[-1]]


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


def defaults(panel: Json) -> Json:
    return panel["fieldConfig"]["defaults"]


def colour(name: str) -> str:
    return COLOURS.get(name, name)


def at_threshold(steps: list[Json], value: float) -> str:
    return colour([step["color"] for step in steps if step["value"] is None or value >= step["value"]][-1])


def name_of(target: Json, series: Json) -> str:
    metric = {k: v for k, v in series["metric"].items() if k != "__name__"}
    legend = target.get("legendFormat", "__auto")
    if legend == "__auto":
        return ", ".join(f"{k}={v}" for k, v in metric.items() if k not in ("tenant", "service")) or target["refId"]
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: metric.get(found[1], ""), legend)


def overridden(panel: Json, target: Json, name: str) -> Json:
    """The properties that overrides give a series by its name or its query."""
    found: Json = {}
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] in (name, target["refId"]):
            found |= {p["id"]: p["value"] for p in override["properties"]}
    return found


def shown(value: float, config: Json, now: float = 0) -> tuple[str, str]:
    """A value as text, and its colour ("" for the usual one)."""
    for mapping in config.get("mappings", ()):
        options = mapping["options"]
        if mapping["type"] == "range" and options["from"] <= value <= options["to"]:
            return options["result"]["text"], colour(options["result"]["color"])
        if mapping["type"] == "value" and f"{value:g}" in options:
            return options[f"{value:g}"]["text"], colour(options[f"{value:g}"]["color"])
    return number(value, config.get("unit", "short"), config.get("decimals"), now), at_threshold(
        config["thresholds"]["steps"], value
    )


def number(value: float, unit: str, decimals: int | None, now: float) -> str:
    if unit == "dateTimeFromNow":
        return f"{duration(now - value / 1000)} ago"
    if unit in ("s", "dtdurations"):
        return duration(value, decimals)
    if unit == "percentunit":
        return f"{value * 100:.{decimals if decimals is not None else 2 if abs(value) < 0.1 else 1}f}%"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            return f"{value / size:.2f} {letter}{SUFFIX.get(unit, '')}"
    digits = decimals if decimals is not None else 0 if value == int(value) else 2 if abs(value) < 100 else 1
    return f"{value:.{digits}f} {SUFFIX.get(unit, '')}".strip()


SUFFIX = {"cps": "c/s", "reqps": "req/s", "bytes": "B", "binBps": "B/s"}


def duration(seconds: float, decimals: int | None = 1) -> str:
    for size, word in ((604_800 * 52, "years"), (604_800, "weeks"), (86_400, "days"), (3_600, "hours"), (60, "min"), (1, "s")):
        if abs(seconds) >= size:
            return f"{seconds / size:.{decimals if decimals is not None else 1}f} {word}"
    return f"{seconds * 1000:.0f} ms" if seconds else "0 s"


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


def ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 4 or 1
    size = 10 ** len(str(int(1 / raw))) if raw < 1 else 1
    step = next(s for s in (x * y for y in [10.0**k / size for k in range(16)] for x in (1, 2, 2.5, 5)) if s >= raw)
    first = int(low / step) * step
    return [first + i * step for i in range(12) if low - 1e-12 <= first + i * step <= high + 1e-12]


def timeseries(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    config, custom = defaults(panel), defaults(panel)["custom"]
    steps = config["thresholds"]["steps"]
    every = [v for _, s in found for _, v in s["values"] if v == v]
    low = min([*every, *([custom["axisSoftMin"]] if "axisSoftMin" in custom else [])])
    high = max([*every, *([custom["axisSoftMax"]] if "axisSoftMax" in custom else [])])
    if custom["stacking"]["mode"] == "normal":
        sums: dict[float, float] = {}
        for _, s in found:
            for t, v in s["values"]:
                sums[t] = sums.get(t, 0) + v
        low, high = 0, max(sums.values())
    low, high = config.get("min", low), min(config.get("max", high), high) if high == low else config.get("max", high)
    if "max" in config:
        high = config["max"]
    if high - low < 1e-12:
        low, high = min(low - abs(low) * 0.1, 0), high + abs(high) * 0.1 + (high == 0)
    high += (high - low) * (0 if "max" in config else 0.05)
    left, top, bottom = 62, 8, 46
    width, height = w - left - 12, h - top - bottom

    def x(t: float) -> float:
        return left + (t - now + since) / since * width

    def y(v: float) -> float:
        return top + height - (min(max(v, low), high) - low) / (high - low) * height

    parts = []
    for tick in ticks(low, high):
        close = config.get("unit") == "percentunit" and high - low < 0.02
        if config.get("decimals") == 0 and tick != int(tick):
            continue
        text = number(tick, config.get("unit", "short"), 2 if close else None, now)
        parts.append(
            f'<line x1="{left}" x2="{left + width}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#26282e"/>'
            f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{text}</text>'
        )
    for i in range(5):
        moment = now - since + since * (i + 0.5) / 5
        stamp = dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%H:%M" if since <= 2 * 86_400 else "%d %b")
        parts.append(f'<text x="{x(moment):.0f}" y="{top + height + 15}" text-anchor="middle">{stamp}</text>')
    mode = custom["thresholdsStyle"]["mode"]
    for i, step in enumerate(steps) if mode != "off" else ():
        value = low if step["value"] is None else step["value"]
        above = steps[i + 1]["value"] if i + 1 < len(steps) else high
        tint = colour(step["color"])
        if "area" in mode and tint != "transparent" and above > low:
            parts.append(
                f'<rect x="{left}" width="{width}" y="{y(above):.1f}" height="{max(y(value) - y(above), 0):.1f}" fill="{tint}" opacity=".12"/>'
            )
        if step["value"] is not None and low <= value <= high:
            line = tint if tint != "transparent" else colour(steps[i - 1]["color"])
            dashes = ' stroke-dasharray="8 5"' if "dash" in mode else ""
            parts.append(
                f'<line x1="{left}" x2="{left + width}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{line}" stroke-width="1.5"{dashes}/>'
            )
    legend, base = [], dict.fromkeys([t for _, s in found for t, _ in s["values"]], 0.0)
    for i, (target, series) in enumerate(found):
        name = name_of(target, series)
        tint = PALETTE[i % len(PALETTE)]
        extra = overridden(panel, target, name)
        name = extra.get("displayName", name)
        if "color" in extra:
            tint = colour(extra["color"]["fixedColor"])
        elif config["color"]["mode"] == "thresholds":
            tint = at_threshold(steps, series["values"][-1][1])
        legend.append(f'<span><u style="background:{tint}"></u>{escape(name)}</span>')
        if custom["drawStyle"] == "bars":
            wide = width / max(len(base), 1) * 0.6
            for t, v in series["values"]:
                start = max(x(t) - wide / 2, left)
                parts.append(
                    f'<rect x="{start:.1f}" width="{min(x(t) + wide / 2, left + width) - start:.1f}" y="{y(base[t] + v):.1f}" '
                    f'height="{y(base[t]) - y(base[t] + v):.1f}" fill="{tint}" opacity=".75"/>'
                )
                base[t] += v
            continue
        dashes = ' stroke-dasharray="8 6"' if "custom.lineStyle" in extra else ""
        for points in runs(series["values"], since):
            line = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in points)
            if custom["fillOpacity"] and not dashes:
                ends = f"{x(points[0][0]):.1f},{y(max(low, 0)):.1f} {line} {x(points[-1][0]):.1f},{y(max(low, 0)):.1f}"
                parts.append(f'<polygon points="{ends}" fill="{tint}" opacity="{custom["fillOpacity"] / 100}"/>')
            parts.append(f'<polyline points="{line}" fill="none" stroke="{tint}" stroke-width="1.7"{dashes}/>')
    return f'<svg width="{w}" height="{h}">{"".join(parts)}</svg><div class="legend">{"".join(legend)}</div>'


def runs(values: list[tuple[float, float]], since: int) -> Iterator[list[tuple[float, float]]]:
    """The pieces between gaps."""
    piece: list[tuple[float, float]] = []
    for t, v in values:
        if piece and (t - piece[-1][0] > since / 30 or v != v):
            yield piece
            piece = []
        if v == v:
            piece.append((t, v))
    if piece:
        yield piece


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
        stamp = dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%H:%M" if since <= 2 * 86_400 else "%d %b")
        parts.append(f'<text x="{left + (i + 0.5) / 6 * (w - left - 12):.0f}" y="{h - 14}" text-anchor="middle">{stamp}</text>')
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
