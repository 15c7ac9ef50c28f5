"""Where panels stand: rows of panels that flow from left to right, 24 columns wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import attr
import grafanalib.core as grafana

from alertkit import names
from alertkit.dashboards.current import Json
from alertkit.dashboards.panels import Visual

COLUMNS = 24


@attr.s(auto_attribs=True, kw_only=True)
class Row:
    """Panels under a title; without a title they stand alone. A collapsed row asks for no data until it is opened."""

    key: str
    panels: Sequence[Visual]
    title: str = ""
    collapsed: bool = False


class Title(grafana.RowPanel):
    """The line above a row, in today's shape; in it are the panels of a collapsed row."""

    is_current: ClassVar[bool] = True

    def to_json_data(self) -> Json:
        """As grafanalib's own, without keys of old Grafana."""
        return {
            "collapsed": self.collapsed,
            "gridPos": self.gridPos.to_json_data(),
            "id": self.id,
            "panels": self.panels,
            "title": self.title,
            "type": "row",
        }


def flow(rows: Iterable[Row]) -> list[grafana.Panel]:
    """The dashboard's `panels`: every panel with its id and its place, none over another. Rows without panels are left out."""
    placed: list[grafana.Panel] = []
    taken: set[int] = set()
    y = 0
    for row in rows:
        if not row.panels:
            continue
        top = y + 1 if row.title else y
        y = _place(row.panels, top)
        for panel in row.panels:
            panel.id = _free_id(panel.key, taken)
        placed += [_title(row, top - 1, taken)] if row.title else []
        if row.collapsed:
            y = top
        else:
            placed += row.panels
    return placed


def _place(panels: Sequence[Visual], top: int) -> int:
    """Give each panel its place from `top` down; returns the first free line."""
    y = top
    for line in _lines(panels):
        x = 0
        for panel, width in zip(line, _widths(line), strict=True):
            panel.gridPos = grafana.GridPos(h=panel.height, w=width, x=x, y=y)
            x += width
        y += line[0].height
    return y


def _lines(panels: Sequence[Visual]) -> Iterator[list[Visual]]:
    """Panels of one height, as many as fit beside each other."""
    line: list[Visual] = []
    width = 0
    for panel in panels:
        if line and (panel.height != line[0].height or width + panel.width > COLUMNS):
            yield line
            line, width = [], 0
        line.append(panel)
        width += panel.width
    if line:
        yield line


def _widths(line: Sequence[Visual]) -> list[int]:
    """The panels' widths, with what is left of the line shared out: no line ends in a hole."""
    share, rest = divmod(COLUMNS - sum(panel.width for panel in line), len(line))
    return [panel.width + share + (at < rest) for at, panel in enumerate(line)]


def _title(row: Row, y: int, taken: set[int]) -> Title:
    hidden = list(row.panels) if row.collapsed else []
    place = grafana.GridPos(h=1, w=COLUMNS, x=0, y=y)
    return Title(title=row.title, collapsed=row.collapsed, panels=hidden, gridPos=place, id=_free_id(f"row/{row.key}", taken))


def _free_id(key: str, taken: set[int]) -> int:
    """The key's own id; a later panel whose id is taken already gets the next one."""
    panel_id = names.panel_id(key)
    while panel_id in taken:
        panel_id += 1
    taken.add(panel_id)
    return panel_id
