from __future__ import annotations

import copy
import json

import pytest

from alertkit.dashboards import build, check_dashboard, dead_links
from alertkit.dashboards.normalise import panels


@pytest.fixture
def good(acme):
    return json.loads(build("technical", acme))


def rule_of(findings):
    return {finding.split(":")[0] for finding in findings}


def spoil(path, value):
    def change(body):
        *way, last = path
        for step in way:
            body = body[step]
        body[last] = value

    return change


STAT, ROW, LINES = 0, 2, 4  # the panels of the first lines: stat, table, row, ranking, time series


SPOILT = {
    "long uid": ("dashboard-uid", spoil(["uid"], "u" * 41)),
    "illegal uid": ("dashboard-uid", spoil(["uid"], "bad uid")),
    "no title": ("dashboard-title", spoil(["title"], " ")),
    "editable": ("uneditable-dashboard", spoil(["editable"], True)),
    "id twice": ("panel-id", lambda body: spoil(["panels", STAT, "id"], body["panels"][LINES]["id"])(body)),
    "no id": ("panel-id", spoil(["panels", STAT, "id"], 0)),
    "over another": ("panel-place", spoil(["panels", LINES, "gridPos"], {"h": 9, "w": 9, "x": 0, "y": 0})),
    "above the top": ("panel-place", spoil(["panels", STAT, "gridPos"], {"h": 7, "w": 4, "x": 0, "y": -1})),
    "beyond the edge": ("panel-place", spoil(["panels", LINES, "gridPos"], {"h": 9, "w": 9, "x": 16, "y": 900})),
    "open row with children": ("row-children", lambda body: body["panels"][ROW]["panels"].append(free(body))),
    "no description": ("panel-title-description-rule", spoil(["panels", LINES, "description"], "")),
    "no unit": ("panel-units-rule", spoil(["panels", LINES, "fieldConfig", "defaults", "unit"], "")),
    "thresholds descend": ("panel-thresholds", lambda body: steps(body).append({"color": "red", "value": -1})),
    "threshold in words": ("panel-thresholds", lambda body: steps(body).append({"color": "red", "value": "null"})),
    "no query": ("panel-no-targets-rule", spoil(["panels", LINES, "targets"], [])),
    "same letter": (
        "target-ref-ids",
        lambda body: spoil(["panels", LINES, "targets"], body["panels"][LINES]["targets"] * 2)(body),
    ),
    "other source": ("panel-source", spoil(["panels", LINES, "targets", 0, "datasource", "uid"], "other")),
    "no matcher": ("target-tenant-matcher", spoil(["panels", LINES, "targets", 0, "expr"], "up")),
    "other tenant": ("target-tenant-matcher", spoil(["panels", LINES, "targets", 0, "expr"], 'up{tenant="globex"}')),
    "unknown variable": ("undefined-variable", spoil(["panels", LINES, "targets", 0, "legendFormat"], "$pod")),
    "unknown braced variable": ("undefined-variable", spoil(["panels", LINES, "targets", 0, "legendFormat"], "${pod:regex}")),
    "repeat over nothing": ("undefined-variable", spoil(["panels", LINES, "repeat"], "pod")),
}


def steps(body):
    return body["panels"][LINES]["fieldConfig"]["defaults"]["thresholds"]["steps"]


def free(body):
    child = copy.deepcopy(body["panels"][LINES])
    return {**child, "id": 5, "gridPos": {"h": 1, "w": 1, "x": 0, "y": 900}}


@pytest.mark.parametrize(("rule", "change"), SPOILT.values(), ids=SPOILT)
def test_each_mistake_is_found_under_its_name_and_no_other(good, acme, rule, change):
    change(good)
    assert rule_of(check_dashboard(good, acme)) == {rule}


def test_what_is_built_has_no_finding(good, acme):
    assert check_dashboard(good, acme) == []


def test_a_finding_names_its_panel(good, acme):
    good["panels"][LINES]["targets"][0]["expr"] = "up"
    (finding,) = check_dashboard(good, acme)
    assert "panel 'ErrorsHigh'" in finding
    assert "tenant='acme'" in finding


@pytest.mark.parametrize("text", ["$__rate_interval", "${__range}", "$", "a$", "$1", "100$ a year", '=~"a$|b$"'])
def test_grafanas_own_variables_and_plain_dollars_are_not_undefined(good, acme, text):
    good["panels"][LINES]["targets"][0]["legendFormat"] = text
    assert check_dashboard(good, acme) == []


def test_a_defined_variable_is_fine(good, acme):
    good["templating"]["list"].append({"name": "pod", "type": "custom", "query": "a,b"})
    good["panels"][LINES]["repeat"] = "pod"
    assert check_dashboard(good, acme) == []


def test_inside_collapsed_rows_everything_is_checked_too(good, acme):
    row = good["panels"][ROW]
    row["collapsed"] = True
    row["panels"] = [{**free(good), "targets": []}]
    assert "panel-no-targets-rule" in rule_of(check_dashboard(good, acme))
    assert sum(1 for _ in panels(good)) > len(good["panels"])


def test_a_panel_under_a_tall_one_is_found_over_it_though_a_short_one_lies_between(good, acme):
    stat, table, _, lines = good["panels"][:4]
    good["panels"] = [stat, table, lines]
    stat["gridPos"] = {"h": 20, "w": 4, "x": 0, "y": 0}
    table["gridPos"] = {"h": 1, "w": 4, "x": 0, "y": 2}
    lines["gridPos"] = {"h": 2, "w": 4, "x": 2, "y": 10}
    places = [finding for finding in check_dashboard(good, acme) if finding.startswith("panel-place")]
    assert len(places) == 2
    assert all("lies over panel 'Firing alerts'" in place for place in places)


def test_a_query_that_looks_like_a_link_is_none(good, acme):
    good["panels"][LINES]["targets"][0]["expr"] = 'up{tenant="acme",path="/d/home"}'
    good["panels"][LINES]["description"] = '    up{path="/d/home"}'
    good["links"] = []
    assert [*dead_links([good])] == []


@pytest.mark.parametrize(
    "place",
    [
        lambda panel, link: panel.update(links=[link]),
        lambda panel, link: panel["fieldConfig"]["defaults"].update(links=[link]),
        lambda panel, link: panel["fieldConfig"]["overrides"].append(
            {"matcher": {"id": "byName", "options": "A"}, "properties": [{"id": "links", "value": [link]}]}
        ),
        lambda panel, link: panel.update(type="text", options={"content": f"[there]({link['url']})"}),
    ],
)
def test_a_link_that_leads_nowhere_is_found_wherever_it_stands(good, place):
    good["links"] = []
    place(good["panels"][LINES], {"title": "there", "url": "/d/gone?viewPanel=3"})
    assert [finding.rule for finding in dead_links([good])] == ["link-target"]


@pytest.mark.parametrize(
    ("kind", "written", "rule"),
    [
        ("custom", "$pod", None),
        ("custom", "${pod}", None),
        ("custom", "${pod:regex}", None),
        ("custom", "${pod:raw}", "variable-format"),
        ("custom", "${pod:csv}", "variable-format"),
        ("custom", "[[pod:pipe]]", "variable-format"),
        ("textbox", "$pod", "variable-type"),
    ],
)
def test_a_variable_that_could_write_more_than_a_value_is_found(good, acme, kind, written, rule):
    good["templating"]["list"].append({"name": "pod", "type": kind, "query": "a,b"})
    good["panels"][LINES]["targets"][0]["expr"] = f'up{{tenant="acme",pod=~"{written}"}}'
    assert rule_of(check_dashboard(good, acme)) == ({rule} if rule else set())
