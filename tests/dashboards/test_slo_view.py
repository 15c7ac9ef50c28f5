from __future__ import annotations

import json
import re

import msgspec
import pytest
from every_view import contexts, every_dashboard

from alertkit import dashboards, names
from alertkit.dashboards import check_dashboard, dead_links, delivery
from alertkit.dashboards.normalise import panels

EVERY = [pytest.param(tenant, view, id=f"{tenant}-{view}") for tenant, view in every_dashboard()]


def body_of(tenant, view):
    return json.loads(every_dashboard()[tenant, view])


def panel(body, key):
    return next(p for p in panels(body) if p["id"] == names.panel_id(key))


@pytest.mark.parametrize(("tenant", "view"), EVERY)
def test_every_view_of_every_example_passes_every_check(tenant, view):
    assert check_dashboard(body_of(tenant, view), contexts()[tenant]) == []


def test_links_between_the_dashboards_of_a_tenant_lead_somewhere():
    for tenant in contexts():
        assert [*dead_links(json.loads(data) for (whose, _), data in every_dashboard().items() if whose == tenant)] == []


def test_a_link_to_a_dashboard_or_panel_that_is_not_there_is_found():
    body = body_of("acme", "slo")
    body["panels"][0]["links"] = [{"title": "x", "url": f"/d/{body['uid']}?viewPanel=1"}, {"title": "y", "url": "/d/nowhere"}]
    assert len([finding for finding in dead_links([body, body_of("acme", "executive")]) if "nowhere" in finding.message]) == 2


def test_an_alerts_annotation_links_to_a_panel_that_there_is():
    urls = [(rule.id, rule.annotations.get(names.ANNOTATION_DASHBOARD, "")) for rule in contexts()["acme"].alerts()]
    boards = {json.loads(data)["uid"]: json.loads(data) for (tenant, _), data in every_dashboard().items() if tenant == "acme"}
    for rule_id, url in urls:
        uid, number = re.fullmatch(r".*/d/([\w-]+)\?viewPanel=(\d+)&from=now-6h&to=now", url).groups()
        assert int(number) in {p["id"] for p in panels(boards[uid])}, rule_id


def test_burn_rates_are_drawn_for_every_window_with_the_rate_of_each_tier():
    found = panel(body_of("acme", "slo"), names.slo_panel("checkout-availability"))
    assert [target["legendFormat"] for target in found["targets"]] == ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]
    assert [step["value"] for step in found["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 1, 3, 6, 14.4]


def test_the_budget_burns_down_over_the_slos_own_window():
    assert panel(body_of("acme", "slo"), "slo/edge-first-byte/budget")["timeFrom"] == "28d"


def test_a_grouped_slo_tells_its_groups_apart():
    found = panel(body_of("acme", "slo"), "slo/edge-first-byte/left")
    assert found["targets"][0]["legendFormat"] == "{{region}}"


def test_alerts_of_slos_stand_on_the_slo_view_alone():
    titles = [p["title"] for p in panels(body_of("acme", "technical"))]
    assert names.SLO_ALERT not in titles


def test_without_an_slo_view_they_stand_on_the_technical_one():
    context = msgspec.structs.replace(contexts()["acme"], views=("technical",))
    assert names.SLO_ALERT in [p["title"] for p in panels(json.loads(dashboards.build("technical", context)))]


def test_only_the_platform_has_a_fleet():
    assert [tenant for tenant, view in every_dashboard() if view == "fleet"] == [names.PLATFORM]


def test_business_figures_are_compared_with_last_week():
    found = [p for p in panels(body_of("acme", "executive")) if p.get("timeFrom") == "7d"]
    assert found
    assert all(p["targets"][1]["expr"] == p["targets"][0]["expr"] + " offset 7d" for p in found)


def test_a_tenant_without_a_scraped_receiver_gets_no_panel_about_delivery():
    context = msgspec.structs.replace(contexts()["acme"], receiver_job="")
    assert b"alertkit_" not in dashboards.build("alerts", context)


def test_what_is_asked_of_the_receiver_is_what_it_exposes():
    from alertkit.receiver.metrics import Metrics

    exposed = set(re.findall(r"^# TYPE (\w+) ", Metrics().text().decode(), re.MULTILINE))
    assert {name.removesuffix("_bucket") for name in delivery.RECEIVER_METRICS} <= exposed
