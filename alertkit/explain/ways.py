"""The routes an alert takes and does not take, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from alertkit import names
from alertkit.compiler.compile import Compiled
from alertkit.compiler.routes.compile import origins as route_origins
from alertkit.compiler.routes.compile import root_route
from alertkit.explain.model import RouteView
from alertkit.model.route import Fragment, Route
from alertkit.model.tenant import Project, Tenant
from alertkit.routing import Decision, Tree, Verdict
from alertkit.routing import explain as decide
from alertkit.routing.matchers import text
from alertkit.routing.tree import Position


def whole_tree(platform: Tenant, project: Project, fragments: tuple[Fragment, ...]) -> Route:
    """Alertmanager's tree with these tenants, the platform's first."""
    root = root_route(platform, project)
    return Route(
        receiver=root.receiver,
        group_by=root.group_by,
        group_wait=root.group_wait,
        group_interval=root.group_interval,
        repeat_interval=root.repeat_interval,
        routes=tuple(route for fragment in fragments for route in fragment.routes),
    )


def decision(tree: Route, labels: Mapping[str, str]) -> Decision:
    """Where the alert goes in the tree, and why."""
    return decide(Tree(tree), labels)


def view(decided: Decision, builds: tuple[Compiled, ...], project: Project) -> RouteView:
    """The verdicts as they are shown; `builds` are in the order of the tree's children."""
    origins: dict[Position, str] = {(): "the platform's last resort"}
    for index, build in enumerate(builds):
        name = build.tenant.name
        origins[index,] = "the platform's routes" if name == names.PLATFORM else f"tenant {name}"
        origins |= {(index, *below): words for below, words in route_origins(build.tenant, project).items()}
    receivers = {verdict.position: verdict.route.receiver or "" for verdict in decided.verdict.walk()}
    return _view(decided.verdict, decided.labels, origins, receivers, "")


def _view(
    verdict: Verdict,
    labels: Mapping[str, str],
    origins: Mapping[Position, str],
    receivers: Mapping[Position, str],
    above: str,
) -> RouteView:
    route, decided = verdict.route, verdict.decided_by
    receiver = route.receiver or above
    return RouteView(
        outcome=verdict.outcome,
        matchers=tuple(map(text, route.matchers)),
        receiver=receiver,
        origin=origins.get(verdict.position, ""),
        decided=text(decided) if decided else "",
        label=decided.name if decided else "",
        found=labels.get(decided.name, "") if decided else "",
        taken_before_by=receivers.get(verdict.stopped_at, "") or above if verdict.stopped_at is not None else "",
        copies=route.follow,
        routes=tuple(_view(below, labels, origins, receivers, receiver) for below in verdict.routes),
    )
