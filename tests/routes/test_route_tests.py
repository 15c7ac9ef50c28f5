"""Tests of the routing: those of a definition, those that every tenant must pass, offline and asked of amtool."""

from __future__ import annotations

import projects
import pytest
import routed

import alertkit
from alertkit.compiler.proof import routes
from alertkit.compiler.proof.routes import Reach, run_route_tests
from alertkit.compiler.proof.verify import Verifier
from alertkit.compiler.workspace import open_project

ACME = """\
people: [{id: amelie, name: Amélie, slack: U0AMELIE}, {id: jonas, name: Jonas, slack: U0JONAS1}]
schedules:
  - name: primary
    layers: [{rotation: weekly, handoff: Mon 09:00, from: "2026-01-05", members: [amelie, jonas]}]
escalation:
  - {name: standard, steps: [{notify: [{schedule: primary}]}, {after: 15m, notify: [{person: amelie}]}]}
  - {name: office, active: {weekdays: Mon-Fri, hours: "09:00-18:00"}, steps: [{notify: [{team: web}]}]}
maintenance:
  - {from: "2026-12-01T22:00", until: "2026-12-02T04:00", match: {service: web}, reason: Upgrade}
routing:
  receivers: [{name: room, type: slack, channel: "#room", url: {secret: hook}}]
  intervals: [{name: nights, times: [{hours: "22:00-06:00"}]}]
  routes:
    - {match: {severity: critical}, escalate: standard}
    - {match: {severity: warning}, escalate: office}
    - {match: {severity: info}, notify: room, mute: [nights]}
  tests:
    - %s
"""
RIGHT = [
    "{name: t, labels: {severity: critical}, reaches: {policy: standard}}",
    "{name: t, labels: {severity: info}, reaches: {receiver: room}}",
    '{name: t, labels: {severity: critical}, at: "2026-11-21T03:00", reaches: {policy: standard, person: jonas}}',
    '{name: t, labels: {severity: critical}, at: "2026-11-21T03:00", within: 15m, reaches: {person: amelie}}',
    "{name: t, labels: {service: web}, reaches: {policy: owner-web}}",
    "{name: t, labels: {service: other}, reaches: {policy: unrouted}}",
    '{name: t, labels: {severity: warning}, at: "2026-11-21T03:00", reaches: nobody}',
    '{name: t, labels: {severity: critical, service: web}, at: "2026-12-02T03:00", reaches: nobody}',
    '{name: t, labels: {severity: info}, at: "2026-11-21T23:00", reaches: nobody}',
]
NIGHT, DAY = 'at: "2026-11-21T03:00"', 'at: "2026-11-20T10:00"'
WRONG = {
    "{name: t, labels: {severity: critical}, reaches: {policy: office}}": "it reaches acme/standard, not acme/office",
    "{name: t, labels: {severity: critical}, reaches: {receiver: room}}": "not acme/alertmanager/room",
    f"{{name: t, labels: {{severity: critical}}, {NIGHT}, reaches: {{person: amelie}}}}": "person/jonas would be told, not",
    f"{{name: t, labels: {{severity: critical}}, {NIGHT}, within: 14m, reaches: {{person: amelie}}}}": "not person/amelie",
    f"{{name: t, labels: {{severity: critical}}, {NIGHT}, reaches: nobody}}": "person/jonas would be told",
    f"{{name: t, labels: {{severity: warning}}, {DAY}, reaches: nobody}}": "team/web would be told",
    f"{{name: t, labels: {{severity: warning}}, {NIGHT}, reaches: {{person: amelie}}}}": "nobody would be told, not person",
    f"{{name: t, labels: {{severity: info}}, {DAY}, reaches: nobody}}": "acme/alertmanager/room would be told",
}


def written(folder, test: str):
    built = routed.build(folder, {"acme": ACME % test})
    (found,) = [result for result in run_route_tests(built) if result.source]
    return found


@pytest.mark.parametrize("test", RIGHT)
def test_a_test_that_holds_passes(tmp_path, test):
    result = written(tmp_path, test)
    assert result.passed, result.failure
    assert (result.source.file, result.source.line) == ("tenants/acme.yaml", 18)


@pytest.mark.parametrize("test", WRONG)
def test_a_test_that_does_not_hold_says_what_happens_instead(tmp_path, test):
    result = written(tmp_path, test)
    assert WRONG[test] in result.failure


def test_under_simulation_nobody_is_told(tmp_path):
    acme = ACME % RIGHT[0].replace("reaches: {policy: standard}", 'at: "2026-11-21T03:00", reaches: nobody')
    built = routed.build(tmp_path, {"acme": acme.replace("routing:\n", "routing:\n  simulate: true\n")})
    assert all(result.passed for result in run_route_tests(built))


def test_every_tenant_severity_service_and_stranger_is_tested_without_being_asked(tmp_path):
    built = routed.build(tmp_path, {"acme": ACME % RIGHT[0], "globex": routed.NATIVE})
    results = [result for result in run_route_tests(built) if not result.source]
    assert all(result.passed for result in results)
    asked = [(result.labels.get("tenant"), result.labels.get("severity"), result.labels.get("service")) for result in results]
    assert len(asked) == len(set(asked)) == 2 * 4 * 3 + 4 * 2 + 4 * 2
    assert ("acme", "critical", "web") in asked
    assert ("globex", None, None) in asked
    assert (None, "warning", None) in asked
    assert ("unknown.of-no-tenant", "info", None) in asked


def test_a_tenant_with_problems_is_left_out(tmp_path):
    built = alertkit.build(projects.make(tmp_path, {"acme": "timezone: Mars/Olympus\n", "globex": ""}))
    assert {result.tenant for result in run_route_tests(built)} == {"platform", "globex"}


@pytest.mark.parametrize(
    ("receivers", "failure"),
    [
        (["acme/a", "acme/b"], ""),
        (["acme/b"], "it reaches acme/b, not acme/a"),
        (["acme/a", "globex/x"], "it reaches globex/x, which only alerts of others may"),
        ([], "it reaches no receiver, not acme/a"),
    ],
)
def test_a_test_fails_when_somebody_is_missing_and_when_somebody_foreign_is_told(receivers, failure):
    assert Reach("acme", "t", {}, "acme/", ("acme/a",)).against(receivers) == failure


def test_amtool_agrees_with_every_test_that_is_asked_of_it(tmp_path, tool):
    tool("amtool"), tool("promtool")
    built = routed.build(tmp_path, {"acme": ACME % RIGHT[0], "globex": routed.NATIVE})
    verifier = Verifier.find(built.workspace)
    assert [problem for one in built.tenants for problem in verifier.tenant(one)] == []


def test_a_test_that_amtool_answers_otherwise_is_a_problem_at_its_line(tmp_path, tool):
    tool("amtool"), tool("promtool")
    built = routed.build(tmp_path, {"acme": ACME % next(iter(WRONG))})
    space = open_project(tmp_path)
    (problem,) = [found for one in built.tenants for found in Verifier.find(space).tenant(one)]
    assert (problem.code, problem.file, problem.line) == ("AK903", "tenants/acme.yaml", 18)
    assert "it reaches acme/standard, not acme/office" in problem.message


def test_the_offline_answer_is_amtool_s_for_the_same_labels(tmp_path, tool):
    from alertkit.tools import amtool

    tool("amtool")
    built = routed.build(tmp_path, {"acme": ACME % RIGHT[0], "globex": routed.NATIVE})
    file = routed.written(built, tmp_path)
    tree, project = routed.read_tree(file.read_bytes()), built.workspace.project
    compiled = [one.compiled for one in built.tenants]
    for reach in [reach for one in compiled for reach in routes.generated(one, project)]:
        assert amtool.receivers(file, reach.labels) == routed.reached(tree, reach.labels), reach


def test_amtool_that_cannot_read_a_configuration_is_not_taken_for_an_answer(tmp_path, tool):
    from alertkit.errors import ContractError
    from alertkit.tools import amtool

    tool("amtool")
    (tmp_path / "broken.yaml").write_text("route: {}\n")
    with pytest.raises(ContractError, match="amtool does not route"):
        amtool.receivers(tmp_path / "broken.yaml", {"a": "b"})
