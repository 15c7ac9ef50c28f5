"""What panels say of a value, a time and a series: words, colours, names."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

Json = dict[str, Any]
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


def span(text: str) -> int:
    """`6h` as seconds."""
    return int(text[:-1]) * {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}[text[-1]]


def defaults(panel: Json) -> Json:
    found: Json = panel["fieldConfig"]["defaults"]
    return found


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


def stamp(moment: float, since: int) -> str:
    """A moment as an axis over so many seconds writes it."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%H:%M" if since <= 2 * 86_400 else "%d %b")
