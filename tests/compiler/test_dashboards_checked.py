"""Dashboards are checked when they are compiled, alertkit's own too."""

from __future__ import annotations

import msgspec
import projects

from alertkit.compiler import pipeline
from alertkit.compiler.grafana import draw
from alertkit.compiler.reading.source import read_source
from alertkit.compiler.workspace import list_tenants, open_project

ALERT = "alerts: [{name: Down, service: web, expr: up == 0, severity: info, summary: Gone}]\n"
CONFIGMAPS = "grafana: {provisioning: {format: configmaps}}\n"


def compiled(folder, definition=ALERT, project=""):
    space = open_project(projects.make(folder, {"acme": definition}, project))
    return space, pipeline.build(space, read_source(space.directory, "acme", list_tenants(space).files["acme"]))


def renamed(compiled, name):
    """With the one alert called so."""
    replace = msgspec.structs.replace
    (group,) = compiled.rules.alerts
    (alert,) = group.rules
    alerts = (replace(group, rules=(replace(alert, alert=name),)),)
    return replace(compiled, rules=replace(compiled.rules, alerts=alerts))


def test_a_flaw_in_a_view_of_alertkits_fails_the_tenant_and_says_where_and_what_to_do(tmp_path):
    space, build = compiled(tmp_path)
    found = draw.draw(build.compiled.tenant, space.project, renamed(build.compiled, " "), {})
    (problem,) = found.problems
    assert problem.code == "AK834"
    assert problem.file == "dashboards/acme/technical.json"
    assert problem.message.startswith("panel-title-description-rule")
    assert "dashboards:" in problem.hint
    assert not found.files


def test_an_alert_on_a_path_that_looks_like_a_dashboards_address_is_fine(tmp_path):
    _, build = compiled(tmp_path, ALERT.replace("up == 0", """'up{path="/d/home"} == 0'"""))
    assert not build.problems


def test_a_dashboard_that_fits_no_configmap_is_a_problem_there_and_none_as_a_file(tmp_path):
    lines = (f"  - {{name: Down{n}, service: web, expr: up == {n}, severity: info, summary: Gone}}\n" for n in range(500))
    definition = "alerts:\n" + "".join(lines)
    _, build = compiled(tmp_path / "objects", definition, CONFIGMAPS)
    (problem,) = build.problems
    assert problem.message.startswith("dashboard-size: ")
    assert problem.file == "grafana/kubernetes/acme/technical.yaml"
    assert not compiled(tmp_path / "files", definition)[1].problems
