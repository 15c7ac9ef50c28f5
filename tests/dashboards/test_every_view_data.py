"""The proof that panels show data: a real Prometheus scrapes made-up metrics for every tenant of the examples, evaluates all the
generated rules, and answers every query of every panel.

What a panel compares with last week comes from a past that is made of the same metrics. Rules are evaluated each second and
alerts hold for none, because a test does not wait a quarter of an hour.
"""

from __future__ import annotations

import json
import time

import made_metrics
import msgspec
import pytest
from every_view import contexts, every_dashboard
from live_prometheus import running
from made_history import Past, Span

from alertkit.compiler.writing import render
from alertkit.dashboards.normalise import panels
from alertkit.model.rules import AlertingRule, RecordingRule

WEEK = 7 * 86_400
RECEIVER = """
alertkit_posts_total{{tenant="{0}"}} {1}
alertkit_alerts_total{{tenant="{0}"}} {1}
alertkit_foreign_alerts_total{{tenant="{0}"}} 0
alertkit_requests_refused_total{{status="401"}} 0
alertkit_incidents_open{{tenant="{0}",state="firing"}} 1
alertkit_incidents_opened_total{{tenant="{0}",severity="critical"}} {1}
alertkit_acknowledge_seconds_bucket{{tenant="{0}",le="60"}} {1}
alertkit_acknowledge_seconds_bucket{{tenant="{0}",le="+Inf"}} {1}
alertkit_resolve_seconds_bucket{{tenant="{0}",le="600"}} {1}
alertkit_resolve_seconds_bucket{{tenant="{0}",le="+Inf"}} {1}
alertkit_escalation_steps_total{{tenant="{0}",policy="standard",step="1"}} {1}
alertkit_escalation_steps_total{{tenant="{0}",policy="standard",step="2"}} {1}
alertkit_unreachable_steps_total{{tenant="{0}"}} 0
alertkit_paged_again_total{{tenant="{0}",reason="alerts_joined"}} 0
alertkit_pages_total{{tenant="{0}",recipient="person"}} {1}
alertkit_deliveries_total{{tenant="acme",channel="slack",outcome="sent"}} {1}
alertkit_delivery_seconds_bucket{{channel="slack",le="1"}} {1}
alertkit_delivery_seconds_bucket{{channel="slack",le="+Inf"}} {1}
alertkit_due_lag_seconds 0
alertkit_store_seconds_bucket{{le="0.01"}} {1}
alertkit_store_seconds_bucket{{le="+Inf"}} {1}
alertkit_policies 4
alertkit_policy_problems 0
alertmanager_alerts_received_total{{status="firing"}} {1}
alertmanager_notifications_total{{integration="webhook"}} {1}
alertmanager_notifications_failed_total{{integration="webhook"}} 0
alertmanager_notification_latency_seconds_bucket{{integration="webhook",le="1"}} {1}
alertmanager_notification_latency_seconds_bucket{{integration="webhook",le="+Inf"}} {1}
"""
SILENT = {
    "Firing now": "no alert of these fires, which is the good case",
    "History": "no alert of these fired",
    "Noise": "no alert of these fired",
    "Fires a day": "no alert of these fired",
}
"""Panels that may be empty, each with the reason; they say so in words."""
LARGEST_SHARE = 0.02


@pytest.fixture(scope="module")
def prometheus(tool, tmp_path_factory):
    folder = tmp_path_factory.mktemp("everything")
    (folder / "data").mkdir()
    rules = [rule for context in contexts().values() for group in context.groups for rule in group.rules]
    now = int(time.time())
    made_metrics.TROUBLE_ENDS = now + 1_800
    past = Past(tool("prometheus"), tool("promtool"), folder, Span(now - WEEK - 7_200, now - WEEK + 1_200, 60))
    past.make([rule for rule in rules if isinstance(rule, RecordingRule)])
    series = made_metrics.made((rule.expr for rule in rules), (rule.record for rule in rules if isinstance(rule, RecordingRule)))

    def page(scrape):
        receiver = "".join(RECEIVER.format(tenant, 5 * scrape) for tenant in ("acme", "bottega", "nordbank"))
        told = dict.fromkeys(line for line in receiver.splitlines() if line)
        return made_metrics.page(series, time.time()) + "\n".join(told) + "\n"

    with running(tool("prometheus"), folder, groups(), page) as server:
        yield server


def groups():
    found = [
        {"name": group.name, "rules": [quick(render.rule(rule)) for rule in group.rules]}
        for context in contexts().values()
        for group in context.groups
    ]
    return json.loads(json.dumps(found, default=str))


def quick(rule):
    return {key: value for key, value in rule.items() if key not in ("for", "keep_firing_for")}


def asked():
    for (tenant, view), data in every_dashboard().items():
        for panel in panels(json.loads(data)):
            for target in panel.get("targets", ()):
                yield tenant, view, panel["title"], target["expr"].replace("$__rate_interval", "1m")


@pytest.mark.acceptance
def test_every_query_of_every_panel_returns_data(prometheus):
    prometheus.eventually("slo:period_error_budget_remaining:ratio")
    everything = list(asked())
    empty = everything
    for _ in range(120):  # what looks back in steps of a minute has something once a minute is over
        empty = [place for place in empty if not prometheus.series(place[3])]
        if len(empty) <= LARGEST_SHARE * len(everything) and all(english(*place[:3]) in SILENT for place in empty):
            break
        prometheus.eventually("absent(vector(1))", seconds=1)
    assert [place for place in empty if english(*place[:3]) not in SILENT] == []
    assert len(empty) <= LARGEST_SHARE * len(everything)


def english(tenant, view, title):
    """The English title of the same panel."""
    known = {body["id"]: body["title"] for body in panels(json.loads(_english()[tenant, view]))}
    own = next(body["id"] for body in panels(json.loads(every_dashboard()[tenant, view])) if body["title"] == title)
    return known[own]


def _english():
    from alertkit import dashboards

    return {
        (tenant, view): dashboards.build(view, msgspec.structs.replace(context, locale="en", views=dashboards.views()))
        for tenant, context in contexts().items()
        for view in dashboards.views()
    }


def test_there_are_alerts_and_records_of_every_example_in_the_proof():
    for context in contexts().values():
        assert {type(rule) for group in context.groups for rule in group.rules} >= {AlertingRule}
