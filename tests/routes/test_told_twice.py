"""Definitions that pass never send one alert to one target twice, and those that do are refused."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
import routed
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alertkit.compiler.checks import routes as checks
from alertkit.compiler.resolve import routing
from alertkit.compiler.routes.compile import compile_routes
from alertkit.model.route import Route
from alertkit.model.rules import Source
from alertkit.routing import Tree

LABELS = [
    {"tenant": "acme", **dict(zip(("severity", "service", "region"), values, strict=True))}
    for values in product(("critical", "warning", ""), ("web", "gone"), ("eu", "us", ""))
]


@pytest.fixture(scope="module")
def acme(tmp_path_factory):
    built = routed.build(tmp_path_factory.mktemp("twice"), {"acme": routed.ESCALATION})
    return built.workspace.scope("acme"), next(one.compiled.tenant for one in built.tenants if one.tenant == "acme")


def written(depth: int = 1) -> st.SearchStrategy[dict]:
    matches = st.dictionaries(
        st.sampled_from(["severity", "service", "region"]), st.sampled_from(["critical", "web", "eu"]), min_size=1
    )
    patterns = st.sampled_from([['severity=~"critical|warning"'], ['region!=""'], ['severity!="critical"'], ['service!~"w.*"']])
    condition = matches.map(lambda match: {"match": match}) | patterns.map(lambda matchers: {"matchers": matchers})
    rest = {"escalate": st.sampled_from(["day", "night"]), "continue": st.booleans()}
    if depth:
        rest["routes"] = st.lists(written(depth - 1), max_size=2)
    return st.builds(lambda one, other: {**one, **other}, condition, st.fixed_dictionaries(rest))


def reached(acme, data: list[dict]) -> list[list[str]]:
    scope, tenant = acme
    definitions = routing.routes(data, (), lambda path: Source("a", 1))
    tenant = msgspec.structs.replace(tenant, routing=msgspec.structs.replace(tenant.routing, routes=definitions))
    tree = Tree(Route(receiver="r", routes=compile_routes(tenant, scope.project).routes))
    return [routed.reached(tree, labels) for labels in LABELS]


def is_refused(acme, data: list[dict]) -> bool:
    found = checks.check({"routing": {"routes": data}, "escalation": [{"name": "day"}, {"name": "night"}]}, acme[0])
    return any(finding.code == "AK606" for finding in found)


@settings(max_examples=150)
@given(st.lists(written(), min_size=1, max_size=3))
def test_what_is_not_refused_tells_nobody_twice(acme, data):
    assume(not is_refused(acme, data))
    assert all(len(receivers) == len(set(receivers)) for receivers in reached(acme, data))


def test_a_copy_and_a_later_route_that_never_meet_are_taken(acme):
    copy = {"match": {"severity": "critical"}, "escalate": "day", "continue": True}
    assert not is_refused(acme, [copy, {"match": {"severity": "warning"}, "escalate": "day"}])
    assert not is_refused(acme, [copy, {"matchers": ['severity!="critical"'], "escalate": "day"}])
    assert is_refused(acme, [copy, {"matchers": ['severity=~"crit.*"'], "escalate": "day"}])


def test_a_route_does_not_count_for_what_a_route_below_it_surely_takes(acme):
    below = {"match": {"service": "web"}, "escalate": "night"}
    copy = {"match": {"severity": "critical"}, "escalate": "day", "continue": True, "routes": [below]}
    assert not is_refused(acme, [copy, {"match": {"severity": "critical", "service": "web"}, "escalate": "day"}])
    assert is_refused(acme, [copy, {"match": {"severity": "critical"}, "escalate": "day"}])
