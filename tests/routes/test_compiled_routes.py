"""The tree of a tenant: nothing is lost, copies change nothing else, and what a route says holds below it."""

from __future__ import annotations

import json
import tempfile
from itertools import product
from pathlib import Path

import msgspec
import projects
import pytest
import routed
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alertkit import names
from alertkit.compiler.routes.compile import compile_routes
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, Route
from alertkit.model.rules import Source
from alertkit.model.tenant import NativeDefinition, RouteDefinition, Tenant
from alertkit.routing import Tree, matchers
from alertkit.tools import amtool

POLICIES = ("day", "night", "late")
LABELS = [
    {"tenant": "acme", **dict(zip(("severity", "service", "region"), values, strict=True))}
    for values in product(("critical", "warning", ""), ("web", "gone"), ("eu", "us", ""))
]


@pytest.fixture(scope="module")
def acme() -> tuple[Tenant, object]:
    with tempfile.TemporaryDirectory() as folder:
        built = routed.build(Path(folder), {"acme": ""})
    return next(one.compiled.tenant for one in built.tenants if one.tenant == "acme"), built.workspace.project


conditions = st.lists(
    st.builds(
        Matcher,
        st.sampled_from(["severity", "service", "region"]),
        st.sampled_from(["=", "!=", "=~", "!~"]),
        st.sampled_from(["critical", "warning", "web", "eu", ""]),
    ),
    min_size=1,
    max_size=2,
    unique=True,
).map(tuple)


def definitions(depth: int = 2) -> st.SearchStrategy[RouteDefinition]:
    below = st.lists(definitions(depth - 1), max_size=2).map(tuple) if depth else st.just(())
    policy = st.sampled_from(POLICIES if depth == 2 else ("", *POLICIES))
    return st.builds(RouteDefinition, conditions, policy, st.just(Source("a", 1)), follow=st.booleans(), routes=below)


def tree(acme, written: tuple[RouteDefinition, ...], **routing: object) -> Tree:
    tenant, project = acme
    tenant = msgspec.structs.replace(tenant, routing=msgspec.structs.replace(tenant.routing, routes=written, **routing))
    (root,) = compile_routes(tenant, project).routes
    return Tree(Route(receiver="platform/unrouted", routes=(root,)))


def without_copies(written: tuple[RouteDefinition, ...]) -> tuple[RouteDefinition, ...]:
    kept = (route for route in written if not route.follow)
    return tuple(msgspec.structs.replace(route, routes=without_copies(route.routes)) for route in kept)


@settings(max_examples=60)
@given(st.lists(definitions(), max_size=4).map(tuple))
def test_a_route_that_continues_takes_a_copy_and_changes_nothing_for_the_others(acme, written):
    copied, plain = tree(acme, written), tree(acme, without_copies(written))
    for labels in LABELS:
        left = routed.reached(plain, labels)
        assert routed.reached(copied, labels)[-len(left) :] == left, labels


@settings(max_examples=60)
@given(st.lists(definitions(), max_size=4).map(tuple))
def test_every_alert_of_a_tenant_reaches_somebody_of_the_tenant_and_no_other_alert_does(acme, written):
    compiled = tree(acme, written)
    for labels in LABELS:
        receivers = routed.reached(compiled, labels)
        assert receivers
        assert all(receiver.startswith("acme/") for receiver in receivers)
        for other in (
            {**labels, "tenant": "globex"},
            {**labels, "tenant": ""},
            {k: v for k, v in labels.items() if k != "tenant"},
        ):
            assert routed.reached(compiled, other) == ["platform/unrouted"]


@settings(max_examples=40)
@given(st.lists(definitions(), max_size=3).map(tuple))
def test_a_mirror_gets_every_critical_alert_and_takes_none_away(acme, written):
    pager = NativeDefinition("pager", "pagerduty", secrets={"routing_key": "acme/pagerduty"}, mirror=True)
    mirrored, plain = tree(acme, written, receivers=(pager,)), tree(acme, written)
    for labels in LABELS:
        mirror = ["acme/alertmanager/pager"] * (labels["severity"] == "critical")
        assert routed.reached(mirrored, labels) == mirror + routed.reached(plain, labels)


def test_what_no_route_takes_goes_to_the_owner_and_what_nobody_owns_to_the_last_resort(tmp_path):
    built = routed.build(
        tmp_path, {"acme": f"{routed.ESCALATION}routing: {{routes: [{{match: {{severity: critical}}, escalate: day}}]}}\n"}
    )
    found = routed.read_tree(routed.written(built, tmp_path).read_bytes())

    def reached(**labels: str) -> list[str]:
        return routed.reached(found, labels)

    assert reached(tenant="acme", severity="critical", service="web") == ["acme/day"]
    assert reached(tenant="acme", severity="warning", service="web") == ["acme/owner-web"]
    assert reached(tenant="acme", severity="warning", service="unknown") == ["acme/unrouted"]
    assert reached(severity="critical") == ["platform/unrouted"]
    assert reached(tenant="nobody", severity="critical") == ["platform/unrouted"]


def test_matchers_of_all_four_operators_arrive_as_they_were_meant(tmp_path):
    written = [r'severity=~"crit.*"', 'region!="te\\"st, {x}"', r'instance!~"10\\.0\\..*"', "zone=é"]
    acme = f"{routed.ESCALATION}routing: {{routes: [{{matchers: {json.dumps(written)}, escalate: day}}]}}\n"
    found = routed.read_tree(routed.written(routed.build(tmp_path, {"acme": acme}), tmp_path).read_bytes())
    base = {"tenant": "acme", "severity": "critical", "region": "eu", "instance": "10.1.0.1", "zone": "é"}
    assert routed.reached(found, base) == ["acme/day"]
    for wrong in ({"severity": "xcritical"}, {"region": 'te"st, {x}'}, {"instance": "10.0.0.1"}, {"zone": ""}):
        assert routed.reached(found, {**base, **wrong}) == ["acme/unrouted"], wrong


NESTED = """\
routing:
  group_by: [alertname]
  routes:
    - match: {severity: critical}
      escalate: day
      group_by: [service]
      group_wait: 30s
      routes:
        - {matchers: ['region=~"eu-.*"'], group_interval: 5m, repeat_interval: 4h}
        - {matchers: ['region="us"'], escalate: night}
"""


def test_a_nested_route_inherits_policy_grouping_and_times_and_may_say_otherwise(tmp_path):
    built = routed.build(tmp_path, {"acme": routed.ESCALATION + NESTED})
    (root,) = routed.fragment(built).routes
    found = Tree(Route(receiver="r", routes=(root,)))
    (europe,) = found.match({"tenant": "acme", "severity": "critical", "region": "eu-1"})
    assert (europe.receiver, europe.group_by) == ("acme/day", ("tenant", "service"))
    assert (europe.group_wait, europe.group_interval) == (Duration.of(seconds=30), Duration.of(minutes=5))
    assert europe.repeat_interval == Duration.of(hours=4)
    (states,) = found.match({"tenant": "acme", "severity": "critical", "region": "us"})
    assert (states.receiver, states.group_interval) == ("acme/night", Duration.of(minutes=1))
    assert routed.reached(found, {"tenant": "acme", "severity": "warning", "region": "us"}) == ["acme/unrouted"]


def test_every_group_of_every_tenant_holds_the_tenant_label(tmp_path):
    built = routed.build(tmp_path, {"acme": routed.ESCALATION + NESTED, "globex": routed.NATIVE})
    config = yaml.safe_load(routed.written(built, tmp_path).read_bytes())

    def groups(route: dict) -> list[list[str]]:
        own = [route["group_by"]] if "group_by" in route else []
        return own + [group for child in route.get("routes", []) for group in groups(child)]

    found = groups(config["route"])
    assert len(found) == 6
    assert all(group[0] == "tenant" for group in found)


def test_another_tenant_label_is_used_everywhere(tmp_path):
    built = routed.build(tmp_path, {"acme": routed.ESCALATION + NESTED}, "tenancy: {label: org}\n")
    (root,) = routed.fragment(built).routes
    assert root.matchers == (Matcher("org", "=", "acme"),)
    assert root.group_by == ("org", "alertname")
    assert root.routes[0].group_by == ("org", "service")


def test_an_environment_changes_one_receiver_by_name(tmp_path):
    staging = "environments: {staging: {routing: {receivers: [{name: room, channel: '#staging'}]}}}\n"
    folder = projects.make(tmp_path, {"acme": routed.NATIVE + staging}, routed.PROJECT)
    from alertkit import build

    found = {
        one.name: one.address
        for one in routed.fragment(build(folder, environment="staging")).receivers
        if one.name.count("/") == 2
    }
    assert found["acme/alertmanager/room"] == "#staging"
    assert found["acme/alertmanager/mail"] == "ops@acme.example"
    assert names.native_receiver("acme", "room") in found


UGLY = ['a"b', "a\\b", "a\nb", "a,b", "{{ .X }}", "é😀", "# x", "a: b", "'", "}", "~", "null", "12", "a\\nb", '"']


def test_ugly_values_reach_alertmanager_as_they_were_meant(tmp_path, tool):
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    routes_ = "".join(
        f"    - {{match: {{zone: {quoted(value)}}}, escalate: p{number}}}\n"
        f"    - {{matchers: [{quoted(matchers.text(Matcher('rack', '=', value)))}], escalate: p{number}}}\n"
        for number, value in enumerate(UGLY)
    )
    policies = "".join(f"  - {{name: p{number}, steps: [{{notify: [{{team: web}}]}}]}}\n" for number in range(len(UGLY)))
    acme = f"escalation:\n{policies}routing:\n  routes:\n{routes_}"
    file = routed.written(routed.build(tmp_path, {"acme": acme}), tmp_path)
    tool("amtool")
    for number, value in enumerate(UGLY):
        for label in ("zone", "rack"):
            assert amtool.receivers(file, {"tenant": "acme", label: value}) == [f"acme/p{number}"], (label, value)
