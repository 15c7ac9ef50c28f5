"""The laws of a tenant's route: nothing of others enters, nothing leaves, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiled import open_example, resolved
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alertkit import names
from alertkit.compiler.routes.compile import compile_routes, policy_names, root_route
from alertkit.model.route import Fragment, Matcher, Route, WebhookReceiver
from alertkit.model.rules import Source
from alertkit.model.tenant import InhibitDefinition, Project, RouteDefinition, Tenant
from alertkit.routing import Tree, inhibited_by

EXAMPLE = """services:
  - {name: web, owner: web}
  - {name: shop, owner: web}
  - {name: login, owner: security}
  - {name: dns, owner: platform}
teams: [{name: web, slack: "#w"}, {name: security, slack: "#s"}]
escalation: [{name: day, steps: [{notify: [{team: web}]}]}, {name: night, steps: [{notify: [{team: web}]}]}]
routing:
  group_by: [alertname, tenant, service]
  routes:
    - {match: {severity: critical, service: shop}, escalate: night}
    - {match: {severity: critical}, escalate: day}
  inhibit:
    - {source: {alertname: Down}, target: {severity: warning}, equal: [region]}
"""
ALERTS = "alerts: [{name: Down, service: web, expr: x > 1, severity: critical, summary: x}]\n"
LABELS = ("tenant", "severity", "service", "region", "alertname")
labels = st.dictionaries(
    st.sampled_from(LABELS),
    st.sampled_from(["acme", "globex", "critical", "warning", "web", "shop", "login", "eu", "Down", "", "x"]),
)
policies = ("day", "night")
matches = st.lists(
    st.builds(
        Matcher,
        st.sampled_from(LABELS[1:]),
        st.sampled_from(["=", "!=", "=~", "!~"]),
        st.sampled_from(["critical", "web", "eu", "", ".*", "a|b"]),
    ),
    max_size=2,
).map(tuple)
routes = st.lists(
    st.builds(
        lambda match, policy, follow, below: RouteDefinition(
            match, policy, Source("a.yaml", 1), follow=follow, routes=tuple(below)
        ),
        matches,
        st.sampled_from(policies),
        st.booleans(),
        st.lists(
            st.builds(lambda m, p: RouteDefinition(m, p, Source("a.yaml", 1)), matches, st.sampled_from(policies)), max_size=2
        ),
    ),
    max_size=4,
).map(tuple)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tenant, Project, Tenant]:
    folder = tmp_path_factory.mktemp("base")
    tenant, scope = resolved(folder, EXAMPLE + ALERTS)
    return tenant, scope.project, open_example(folder, EXAMPLE + ALERTS).platform


def tree_of(*fragments: Fragment, root: Route) -> Tree:
    return Tree(replace(root, routes=tuple(route for fragment in fragments for route in fragment.routes)))


def receivers(tree: Tree, given_labels: dict[str, str]) -> list[str]:
    return [path.receiver for path in tree.match(given_labels)]


@given(written=routes, alert=labels)
def test_a_tenant_s_alerts_reach_the_tenant_s_receivers_and_no_others(
    written: tuple[RouteDefinition, ...], alert: dict[str, str], base: tuple[Tenant, Project, Tenant]
) -> None:
    tenant, project, platform = base
    acme = replace(tenant, routing=replace(tenant.routing, routes=written))
    globex = replace(tenant, name="globex")
    tree = tree_of(compile_routes(acme, project), compile_routes(globex, project), root=root_route(platform, project))
    owner = alert.get("tenant", "")
    expected = owner if owner in ("acme", "globex") else "platform"
    assert {name.partition("/")[0] for name in receivers(tree, alert)} == {expected}


@given(written=routes, alert=labels)
def test_every_alert_of_a_tenant_reaches_a_policy_of_its_own_that_is_compiled(
    written: tuple[RouteDefinition, ...], alert: dict[str, str], base: tuple[Tenant, Project, Tenant]
) -> None:
    tenant, project, platform = base
    acme = replace(tenant, routing=replace(tenant.routing, routes=written))
    fragment = compile_routes(acme, project)
    found = receivers(tree_of(fragment, root=root_route(platform, project)), {**alert, "tenant": "acme"})
    known = {names.receiver("acme", policy) for policy in policy_names(acme)}
    assert found
    assert set(found) <= known == {receiver.name for receiver in fragment.receivers}


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        ({"severity": "critical", "service": "shop"}, "acme/night"),
        ({"severity": "critical", "service": "web"}, "acme/day"),
        ({"severity": "warning", "service": "shop"}, "acme/owner-web"),
        ({"severity": "warning", "service": "login"}, "acme/owner-security"),
        ({"severity": "warning", "service": "dns"}, "acme/owner-platform"),
        ({"severity": "warning"}, "acme/unrouted"),
        ({"severity": "warning", "service": "webx"}, "acme/unrouted"),
    ],
)
def test_the_author_s_routes_go_first_then_the_service_s_owner_then_the_last_resort(
    alert: dict[str, str], receiver: str, base: tuple[Tenant, Project, Tenant]
) -> None:
    tenant, project, platform = base
    tree = tree_of(compile_routes(tenant, project), root=root_route(platform, project))
    assert receivers(tree, {**alert, "tenant": "acme"}) == [receiver]


def test_an_alert_of_no_tenant_is_the_platform_s(base: tuple[Tenant, Project, Tenant]) -> None:
    tenant, project, platform = base
    tree = tree_of(compile_routes(tenant, project), root=root_route(platform, project))
    assert receivers(tree, {"severity": "critical"}) == ["platform/unrouted"]
    assert receivers(tree, {"tenant": "acme-2"}) == ["platform/unrouted"]


def test_notifications_are_grouped_by_the_tenant_first_and_once(base: tuple[Tenant, Project, Tenant]) -> None:
    tenant, project, platform = base
    assert compile_routes(tenant, project).routes[0].group_by == ("tenant", "alertname", "service")
    assert root_route(platform, project).group_by[0] == "tenant"


def test_the_tenant_s_own_route_never_continues(base: tuple[Tenant, Project, Tenant]) -> None:
    tenant, project, _ = base
    (route,) = compile_routes(tenant, project).routes
    assert route.matchers == (Matcher("tenant", "=", "acme"),)
    assert not route.follow


def test_a_receiver_posts_to_the_path_of_its_policy_with_the_tenant_s_token(tmp_path: Path) -> None:
    project = "# alertkit.yaml\nreceiver: {url: 'https://a.example/', credentials_file: 'tokens/{tenant}', max_alerts: 9}\n"
    tenant, scope = resolved(tmp_path, project + "# tenants/acme.yaml\n" + EXAMPLE + ALERTS)
    receiver = compile_routes(tenant, scope.project).receivers[0]
    assert receiver == WebhookReceiver("acme/day", "https://a.example/v1/alerts/acme/day", "tokens/acme", 9)


def test_an_alert_mutes_only_alerts_of_its_own_tenant(base: tuple[Tenant, Project, Tenant]) -> None:
    tenant, project, _ = base
    rules = compile_routes(tenant, project).inhibit
    source = {"tenant": "acme", "alertname": "Down", "region": "eu"}
    target = {"tenant": "acme", "alertname": "Slow", "severity": "warning", "region": "eu"}
    assert inhibited_by(rules, target, [source])
    assert not inhibited_by(rules, {**target, "tenant": "globex"}, [source])
    assert not inhibited_by(rules, target, [{**source, "tenant": "globex"}])
    assert not inhibited_by(rules, {**target, "tenant": "globex"}, [{**source, "tenant": "globex"}])


def test_a_label_that_neither_alert_has_is_not_equal(base: tuple[Tenant, Project, Tenant]) -> None:
    tenant, project, _ = base
    rules = compile_routes(tenant, project).inhibit
    source, target = {"tenant": "acme", "alertname": "Down"}, {"tenant": "acme", "severity": "warning"}
    assert not inhibited_by(rules, target, [source])
    assert not inhibited_by(rules, {**target, "region": ""}, [{**source, "region": ""}])
    assert Matcher("region", "=~", ".+") in rules[0].source
    assert Matcher("region", "=~", ".+") in rules[0].target


@given(
    source=matches,
    target=matches,
    equal=st.lists(st.sampled_from(LABELS[1:]), max_size=2, unique=True).map(tuple),
    muted=labels,
    firing=st.lists(labels, max_size=3),
)
def test_no_inhibit_rule_reaches_over_the_border_of_its_tenant(
    source: tuple[Matcher, ...],
    target: tuple[Matcher, ...],
    equal: tuple[str, ...],
    muted: dict[str, str],
    firing: list[dict[str, str]],
    base: tuple[Tenant, Project, Tenant],
) -> None:
    tenant, project, _ = base
    rule = InhibitDefinition(source, target, equal)
    rules = compile_routes(replace(tenant, routing=replace(tenant.routing, inhibit=(rule,))), project).inhibit
    for found in inhibited_by(rules, muted, firing):
        assert (muted.get("tenant"), found.source.get("tenant")) == ("acme", "acme")
