from __future__ import annotations

import json

import projects
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alertkit import names
from alertkit.compiler.generate import Options, generate
from alertkit.compiler.grafana.uids import uid_clashes
from alertkit.compiler.workspace import open_project

ALERT = "alerts: [{name: Down, service: web, expr: up == 0, severity: info, summary: Gone}]\n"
HEADER = 'datasource: {uid: p, per_tenant: {url: "http://mimir/{tenant}", header: X-Scope-OrgID}}\n'
PARAMETER = 'datasource: {uid: p, per_tenant: {url: "http://proxy", parameter: tenant, interval: 30s}}\n'


def generated(tmp_path, project="", environment=""):
    projects.make(tmp_path, {"acme": 'title: "A$B"\n' + ALERT}, project)
    out = tmp_path / "generated"
    plan = generate(open_project(tmp_path, environment), (), Options(out))
    assert not plan.failed, plan.problems
    return out


def read(out, path):
    return yaml.safe_load((out / path).read_text())


def test_each_tenant_has_a_folder_that_can_be_linked_to_and_that_nobody_edits(tmp_path):
    (provider,) = read(generated(tmp_path), "grafana/provisioning/dashboards/acme.yaml")["providers"]
    assert provider["folder"] == "A$$B (acme)"
    assert 0 < len(provider["folderUid"]) <= 40
    assert (provider["allowUiUpdates"], provider["options"]["path"]) == (False, "/var/lib/grafana/dashboards/acme")


def test_the_folder_of_dashboards_on_grafanas_machine_can_be_chosen(tmp_path):
    out = generated(tmp_path, "grafana: {provisioning: {path: /srv/boards/, org: 3}}\n")
    (provider,) = read(out, "grafana/provisioning/dashboards/acme.yaml")["providers"]
    assert (provider["options"]["path"], provider["orgId"]) == ("/srv/boards/acme", 3)


def test_environments_have_providers_and_folders_of_their_own(tmp_path):
    (plain,) = read(generated(tmp_path / "a"), "grafana/provisioning/dashboards/acme.yaml")["providers"]
    (staging,) = read(generated(tmp_path / "b", environment="staging"), "grafana/provisioning/dashboards/acme.yaml")["providers"]
    assert all(plain[key] != staging[key] for key in ("name", "folder", "folderUid"))


def test_without_asking_there_is_no_data_source_for_each_tenant(tmp_path):
    assert not (generated(tmp_path) / "grafana/provisioning/datasources").exists()


def test_a_header_carries_the_tenants_name_and_its_dashboards_read_that_data_source(tmp_path):
    out = generated(tmp_path, HEADER)
    (source,) = read(out, "grafana/provisioning/datasources/acme.yaml")["datasources"]
    assert source["url"] == "http://mimir/acme"
    assert source["jsonData"]["httpHeaderName1"] == "X-Scope-OrgID"
    assert source["secureJsonData"] == {"httpHeaderValue1": "acme"}
    assert source["editable"] is False
    body = json.loads((out / "dashboards/acme/technical.json").read_text())
    assert {panel["datasource"]["uid"] for panel in body["panels"] if "datasource" in panel} == {source["uid"]}


def test_a_parameter_carries_the_tenants_name(tmp_path):
    (source,) = read(generated(tmp_path, PARAMETER), "grafana/provisioning/datasources/acme.yaml")["datasources"]
    assert source["jsonData"]["customQueryParameters"] == "tenant=acme"
    assert source["jsonData"]["timeInterval"] == "30s"


def test_the_platform_reads_everything_through_the_common_data_source(tmp_path):
    out = generated(
        tmp_path,
        HEADER
        + 'alerts: [{name: Down, service: s, expr: up == 0, severity: info, summary: "x"}]\n'
        + "services: [{name: s, owner: platform}]\n",
    )
    assert not (out / "grafana/provisioning/datasources/platform.yaml").exists()
    body = json.loads((out / "dashboards/platform/technical.json").read_text())
    assert {panel["datasource"]["uid"] for panel in body["panels"] if "datasource" in panel} == {"p"}


def test_a_data_source_that_would_not_know_its_tenant_is_refused(tmp_path):
    project = projects.make(tmp_path, {"acme": ALERT}, 'datasource: {uid: p, per_tenant: {url: "http://mimir"}}\n')
    assert projects_problems(project)


def projects_problems(folder):
    from alertkit import check

    return check(folder)


def test_kubernetes_objects_hold_the_same_dashboard_under_the_sidecars_label(tmp_path):
    out = generated(tmp_path, HEADER + "grafana: {provisioning: {format: configmaps, label: boards}}\n")
    found = read(out, "grafana/kubernetes/acme/technical.yaml")
    assert found["metadata"]["labels"] == {"boards": "1"}
    assert found["metadata"]["annotations"] == {"grafana_folder": "A$B (acme)"}
    (name, text), *rest = found["data"].items()
    assert (rest, name) == ([], "alertkit.acme.technical.json")
    assert text == (out / "dashboards/acme/technical.json").read_text()
    secret = read(out, "grafana/kubernetes/acme/_datasource.yaml")
    (source,) = yaml.safe_load(next(iter(secret["stringData"].values())))["datasources"]
    assert source["secureJsonData"] == {"httpHeaderValue1": "acme"}
    assert not (out / "grafana/provisioning").exists()


def test_beside_the_dashboards_the_linter_is_told_why_rules_do_not_count(tmp_path):
    found = read(generated(tmp_path), "dashboards/acme/.lint")["exclusions"]
    assert all(entry["reason"] for entry in found.values())
    assert "template-datasource-rule" in found


LONG = "x" * 40


@pytest.mark.parametrize(
    ("tenants", "uid", "expected"),
    [
        ([LONG + "a", LONG + "b"], lambda tenant, view: view, [(LONG + "b", LONG + "a")]),
        ([LONG + "a", LONG + "b"], lambda tenant, view: tenant + view, []),
        (["a", "a-b"], lambda tenant, view: f"{tenant}-{view}", [("a-b", "a")]),
    ],
)
def test_two_tenants_never_share_the_uid_of_a_dashboard(tenants, uid, expected):
    assert list(uid_clashes(tenants, ["x", "b-x"], uid))[:1] == expected


@given(st.text(max_size=50), st.text(max_size=20))
def test_a_uid_begins_as_is_said(tenant, view):
    assert names.dashboard_uid(tenant, view).startswith(names.dashboard_uid_start(tenant, view) + "-")
