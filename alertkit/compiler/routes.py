"""A tenant's part of Alertmanager's configuration: one route that only its own alerts enter, and never leave.

The tree: the tenant's label → the author's routes in order → the owner of the alert's service → `unrouted`.
"""

from __future__ import annotations

from alertkit import names
from alertkit.model.route import Fragment, InhibitRule, Matcher, Route, WebhookReceiver
from alertkit.model.tenant import InhibitDefinition, Project, Tenant


def compile_routes(tenant: Tenant, project: Project) -> Fragment:
    """The fragment of one tenant. Receivers stand for all of its policies, whether a route names them or not."""
    own = Matcher(project.label, "=", tenant.name)
    timings = tenant.routing.timings
    root = Route(
        matchers=(own,),
        receiver=names.receiver(tenant.name, names.POLICY_UNROUTED),
        group_by=(project.label, *(label for label in tenant.routing.group_by if label != project.label)),
        group_wait=timings.group_wait,
        group_interval=timings.group_interval,
        repeat_interval=timings.repeat_interval,
        routes=(*_written_routes(tenant), *_owner_routes(tenant)),
    )
    return Fragment(
        tenant=tenant.name,
        routes=(root,),
        receivers=tuple(_receiver(tenant.name, policy, project) for policy in policy_names(tenant)),
        inhibit=tuple(_inhibit(rule, own) for rule in tenant.routing.inhibit),
    )


def root_route(platform: Tenant, project: Project) -> Route:
    """The root of the tree: the platform's last resort, grouped so that no two tenants share a notification."""
    timings = platform.routing.timings
    return Route(
        receiver=names.receiver(names.PLATFORM, names.POLICY_UNROUTED),
        group_by=(project.label, "alertname"),
        group_wait=timings.group_wait,
        group_interval=timings.group_interval,
        repeat_interval=timings.repeat_interval,
    )


def policy_names(tenant: Tenant) -> tuple[str, ...]:
    """Every policy that alerts can reach: the written ones, the owners' and the last resort."""
    return (*tenant.policies, *map(names.owner_policy, owners(tenant)), names.POLICY_UNROUTED)


def owners(tenant: Tenant) -> tuple[str, ...]:
    """Teams that own a service, in the order of the services."""
    return tuple(dict.fromkeys(service.owner for service in tenant.services))


def _written_routes(tenant: Tenant) -> tuple[Route, ...]:
    return tuple(
        Route(matchers=route.match, receiver=names.receiver(tenant.name, route.policy)) for route in tenant.routing.routes
    )


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
    )


def _inhibit(rule: InhibitDefinition, own: Matcher) -> InhibitRule:
    # A label that neither alert has counts as equal in Alertmanager, so each one is required to be there.
    present = tuple(Matcher(label, "=~", ".+") for label in rule.equal)
    return InhibitRule(
        source=(own, *rule.source_match, *present),
        target=(own, *rule.target_match, *present),
        equal=(own.name, *rule.equal),
    )
