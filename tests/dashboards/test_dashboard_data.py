"""What dashboards show, answered by a real Prometheus that evaluates the same rules."""

from __future__ import annotations

import json

import pytest
from dashboard_definitions import alert, context_with, record
from live_prometheus import running

from alertkit.compiler.writing import render
from alertkit.dashboards import build
from alertkit.dashboards.normalise import panels

CONTEXT = context_with(
    alert("ErrorsHigh", 'sum by (job) (rate(errors_total{tenant="acme"}[10s])) > 1'),
    alert("QueueStuck", '2 >= queue_moves{tenant="acme"}', severity="warning", hold=None),
    alert("NoMetrics", 'absent(up{tenant="acme",job="gone"})', service="edge", hold=None),
    alert("Restarting", 'changes(start_time_seconds{tenant="acme"}[10s]) == 3', service="edge", severity="info"),
    alert("Slower", 'queue_moves{tenant="acme"} < queue_limit{tenant="acme"}', service="legacy"),
    record("service:errors:rate10s", 'sum by (service) (rate(errors_total{tenant="acme"}[10s]))'),
    record("edge:up:count", 'count(queue_moves{tenant="acme"})', service="edge"),
)


def page(scrape):
    return "".join(
        f'errors_total{{tenant="{tenant}",job="api",service="checkout"}} {5 * scrape}\n'
        f'queue_moves{{tenant="{tenant}",queue="a"}} 1\n'
        f'queue_limit{{tenant="{tenant}",queue="a"}} 0\n'
        f'start_time_seconds{{tenant="{tenant}"}} 7\n'
        for tenant in ("acme", "globex")
    )


def rules(context):
    return [{"name": group.name, "rules": [render.rule(rule) for rule in group.rules]} for group in context.groups]


@pytest.fixture(scope="module")
def prometheus(tool, tmp_path_factory):
    groups = json.loads(json.dumps(rules(CONTEXT), default=str))
    with running(tool("prometheus"), tmp_path_factory.mktemp("prometheus"), groups, page) as server:
        server.eventually('count(ALERTS{alertstate="firing"}) == 2')
        yield server


def test_every_query_of_every_panel_returns_data_of_the_tenant_alone(prometheus):
    body = json.loads(build("technical", CONTEXT))
    for panel in panels(body):
        for target in panel.get("targets", ()):
            found = prometheus.eventually(target["expr"])
            assert found, f"{panel['title']}: {target['expr']} returns nothing"
            assert {series["metric"].get("tenant", "acme") for series in found} == {"acme"}


def test_the_table_of_what_fires_says_since_when(prometheus):
    body = json.loads(build("technical", CONTEXT))
    table = next(panel for panel in panels(body) if panel["type"] == "table")
    now = float(prometheus.series("time()")[1])
    found = prometheus.eventually(table["targets"][0]["expr"])
    assert {series["metric"]["alertname"] for series in found} == {"NoMetrics", "QueueStuck"}
    assert all(0 <= now - float(series["value"][1]) / 1000 < 300 for series in found)


def test_an_alert_that_fires_is_counted_in_its_own_panel_and_one_that_does_not_is_none(prometheus):
    body = json.loads(build("technical", CONTEXT))
    counts = {
        p["title"]: prometheus.series(p["targets"][0]["expr"])[0]["value"][1]
        for p in panels(body)
        if p["title"] in ("NoMetrics", "Slower")
    }
    assert counts == {"NoMetrics": "1", "Slower": "0"}
