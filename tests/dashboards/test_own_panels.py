"""Our own panels come in today's shape; the normaliser has nothing left to do but their data source."""

from __future__ import annotations

import grafanalib.core as grafana
import pytest

from alertkit.dashboards import EXAMPLE, PLATFORM, build_body, views
from alertkit.dashboards.normalise import normalise
from alertkit.dashboards.panels import TimeSeries
from alertkit.dashboards.targets import Query

SOURCE = {"type": "prometheus", "uid": "prom"}


def finished(panel):
    (body,) = normalise(grafana.Dashboard(title="D", panels=[panel]), "prom", (11, 6))["panels"]
    return body


@pytest.mark.parametrize("view", views())
def test_a_shipped_view_is_what_the_normaliser_would_make_of_it(view):
    body = build_body(view, PLATFORM if view == "fleet" else EXAMPLE)
    assert body is not None
    assert normalise(body, EXAMPLE.datasource, EXAMPLE.grafana) == body


def test_what_grafanalib_merges_in_is_normalised():
    body = finished(
        TimeSeries(key="k", title="Lines", extraJson={"cacheTimeout": "1m", "options": {"legend": {"calcs": ["max"]}}})
    )
    assert "cacheTimeout" not in body
    assert body["options"]["legend"]["calcs"] == ["max"]
    assert body["datasource"] == SOURCE


def test_grafanalibs_own_queries_on_our_panels_are_normalised():
    body = finished(TimeSeries(key="k", title="Lines", targets=[Query(expr="up"), grafana.Target(expr="down")]))
    assert [(target["refId"], target["intervalFactor"], target["datasource"]) for target in body["targets"]] == [
        ("A", 1, SOURCE),
        ("B", 1, SOURCE),
    ]


def test_every_query_has_its_own_letter_however_many_there_are():
    body = finished(
        TimeSeries(key="k", title="Lines", targets=[Query(expr="up", refId="B"), *(Query(expr="up") for _ in range(60))])
    )
    letters = [target["refId"] for target in body["targets"]]
    assert letters[:3] == ["B", "A", "C"]
    assert len(set(letters)) == 61


def test_thresholds_ascend_whatever_their_order():
    panel = TimeSeries(key="k", title="Lines", base="green", steps=((9, "red"), (5, "orange")))
    steps = finished(panel)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (5, "orange"), (9, "red")]
