from __future__ import annotations

import grafanalib.core as grafana
import pytest
from grafanalib.core import Template, Templating

from alertkit.dashboards.normalise import normalise, panels

SOURCE = {"type": "prometheus", "uid": "prom"}


def plain_dashboard(**more):
    """What somebody who only knows grafanalib writes: no ids, no places, old thresholds, strings for data sources."""
    return grafana.Dashboard(
        title="Plain",
        panels=[
            grafana.TimeSeries(
                title="Lines", dataSource="default", targets=[grafana.Target(expr="up"), grafana.Target(expr="down", refId="A")]
            ),
            grafana.Stat(title="Figure", targets=[grafana.Target(expr="sum(up)", instant=True)]),
            grafana.Stat(
                title="Thresholds",
                targets=[grafana.Target(expr="up")],
                thresholds=[
                    grafana.Threshold("green", 0, 0.0),
                    grafana.Threshold("red", 2, 9.0),
                    grafana.Threshold("orange", 1, 5.0),
                ],
            ),
            grafana.RowPanel(
                title="Closed", collapsed=True, panels=[grafana.TimeSeries(title="Inside", targets=[grafana.Target(expr="up")])]
            ),
            grafana.Text(title="Words", content="hello"),
        ],
        templating=Templating(
            list=[
                Template(name="job", query="label_values(up, job)", dataSource="default", includeAll=True, default="$__all"),
                Template(name="step", query="1m,5m", type="custom", default="1m"),
            ]
        ),
        annotations=grafana.Annotations(list=[{"name": "Deploys", "expr": "deploys", "enable": True}]),
        **more,
    )


@pytest.fixture
def body():
    return normalise(plain_dashboard(), "prom", (11, 6))


def find(body, title):
    return next(p for p in panels(body) if p["title"] == title)


def nulls(value, path=()):
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from nulls(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from nulls(item, path)


def test_nothing_is_null_but_the_base_of_thresholds(body):
    assert {path[-3:] for path in nulls(body)} == {("thresholds", "steps", "value")}


def test_normalising_twice_changes_nothing(body):
    assert normalise(body, "prom", (11, 6)) == body


def test_no_key_of_old_grafana_is_left(body):
    old = {"__inputs", "rows", "style", "hideControls", "sharedCrosshair", "gnetId", "id", "version"}
    assert not old & set(body)
    assert not {"metric", "step", "target", "query"} & set(find(body, "Lines")["targets"][0])
    assert not {"useTags", "tagsQuery", "tagValuesQuery"} & set(body["templating"]["list"][0])


def test_queries_run_at_full_resolution(body):
    assert all(target["intervalFactor"] == 1 for p in panels(body) for target in p.get("targets", ()))


def test_every_query_has_its_own_letter_and_asks_for_a_range_or_an_instant(body):
    assert [t["refId"] for t in find(body, "Lines")["targets"]] == ["B", "A"]
    assert [(t["instant"], t["range"]) for t in find(body, "Lines")["targets"]] == [(False, True)] * 2
    assert [(t["instant"], t["range"]) for t in find(body, "Figure")["targets"]] == [(True, False)]


def test_data_sources_are_objects_everywhere(body):
    assert all(p["datasource"] == SOURCE for p in panels(body) if "targets" in p)
    assert all(t["datasource"] == SOURCE for p in panels(body) for t in p.get("targets", ()))
    assert body["templating"]["list"][0]["datasource"] == SOURCE
    assert body["annotations"]["list"][1]["datasource"] == SOURCE


def test_a_data_source_that_is_named_by_uid_is_kept():
    other = {"type": "alertmanager", "uid": "am"}
    panel = grafana.Stat(title="Other", dataSource=other, targets=[grafana.Target(expr="up", datasource=other)])
    body = normalise(grafana.Dashboard(title="D", panels=[panel]), "prom", (10, 4))
    assert body["panels"][0]["datasource"] == body["panels"][0]["targets"][0]["datasource"] == other


def test_thresholds_ascend_from_a_base_without_a_value(body):
    steps = find(body, "Thresholds")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"color": "green", "value": None}, {"color": "orange", "value": 5.0}, {"color": "red", "value": 9.0}]


def test_a_panel_that_says_nothing_of_thresholds_is_green(body):
    assert find(body, "Figure")["fieldConfig"]["defaults"]["thresholds"]["steps"] == [{"color": "green", "value": None}]


def test_every_panel_has_an_id_of_its_own_and_a_place(body):
    ids = [p["id"] for p in panels(body)]
    assert len(ids) == len(set(ids)) == 6
    assert all(set(p["gridPos"]) == {"h", "w", "x", "y"} for p in panels(body))


def test_ids_and_places_that_are_given_are_kept():
    panel = grafana.Stat(title="Mine", id=7, gridPos=grafana.GridPos(h=3, w=5, x=2, y=1))
    body = normalise(grafana.Dashboard(title="D", panels=[panel, grafana.Stat(title="Next")]), "prom", (10, 4))
    assert body["panels"][0]["id"] == 7
    assert body["panels"][1]["gridPos"]["y"] == 4


def test_query_variables_are_read_again_when_the_time_changes(body):
    job, step = body["templating"]["list"]
    assert (job["refresh"], job["definition"]) == (2, "label_values(up, job)")
    assert job["current"] == {"selected": True, "text": "All", "value": "$__all"}
    assert step["current"]["value"] == "1m"


def test_grafanas_own_annotations_are_there_once(body):
    assert [a["name"] for a in body["annotations"]["list"]] == ["Annotations & Alerts", "Deploys"]
