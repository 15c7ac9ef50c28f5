"""No tenant touches another: in what is written, in what amtool refuses, and in a running Alertmanager."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import hooks
import projects
import pytest
import routed
import servers
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alertkit import check, paths
from alertkit.compiler.generate import Options, generate
from alertkit.compiler.proof.verify import Verifier
from alertkit.compiler.workspace import open_project
from alertkit.routing import inhibited_by

ALERTS = """\
alerts:
  - {name: Down, service: web, expr: up == 0, severity: critical, summary: down}
  - {name: Slow, service: web, expr: latency_seconds > 1, severity: warning, summary: slow}
"""
SAME = f"""\
{ALERTS}
escalation:
  - {{name: standard, steps: [{{notify: [{{team: web}}]}}]}}
routing:
  group_by: [alertname]
  group_wait: 0s
  routes:
    - {{match: {{severity: critical}}, escalate: standard, continue: true}}
  inhibit:
    - {{source: {{alertname: Down}}, target: {{severity: warning}}, equal: [region]}}
  intervals: [{{name: never, dates: ["2020-01-01"]}}]
  receivers: [{{name: hook, type: webhook, url: "https://hooks.acme.example/x"}}]
"""


def test_names_of_two_tenants_never_clash(tmp_path):
    file = routed.written(routed.build(tmp_path, {"acme": SAME, "globex": SAME}), tmp_path)
    config = yaml.safe_load(file.read_bytes())
    for section in ("receivers", "time_intervals"):
        found = [entry["name"] for entry in config[section]]
        assert len(found) == len(set(found))


def test_an_inhibit_rule_is_scoped_on_both_sides_and_asks_for_every_equal_label(tmp_path):
    (rule,) = routed.fragment(routed.build(tmp_path, {"acme": SAME})).inhibit
    assert rule.equal == ("tenant", "region")
    down = {"tenant": "acme", "alertname": "Down", "severity": "critical", "region": "eu"}
    slow = {"tenant": "acme", "alertname": "Slow", "severity": "warning", "region": "eu"}
    assert inhibited_by([rule], slow, [down])
    for source, target in (
        ({**down, "tenant": "globex"}, slow),
        (down, {**slow, "tenant": "globex"}),
        ({**down, "region": "us"}, slow),
        ({k: v for k, v in down.items() if k != "region"}, {k: v for k, v in slow.items() if k != "region"}),
        ({k: v for k, v in down.items() if k != "tenant"}, {k: v for k, v in slow.items() if k != "tenant"}),
    ):
        assert not inhibited_by([rule], target, [source])


hostile = st.sampled_from(
    [
        "{{ .X }}",
        "/etc/shadow",
        "../globex/token",
        "http://169.254.169.254/",
        "http://127.1/",
        "platform/unrouted",
        "globex/day",
        "a\nb",
    ]
)


@settings(max_examples=60)
@given(st.sampled_from(["name", "channel", "to", "url", "region", "token", "routing_key", "api_key", "timezone"]), hostile)
def test_nothing_hostile_that_a_tenant_writes_into_a_receiver_is_taken(tmp_path_factory, key, value):
    receiver = {"name": "h", "type": "webhook", "url": "https://hooks.acme.example/x", key: value}
    folder = projects.make(
        tmp_path_factory.mktemp("hostile"), {"acme": f"routing: {json.dumps({'receivers': [receiver]})}\n"}, routed.PROJECT
    )
    assert check(folder)


def test_no_value_of_a_tenant_stands_beside_a_template(tmp_path):
    """Go templates appear as constants only: the same whatever a tenant writes."""
    ugly = 'title: "{{ .X }}"\n' + routed.NATIVE
    config = routed.written(routed.build(tmp_path, {"acme": ugly}), tmp_path).read_text()
    found = {line.strip() for line in config.splitlines() if "{{" in line}
    assert len(found) == 1
    assert ".Annotations.summary" in found.pop()


def generated(folder: Path, project: str, tenants: dict[str, str]) -> object:
    without = {name: text + routed.NO_DASHBOARDS for name, text in tenants.items()}
    space = open_project(projects.make(folder, without, project + routed.NO_DASHBOARDS))
    return generate(space, (), Options(folder / "generated", jobs=1, verify=Verifier.find(space)))


def test_a_tenant_that_amtool_refuses_keeps_its_last_good_fragment(tmp_path, tool):
    """The project says that Alertmanager reads any name of a label; the one at hand, if it is older than 0.27, does not."""
    if "version 0.25" not in subprocess.run([tool("amtool"), "--version"], capture_output=True, text=True).stdout:
        pytest.skip("this amtool reads what alertkit writes for later versions")
    tool("promtool")
    project = routed.PROJECT + 'targets: {alertmanager: "0.27"}\n'
    good = f"{routed.ESCALATION}routing: {{routes: [{{match: {{severity: info}}, escalate: day}}]}}\n"
    assert not generated(tmp_path, project, {"acme": good, "globex": ""}).failed
    fragment = tmp_path / "generated" / paths.fragment("acme")
    before = fragment.read_bytes()
    bad = good.replace("match: {severity: info}", """matchers: ['"k8s.pod"=x']""")
    plan = generated(tmp_path, project, {"acme": bad, "globex": SAME})
    assert [(problem.code, problem.tenant) for problem in plan.problems] == [("AK902", "acme")]
    assert fragment.read_bytes() == before
    whole = (tmp_path / "generated" / paths.ALERTMANAGER_FILE).read_text()
    assert "acme/day" in whole
    assert "globex/standard" in whole


def test_in_a_running_alertmanager_no_alert_inhibition_or_group_crosses(tmp_path, tool):
    with hooks.hook() as (port, posts):
        project = (
            f'receiver: {{url: "http://127.0.0.1:{port}", credentials_file: alertkit.token}}\n'
            "webhook_hosts: [hooks.acme.example]\nrouting: {group_wait: 0s}\n"
        )
        file = routed.written(routed.build(tmp_path, {"acme": SAME, "globex": SAME}, project), tmp_path)
        binary = tool("prometheus-alertmanager")
        with servers.alertmanager(binary, tmp_path, file.parent.parent, servers.free_port(), "secret") as url:
            down = {"alertname": "Down", "severity": "critical", "service": "web", "region": "eu"}
            slow = {"alertname": "Slow", "severity": "warning", "service": "web", "region": "eu"}
            hooks.fire(url, {**down, "tenant": "acme"})
            servers.eventually("the source is there", lambda: len(posts) >= 2)
            others = [
                {**down, "tenant": "globex", "region": "us"},
                {**down, "severity": "critical"},
                {**down, "tenant": "initech"},
            ]
            hooks.fire(url, {**slow, "tenant": "acme"}, {**slow, "tenant": "globex"}, *others)
            servers.eventually("the rest is there", lambda: len(posts) >= 7)
            muted = json.loads(servers.get(f"{url}/api/v2/alerts?inhibited=true&active=false&unprocessed=false"))

    assert [(one["labels"]["tenant"], one["labels"]["alertname"]) for one in muted] == [("acme", "Slow")]
    told = {
        (path, alert["labels"].get("tenant", ""), alert["labels"]["alertname"])
        for path, _, post in posts
        for alert in post["alerts"]
    }
    assert told == {
        ("/v1/alerts/acme/standard", "acme", "Down"),
        ("/v1/alerts/acme/owner-web", "acme", "Down"),
        ("/v1/alerts/globex/standard", "globex", "Down"),
        ("/v1/alerts/globex/owner-web", "globex", "Down"),
        ("/v1/alerts/globex/owner-web", "globex", "Slow"),
        ("/v1/alerts/platform/unrouted", "", "Down"),
        ("/v1/alerts/platform/unrouted", "initech", "Down"),
    }
    for _, _, post in posts:
        assert len({alert["labels"].get("tenant") for alert in post["alerts"]}) == 1
        assert post["groupLabels"].get("tenant") == post["alerts"][0]["labels"].get("tenant")
