from __future__ import annotations

import json
import subprocess
import sys

import msgspec
import pytest
from dashboard_definitions import alert, context_with, record

from alertkit import names
from alertkit.dashboards import EXAMPLE, PLATFORM, build, check_dashboard, views
from alertkit.dashboards.normalise import panels
from alertkit.errors import IsolationError, UsageError


def dashboard(context):
    return json.loads(build("technical", context))


def panel(body, title):
    return next(p for p in panels(body) if p["title"] == title)


def steps(body, title):
    return [(s["value"], s["color"]) for s in panel(body, title)["fieldConfig"]["defaults"]["thresholds"]["steps"]]


def queries(body, title):
    return [target["expr"] for target in panel(body, title)["targets"]]


def test_it_passes_every_check(acme):
    assert check_dashboard(dashboard(acme), acme) == []


def test_there_is_one_row_for_each_service_in_the_definitions_order_and_one_for_what_belongs_to_none(acme):
    assert [p["title"] for p in panels(dashboard(acme)) if p["type"] == "row"] == [
        "checkout",
        "edge",
        "legacy",
        "Recorded series",
    ]


def test_an_alert_is_drawn_as_the_left_side_of_its_comparison(acme):
    assert queries(dashboard(acme), "ErrorsHigh") == ['sum by (job) (rate(errors_total{tenant="acme"}[5m]))']


def test_a_constant_threshold_is_drawn_as_a_line_and_the_firing_side_coloured(acme):
    body = dashboard(acme)
    assert steps(body, "ErrorsHigh") == [(None, "transparent"), (10.0, "red")]
    assert panel(body, "ErrorsHigh")["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "dashed+area"}


def test_a_threshold_from_above_colours_below_it_also_when_the_number_stands_left(acme):
    assert steps(dashboard(acme), "QueueStuck") == [(None, "orange"), (0.5, "transparent")]
    assert queries(dashboard(acme), "QueueStuck") == ['queue_moves{tenant="acme"}']


def test_equality_has_a_line_but_no_side(acme):
    custom = panel(dashboard(acme), "Restarting")["fieldConfig"]["defaults"]["custom"]
    assert custom["thresholdsStyle"] == {"mode": "dashed"}
    assert custom["axisSoftMax"] > 3


@pytest.mark.parametrize("title", ["NoMetrics", "Odd"])
def test_a_condition_that_returns_nothing_while_all_is_well_shows_how_many_instances_fire(acme, title):
    (query,) = queries(dashboard(acme), title)
    assert query.startswith('count(ALERTS{tenant="acme",alertstate="firing",alertname="' + title)
    assert query.endswith("or vector(0)")


def test_a_changed_threshold_changes_the_drawn_one_and_no_uid_or_id(acme):
    before = dashboard(context_with(alert("A", 'up{tenant="acme"} > 1')))
    after = dashboard(context_with(alert("A", 'up{tenant="acme"} > 2')))
    assert steps(after, "A") == [(None, "transparent"), (2.0, "red")]
    assert before["uid"] == after["uid"]
    assert [p["id"] for p in panels(before)] == [p["id"] for p in panels(after)]


def test_the_alerts_panel_has_the_id_that_links_use(acme):
    assert panel(dashboard(acme), "ErrorsHigh")["id"] == names.panel_id(names.alert_panel("ErrorsHigh"))


def test_an_alert_is_drawn_in_its_own_unit_and_a_record_in_that_of_its_name(acme):
    body = dashboard(acme)
    assert panel(body, "ErrorsHigh")["fieldConfig"]["defaults"]["unit"] == "cps"
    assert panel(body, "service:errors:rate5m")["fieldConfig"]["defaults"]["unit"] == "cps"


def test_a_record_is_asked_for_with_all_labels_that_its_rule_gives_it(acme):
    assert queries(dashboard(acme), "edge:up:count") == ['edge:up:count{service="edge",tenant="acme"}']


def test_a_legend_names_the_labels_that_are_left_or_else_the_alert(acme):
    body = dashboard(acme)
    assert panel(body, "ErrorsHigh")["targets"][0]["legendFormat"] == "{{job}}"
    assert panel(body, "edge:up:count")["targets"][0]["legendFormat"] == "edge:up:count"
    assert panel(body, "Restarting")["targets"][0]["legendFormat"] == "__auto"


def test_titles_and_sentences_are_in_the_tenants_language(acme):
    body = dashboard(msgspec.structs.replace(acme, locale="fr"))
    assert body["title"] == "Acme Music – Technique"
    assert panel(body, "Alertes actives")["type"] == "stat"
    assert panel(body, "ErrorsHigh")["description"].startswith("… fait … erreurs")


def test_a_tenants_sentence_is_shown_as_written_not_as_markdown(acme):
    assert r"Stuck \[here\]\(http://x\) \*now\*" in panel(dashboard(acme), "QueueStuck")["description"]


def test_a_panel_links_to_its_alerts_runbook(acme):
    assert [link["url"] for link in panel(dashboard(acme), "QueueStuck")["links"]] == ["https://runbooks.example/q?a=$b"]


def test_the_expression_in_a_description_stays_code_whatever_its_lines(acme):
    body = dashboard(context_with(alert("A", 'up{tenant="acme"}\n> # <b>\n1')))
    assert panel(body, "A")["description"].endswith('    up{tenant="acme"}\n    > # <b>\n    1')


def test_rows_after_the_sixth_start_collapsed():
    rules = [alert(f"A{i}", f'up{{tenant="acme"}} > {i}', service=f"s{i}") for i in range(8)]
    rows = [p for p in dashboard(context_with(*rules))["panels"] if p["type"] == "row"]
    assert [row["collapsed"] for row in rows] == [False] * 5 + [True] * 3
    assert [child["title"] for child in rows[-1]["panels"]] == ["A7"]


def test_a_tenant_without_rules_gets_no_dashboard():
    assert build("technical", context_with()) is None


def test_a_tenant_without_alerts_gets_no_panel_about_alerts():
    body = dashboard(context_with(record("a:b", 'sum(up{tenant="acme"})')))
    assert [p["title"] for p in panels(body)] == ["Recorded series", "a:b"]


def test_an_expression_that_left_its_tenant_is_never_written():
    with pytest.raises(IsolationError):
        build("technical", context_with(alert("A", 'up{tenant="globex"} > 1')))


def test_an_expression_in_which_grafana_would_see_a_variable_is_not_drawn_but_counted():
    body = dashboard(
        context_with(alert("A", 'up{tenant="acme",path=~"/a$b"} > 1'), alert("B", 'up{tenant="acme",path=~"/a$"} > 1'))
    )
    assert "ALERTS" in queries(body, "A")[0]
    assert queries(body, "B") == ['up{tenant="acme",path=~"/a$"}']


def test_a_query_without_the_matcher_gets_it():
    assert queries(dashboard(context_with(alert("A", "up > 1"))), "A") == ['up{tenant="acme"}']


def test_shared_metrics_and_data_sources_that_are_isolated_already_keep_their_queries():
    shared = context_with(alert("A", "kube_node_info > 1"), shared=frozenset({"kube_node_info"}))
    apart = context_with(alert("A", "up > 1"), isolated=False)
    assert queries(dashboard(shared), "A") == ["kube_node_info"]
    assert queries(dashboard(apart), "A") == ["up"]


def test_dashboards_of_one_tenant_find_each_other_by_tag(acme):
    body = dashboard(msgspec.structs.replace(acme, views=("technical", "slo")))
    assert [link["tags"] for link in body["links"]] == [["alertkit", "acme"]]
    assert set(body["links"][0]["tags"]) <= set(body["tags"])
    assert dashboard(acme)["links"] == []


def test_environments_have_dashboards_of_their_own(acme):
    staging = dashboard(msgspec.structs.replace(acme, environment="staging"))
    assert staging["uid"] != dashboard(acme)["uid"]
    assert staging["title"].endswith("(staging)")


@pytest.mark.parametrize(("grafana", "schema"), [((10, 4), 39), ((11, 5), 39), ((11, 6), 41), ((12, 0), 41), ((13, 2), 42)])
def test_the_schema_is_the_newest_that_the_target_knows(acme, grafana, schema):
    assert dashboard(msgspec.structs.replace(acme, grafana=grafana))["schemaVersion"] == schema


def test_the_bytes_are_the_same_whatever_the_hash_seed():
    program = (
        "import sys; from alertkit.dashboards import EXAMPLE, build, views\n"
        "for view in views(): sys.stdout.buffer.write(build(view, EXAMPLE) or b'')"
    )
    seen = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in "01"
    }
    assert seen == {b"".join(build(view, EXAMPLE) or b"" for view in views())}


@pytest.mark.parametrize("view", views())
def test_grafanalibs_own_generator_takes_every_view_and_writes_the_same_dashboard(tmp_path, view):
    from grafanalib._gen import generate_dashboard

    import alertkit.resources

    out = tmp_path / "out.json"
    source = alertkit.resources.root() / "dashboards_src" / f"{view}.dashboard.py"
    assert generate_dashboard([str(source), "-o", str(out)]) == 0
    context = PLATFORM if view == "fleet" else EXAMPLE
    assert json.loads(out.read_text()) == json.loads(build(view, context))
    assert check_dashboard(json.loads(out.read_text()), context) == []


def test_an_unknown_view_says_which_there_are(acme):
    with pytest.raises(UsageError, match=r"no dashboard view 'teknical'.*technical"):
        build("teknical", acme)
    assert "technical" in views()


def nearest(*alerts):
    body = dashboard(context_with(*alerts))
    return [p for p in panels(body) if p["type"] == "bargauge"]


def test_what_is_closest_to_its_threshold_is_ranked_in_shares_of_it():
    found = nearest(
        alert("Slow", 'max by (pod) (seconds{tenant="acme"}) > 2 * 5'),
        alert("Few", 'min by (pod) (replicas{tenant="acme"}) < 3'),
        alert("One", 'sum(errors{tenant="acme"}) > 5'),
        alert("Any", 'sum by (pod) (errors{tenant="acme"}) > 0'),
        alert("Odd", 'sum by (pod) (errors{tenant="acme"}) == 3'),
    )
    (gauge,) = found
    assert {target["legendFormat"]: target["expr"] for target in gauge["targets"]} == {
        "Slow · {{pod}}": 'topk(1, clamp_max((max by (pod) (seconds{tenant="acme"})) / (2 * 5), 10))',
        "Few · {{pod}}": 'topk(1, (3) / clamp_min((min by (pod) (replicas{tenant="acme"})), (3) / 10))',
    }
    assert steps(dashboard(context_with(alert("Slow", 'max by (pod) (seconds{tenant="acme"}) > 2'))), gauge["title"])[-1] == (
        1,
        "red",
    )


def test_without_an_alert_that_tells_several_series_apart_nothing_is_ranked():
    assert nearest(alert("One", 'sum(errors{tenant="acme"}) > 5')) == []
