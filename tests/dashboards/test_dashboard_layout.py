from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alertkit import names
from alertkit.dashboards.layout import COLUMNS, Row, flow
from alertkit.dashboards.panels import TimeSeries

sizes = st.lists(st.tuples(st.integers(1, COLUMNS), st.integers(1, 12)), max_size=12)
rows = st.lists(st.tuples(st.booleans(), st.booleans(), sizes), max_size=6)


def build(spec):
    return [
        Row(
            key=f"r{r}",
            title=f"Row {r}" if titled else "",
            collapsed=titled and collapsed,
            panels=[TimeSeries(key=f"{r}/{p}", title=f"{r}/{p}", width=w, height=h) for p, (w, h) in enumerate(sizes)],
        )
        for r, (titled, collapsed, sizes) in enumerate(spec)
    ]


def cells(panels):
    return [
        (c, line)
        for p in panels
        for c in range(p.gridPos.x, p.gridPos.x + p.gridPos.w)
        for line in range(p.gridPos.y, p.gridPos.y + p.gridPos.h)
    ]


def everything(panels):
    return [p for top in panels for p in (top, *getattr(top, "panels", ()))]


@given(rows)
def test_no_panel_lies_over_another_or_beyond_the_right_edge(spec):
    placed = flow(build(spec))
    for level in (placed, *(p.panels for p in placed if hasattr(p, "panels"))):
        covered = cells(level)
        assert len(covered) == len(set(covered))
        assert all(0 <= column < COLUMNS for column, _ in covered)


@given(rows)
def test_every_panel_is_placed_once_and_has_its_own_id(spec):
    placed = everything(flow(build(spec)))
    assert sorted(p.key for p in placed if hasattr(p, "key")) == sorted(panel.key for row in build(spec) for panel in row.panels)
    assert len({p.id for p in placed}) == len(placed)


@given(rows)
def test_panels_of_an_open_row_stand_beside_it_and_those_of_a_collapsed_row_inside(spec):
    for row in (p for p in flow(build(spec)) if hasattr(p, "panels")):
        assert bool(row.panels) == row.collapsed


def test_a_row_without_panels_leaves_no_title_behind():
    assert flow([Row(key="r", title="Nothing", panels=[])]) == []


def test_a_panel_keeps_its_id_when_others_come_before_it():
    alone = TimeSeries(key="alert/A")
    flow([Row(key="r", panels=[alone])])
    later = TimeSeries(key="alert/A")
    flow([Row(key="q", title="New", panels=[TimeSeries(key="alert/B")]), Row(key="r", panels=[later])])
    assert alone.id == later.id == names.panel_id("alert/A")


def test_two_panels_of_one_key_still_get_two_ids():
    panels = [TimeSeries(key="same"), TimeSeries(key="same")]
    flow([Row(key="r", panels=panels)])
    assert panels[0].id != panels[1].id
