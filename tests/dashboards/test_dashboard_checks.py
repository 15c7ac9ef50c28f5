from __future__ import annotations

import copy
import json

import pytest

from alertkit.dashboards import build, check_dashboard
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


STAT, ROW, LINES = 0, 2, 3  # the panels of the first lines: stat, table, row, time series


SPOILT = {
    "long uid": ("dashboard-uid", spoil(["uid"], "u" * 41)),
    "illegal uid": ("dashboard-uid", spoil(["uid"], "bad uid")),
    "no title": ("dashboard-title", spoil(["title"], " ")),
    "editable": ("uneditable-dashboard", spoil(["editable"], True)),
    "too large": ("dashboard-size", spoil(["description"], "x" * 1_000_001)),
    "id twice": ("panel-id", lambda body: spoil(["panels", STAT, "id"], body["panels"][LINES]["id"])(body)),
    "no id": ("panel-id", spoil(["panels", STAT, "id"], 0)),
    "over another": ("panel-place", spoil(["panels", LINES, "gridPos"], {"h": 9, "w": 9, "x": 0, "y": 0})),
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
