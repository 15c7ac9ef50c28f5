"""A tenant's part of Alertmanager's configuration: one route that only its own alerts enter, and never leave.

The tree below the tenant's label, in order: alertkit's own health (the platform's only) → mirrors, which take a copy of every
critical alert → the author's routes → the owner of the alert's service → the last resort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from alertkit import names
from alertkit.compiler.routes import native as routes_native
from alertkit.compiler.rules import health
from alertkit.model.route import Fragment, InhibitRule, Matcher, Route, WebhookReceiver
from alertkit.model.tenant import InhibitDefinition, Project, RouteDefinition, Tenant
from alertkit.routing.tree import Position

CRITICAL = Matcher(names.LABEL_SEVERITY, "=", names.SEVERITIES[0])


def compile_routes(tenant: Tenant, project: Project) -> Fragment:
    """The fragment of one tenant. Receivers stand for all of its policies, whether a route names them or not."""
    own = Matcher(project.label, "=", tenant.name)
    routing = tenant.routing
    children = (
        *(health.routes(project) if tenant.name == names.PLATFORM else ()),
        *_mirrors(tenant),
        *_Compiled(tenant, project).routes(routing.routes),
        *(() if routing.notify else _owner_routes(tenant)),
    )
    root = Route(
        matchers=(own,),
        receiver=last_resort(tenant),
        group_by=with_tenant(project, routing.group_by),
        group_wait=routing.timings.group_wait,
        group_interval=routing.timings.group_interval,
        repeat_interval=routing.timings.repeat_interval,
        routes=_lossless(children),
    )
    return Fragment(
        tenant=tenant.name,
        routes=(root,),
        receivers=(
            *(_receiver(tenant.name, policy, project) for policy in policy_names(tenant)),
            *(routes_native.receiver(tenant.name, one, project) for one in routing.receivers),
        ),
        inhibit=tuple(_inhibit(rule, own) for rule in routing.inhibit),
        intervals=tuple(msgspec.structs.replace(one, name=names.interval(tenant.name, one.name)) for one in routing.intervals),
    )


def root_route(platform: Tenant, project: Project) -> Route:
    """The root of the tree: the platform's last resort, grouped so that no two tenants share a notification."""
    timings = platform.routing.timings
    return Route(
        receiver=last_resort(platform),
        group_by=(project.label, "alertname"),
        group_wait=timings.group_wait,
        group_interval=timings.group_interval,
        repeat_interval=timings.repeat_interval,
    )


def count(routes: Iterable[Route]) -> int:
    """How many routes there are, with those below."""
    return sum(1 + count(route.routes) for route in routes)


def origins(tenant: Tenant, project: Project) -> dict[Position, str]:
    """Where each route below the tenant's own comes from, by its position there: `file:line`, or what alertkit makes it for."""
    watching = ["alertkit's own health"] * len(health.routes(project)) if tenant.name == names.PLATFORM else []
    before = [*watching, *("mirror of critical alerts" for _ in _mirrors(tenant))]
    found: dict[Position, str] = {(index,): words for index, words in enumerate(before)}
    found |= dict(_written_origins(tenant.routing.routes, (), len(before)))
    place = len(before) + len(tenant.routing.routes)
    if not tenant.routing.notify:
        for owner in owners(tenant):
            found[place,] = f"services of {owner.removeprefix(names.lent(''))}"
            place += 1
    return {**found, (place,): "whatever is left"}


def _written_origins(written: Iterable[RouteDefinition], above: Position, first: int = 0) -> Iterator[tuple[Position, str]]:
    for index, one in enumerate(written, first):
        yield (*above, index), f"{one.source.file}:{one.source.line}"
        yield from _written_origins(one.routes, (*above, index))
        yield (*above, index, len(one.routes)), "whatever is left"


def last_resort(tenant: Tenant) -> str:
    """The receiver of what no route takes."""
    notify = tenant.routing.notify
    return names.native_receiver(tenant.name, notify) if notify else names.receiver(tenant.name, names.POLICY_UNROUTED)


def policy_names(tenant: Tenant) -> tuple[str, ...]:
    """Every policy that alerts can reach: the written ones and, unless a native receiver takes their alerts, the owners' and
    the last resort."""
    if tenant.routing.notify:
        return tuple(tenant.policies)
    return (*tenant.policies, *map(names.owner_policy, owners(tenant)), names.POLICY_UNROUTED)


def owners(tenant: Tenant) -> tuple[str, ...]:
    """Teams that own a service, in the order of the services."""
    return tuple(dict.fromkeys(service.owner for service in tenant.services))


def with_tenant(project: Project, labels: Iterable[str]) -> tuple[str, ...]:
    """Labels to group by: the tenant's first, so that no notification holds alerts of two."""
    return (project.label, *(label for label in labels if label != project.label))


def _mirrors(tenant: Tenant) -> tuple[Route, ...]:
    return tuple(
        Route(matchers=(CRITICAL,), receiver=names.native_receiver(tenant.name, one.name), follow=True)
        for one in tenant.routing.receivers
        if one.mirror
    )


def _lossless(routes: tuple[Route, ...], intervals: Intervals | None = None) -> tuple[Route, ...]:
    """Siblings, and after them one that matches everything where one of them continues.

    Alertmanager asks the route above only when none below it matches, and one that only takes a copy matches too.
    """
    last = intervals or Intervals()
    return (*routes, last.on(Route())) if any(route.follow for route in routes) else routes


class Intervals(msgspec.Struct, frozen=True):
    """When a route to a native receiver is muted, and when alone it is active: names of intervals as Alertmanager has them."""

    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()

    def below(self, tenant: str, one: RouteDefinition) -> Intervals:
        """What holds on a route below: its own, or else these."""
        mute, active = (tuple(names.interval(tenant, name) for name in found) for found in (one.mute, one.active))
        return Intervals(mute or self.mute, active or self.active)

    def on(self, route: Route) -> Route:
        """The route with them."""
        return msgspec.structs.replace(route, mute_time_intervals=self.mute, active_time_intervals=self.active)


class _Compiled:
    """The author's routes as Alertmanager's. What a route says holds below it: intervals, too, which Alertmanager forgets."""

    def __init__(self, tenant: Tenant, project: Project) -> None:
        self._tenant, self._project = tenant.name, project
        self._notify = tenant.routing.notify

    def routes(self, written: Iterable[RouteDefinition]) -> tuple[Route, ...]:
        return tuple(self._route(one, Intervals(), native=bool(self._notify)) for one in written)

    def _route(self, one: RouteDefinition, above: Intervals, *, native: bool) -> Route:
        native = bool(one.notify) or (native and not one.policy)
        intervals = above.below(self._tenant, one) if native else Intervals()
        below = tuple(self._route(child, intervals, native=native) for child in one.routes)
        route = Route(
            matchers=one.match,
            receiver=self._receiver(one),
            group_by=with_tenant(self._project, one.group_by) if one.group_by else (),
            group_wait=one.group_wait,
            group_interval=one.group_interval,
            repeat_interval=one.repeat_interval,
            follow=one.follow,
            routes=_lossless(below, intervals),
        )
        return intervals.on(route)

    def _receiver(self, one: RouteDefinition) -> str | None:
        if one.notify:
            return names.native_receiver(self._tenant, one.notify)
        return names.receiver(self._tenant, one.policy) if one.policy else None


def _owner_routes(tenant: Tenant) -> tuple[Route, ...]:
    return tuple(
        Route(matchers=(_services_of(owner, tenant),), receiver=names.receiver(tenant.name, names.owner_policy(owner)))
        for owner in owners(tenant)
    )


def _services_of(owner: str, tenant: Tenant) -> Matcher:
    # Names of services hold no character that a regular expression reads specially.
    services = [service.name for service in tenant.services if service.owner == owner]
    return Matcher(names.LABEL_SERVICE, "=" if len(services) == 1 else "=~", "|".join(services))


def _receiver(tenant: str, policy: str, project: Project) -> WebhookReceiver:
    target = project.receiver
    return WebhookReceiver(
        name=names.receiver(tenant, policy),
        url=target.url + names.alerts_path(tenant, policy),
        credentials_file=target.credentials_file.replace("{tenant}", tenant),
        max_alerts=target.max_alerts,
        tls=target.tls,
    )


def _inhibit(rule: InhibitDefinition, own: Matcher) -> InhibitRule:
    # A label that neither alert has counts as equal in Alertmanager, so each one is required to be there.
    present = tuple(Matcher(label, "=~", ".+") for label in rule.equal)
    return InhibitRule(
        source=(own, *rule.source_match, *present),
        target=(own, *rule.target_match, *present),
        equal=(own.name, *rule.equal),
    )
