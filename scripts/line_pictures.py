"""Panels with lines or bars over time, as SVG."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from panel_values import Json, at_threshold, colour, defaults, name_of, number, overridden, stamp

PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a"]
Points = list[tuple[float, float]]


class Line(NamedTuple):
    """One series as it is drawn."""

    name: str
    tint: str
    dashed: bool
    values: Points


class Axes:
    """Where moments and values stand in a picture of so many pixels."""

    left, top = 62, 8

    def __init__(self, reach: tuple[float, float], size: tuple[int, int], now: int, since: int) -> None:
        self.low, self.high = reach
        self.now, self.since = now, since
        self.width, self.height = size[0] - self.left - 12, size[1] - self.top - 46

    def x(self, moment: float) -> float:
        return self.left + (moment - self.now + self.since) / self.since * self.width

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.top + self.height - (inside - self.low) / (self.high - self.low) * self.height

    def across(self, value: float, style: str) -> str:
        """A line from side to side."""
        y = f"{self.y(value):.1f}"
        return f'<line x1="{self.left}" x2="{self.left + self.width}" y1="{y}" y2="{y}" {style}/>'


def timeseries(panel: Json, found: list[tuple[Json, Json]], w: int, h: int, now: int, since: int) -> str:
    axes, custom = Axes(reach(panel, found), (w, h), now, since), defaults(panel)["custom"]
    lines = [drawn(panel, at, target, series) for at, (target, series) in enumerate(found)]
    body = bars(lines, axes) if custom["drawStyle"] == "bars" else curves(lines, axes, custom["fillOpacity"])
    parts = "".join([*grid(defaults(panel), axes), *moments(axes), *thresholds(defaults(panel), axes), *body])
    legend = "".join(f'<span><u style="background:{line.tint}"></u>{escape(line.name)}</span>' for line in lines)
    return f'<svg width="{w}" height="{h}">{parts}</svg><div class="legend">{legend}</div>'


def reach(panel: Json, found: list[tuple[Json, Json]]) -> tuple[float, float]:
    """The least and the largest value that the axis shows."""
    config, custom = defaults(panel), defaults(panel)["custom"]
    every = [value for _, series in found for _, value in series["values"] if value == value]
    low, high = min([*every, custom.get("axisSoftMin", every[0])]), max([*every, custom.get("axisSoftMax", every[0])])
    if custom["stacking"]["mode"] == "normal":
        low, high = 0, stacked(series["values"] for _, series in found)
    low, high = config.get("min", low), config.get("max", high)
    if high - low < 1e-12:
        low, high = min(low - abs(low) * 0.1, 0), high + abs(high) * 0.1 + (high == 0)
    return low, high + (high - low) * (0 if "max" in config else 0.05)


def stacked(found: Iterable[Points]) -> float:
    """The height of the tallest stack."""
    sums: dict[float, float] = {}
    for moment, value in itertools.chain.from_iterable(found):
        sums[moment] = sums.get(moment, 0) + value
    return max(sums.values())


def drawn(panel: Json, at: int, target: Json, series: Json) -> Line:
    """A series with its name and colour, which overrides may give it."""
    config, name = defaults(panel), name_of(target, series)
    extra, tint = overridden(panel, target, name), PALETTE[at % len(PALETTE)]
    if "color" in extra:
        tint = colour(extra["color"]["fixedColor"])
    elif config["color"]["mode"] == "thresholds":
        tint = at_threshold(config["thresholds"]["steps"], series["values"][-1][1])
    return Line(extra.get("displayName", name), tint, "custom.lineStyle" in extra, series["values"])


def grid(config: Json, axes: Axes) -> Iterator[str]:
    """A line and its value for each tick."""
    close = config.get("unit") == "percentunit" and axes.high - axes.low < 0.02
    for tick in ticks(axes.low, axes.high):
        if config.get("decimals") == 0 and tick != int(tick):
            continue
        text = number(tick, config.get("unit", "short"), 2 if close else None, axes.now)
        yield axes.across(tick, 'stroke="#26282e"')
        yield f'<text x="{axes.left - 6}" y="{axes.y(tick) + 4:.1f}" text-anchor="end">{text}</text>'


def moments(axes: Axes) -> Iterator[str]:
    """Five moments below the picture."""
    for i in range(5):
        moment = axes.now - axes.since + axes.since * (i + 0.5) / 5
        place = f'x="{axes.x(moment):.0f}" y="{axes.top + axes.height + 15}"'
        yield f'<text {place} text-anchor="middle">{stamp(moment, axes.since)}</text>'


def thresholds(config: Json, axes: Axes) -> Iterator[str]:
    """Areas between thresholds and lines on them, as the panel's style asks."""
    mode, steps = config["custom"]["thresholdsStyle"]["mode"], config["thresholds"]["steps"]
    for i, step in enumerate(steps) if mode != "off" else ():
        value = axes.low if step["value"] is None else step["value"]
        above = steps[i + 1]["value"] if i + 1 < len(steps) else axes.high
        tint = colour(step["color"])
        if "area" in mode and tint != "transparent" and above > axes.low:
            place = f'x="{axes.left}" width="{axes.width}" y="{axes.y(above):.1f}"'
            yield f'<rect {place} height="{max(axes.y(value) - axes.y(above), 0):.1f}" fill="{tint}" opacity=".12"/>'
        if step["value"] is not None and axes.low <= value <= axes.high:
            line = tint if tint != "transparent" else colour(steps[i - 1]["color"])
            dashes = ' stroke-dasharray="8 5"' if "dash" in mode else ""
            yield axes.across(value, f'stroke="{line}" stroke-width="1.5"{dashes}')


def bars(lines: list[Line], axes: Axes) -> Iterator[str]:
    """Each line's bars upon those of the lines before."""
    base = dict.fromkeys([moment for line in lines for moment, _ in line.values], 0.0)
    half = axes.width / max(len(base), 1) * 0.3
    for line in lines:
        for moment, value in line.values:
            start, end = max(axes.x(moment) - half, axes.left), min(axes.x(moment) + half, axes.left + axes.width)
            low, high = axes.y(base[moment]), axes.y(base[moment] + value)
            place = f'x="{start:.1f}" width="{end - start:.1f}" y="{high:.1f}" height="{low - high:.1f}"'
            yield f'<rect {place} fill="{line.tint}" opacity=".75"/>'
            base[moment] += value


def curves(lines: list[Line], axes: Axes, fill: int) -> Iterator[str]:
    """Lines, and what is below them filled so many percent."""
    floor = f"{axes.y(max(axes.low, 0)):.1f}"
    for line in lines:
        dashes = ' stroke-dasharray="8 6"' if line.dashed else ""
        for points in runs(line.values, axes.since):
            course = " ".join(f"{axes.x(moment):.1f},{axes.y(value):.1f}" for moment, value in points)
            if fill and not dashes:
                ends = f"{axes.x(points[0][0]):.1f},{floor} {course} {axes.x(points[-1][0]):.1f},{floor}"
                yield f'<polygon points="{ends}" fill="{line.tint}" opacity="{fill / 100}"/>'
            yield f'<polyline points="{course}" fill="none" stroke="{line.tint}" stroke-width="1.7"{dashes}/>'


def ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 4 or 1
    size = 10 ** len(str(int(1 / raw))) if raw < 1 else 1
    step = next(s for s in (x * y for y in [10.0**k / size for k in range(16)] for x in (1, 2, 2.5, 5)) if s >= raw)
    first = int(low / step) * step
    return [first + i * step for i in range(12) if low - 1e-12 <= first + i * step <= high + 1e-12]


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
