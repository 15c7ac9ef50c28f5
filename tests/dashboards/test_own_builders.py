"""Dashboards that a project builds with code of its own."""

from __future__ import annotations

import json

import projects

from alertkit.compiler.generate import Options, generate
from alertkit.compiler.workspace import open_project

ALERT = "alerts: [{name: Down, service: web, expr: up == 0, severity: info, summary: Gone}]\n"
BUILDER = """
import grafanalib.core as g
dashboard = g.Dashboard(title="Ours", panels=[
    g.Stat(title="Up", description="Targets", format="short", targets=[g.Target(expr="up")])
])
"""


def run(folder, *, trusted):
    out = folder / "generated"
    plan = generate(open_project(folder, trusted=trusted), ("acme",), Options(out))
    return plan, out / "dashboards" / "acme" / "ours.json"


def project(tmp_path, builder=BUILDER, place="dashboards"):
    projects.make(tmp_path, {"acme": "dashboards: [technical, ours]\n" + ALERT})
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "ours.dashboard.py").write_text(builder)
    return tmp_path


def test_without_trust_nothing_is_run_and_the_problem_names_the_flag(tmp_path):
    marker = tmp_path / "ran"
    plan, file = run(project(tmp_path, f"open({str(marker)!r}, 'w')\n{BUILDER}"), trusted=False)
    (problem,) = [problem for problem in plan.problems if problem.tenant == "acme"]
    assert (problem.code, problem.line > 0, "--trust" in problem.hint) == ("AK831", True, True)
    assert not marker.exists()
    assert not file.exists()


def test_with_trust_a_plain_grafanalib_dashboard_is_finished_like_our_own(tmp_path):
    plan, file = run(project(tmp_path), trusted=True)
    assert not plan.failed, plan.problems
    body = json.loads(file.read_text())
    assert body["panels"][0]["targets"][0]["expr"] == 'up{tenant="acme"}'
    assert body["uid"].startswith("ak-acme-ours-")
    assert {"alertkit", "acme", "ours"} <= set(body["tags"])


OWN_PANEL = """
import grafanalib.core as g
from alertkit.dashboards.panels import TimeSeries
from alertkit.dashboards.targets import Query
class Ours(TimeSeries):
    def options(self):
        return {"legend": None, "tooltip": {"mode": "single"}}
dashboard = g.Dashboard(title="Ours", panels=[Ours(key="up", title="Up", description="Targets", targets=[Query(expr="up")])])
"""


def test_a_panel_class_of_the_projects_own_is_normalised_whatever_it_says(tmp_path):
    plan, file = run(project(tmp_path, OWN_PANEL), trusted=True)
    assert not plan.failed, plan.problems
    assert json.loads(file.read_text())["panels"][0]["options"] == {"tooltip": {"mode": "single"}}


def test_the_tenants_own_builder_comes_before_the_projects(tmp_path):
    folder = project(tmp_path)
    own = folder / "tenants" / "acme" / "dashboards"
    (folder / "tenants" / "acme.yaml").rename(folder / "acme.yaml")
    own.mkdir(parents=True)
    (folder / "acme.yaml").rename(folder / "tenants" / "acme" / "acme.yaml")
    (own / "ours.dashboard.py").write_text(BUILDER.replace("Ours", "Mine"))
    _, file = run(folder, trusted=True)
    assert json.loads(file.read_text())["title"] == "Mine"


def test_a_builder_that_raises_or_leaves_the_tenant_or_says_too_little_fails_its_tenant_alone(tmp_path):
    wrong = {
        "raise ValueError('no')": "ValueError",
        "dashboard = [5]": "expected a grafanalib Dashboard",
        "class dashboard:\n    def to_json_data():\n        raise KeyError('no')": "KeyError",
        BUILDER.replace('expr="up"', """expr='up{tenant="globex"}'"""): "tenant",
        BUILDER.replace('description="Targets", ', ""): "panel-title-description-rule",
        BUILDER.replace('expr="up"', 'expr="down"'): "metric-unknown",
    }
    for number, (builder, said) in enumerate(wrong.items()):
        plan, file = run(project(tmp_path / str(number), builder), trusted=True)
        assert [problem.code for problem in plan.problems] == ["AK834"] or said == "metric-unknown", plan.problems
        assert said in str(plan.problems)
        assert not file.exists()


def test_a_lint_file_beside_the_builder_says_where_a_rule_does_not_count(tmp_path):
    folder = project(tmp_path, BUILDER.replace('description="Targets", ', ""))
    excluded = "exclusions:\n  panel-title-description-rule:\n    entries: [{panel: Up, reason: it is obvious}]\n"
    (folder / "dashboards" / ".lint").write_text(excluded + "  template-datasource-rule: {reason: one source}\n")
    plan, file = run(folder, trusted=True)
    assert not plan.failed, plan.problems
    assert file.exists()
