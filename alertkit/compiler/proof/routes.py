"""Tests of the routing, without a running Alertmanager: those that definitions hold, and those that every tenant must pass.

run_route_tests(build("my-project"))      # one result for each test
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from alertkit import names, oncall
from alertkit.compiler.api import Build
from alertkit.compiler.compile import Compiled
from alertkit.compiler.routes.compile import root_route
from alertkit.model.route import Route
from alertkit.model.rules import Source
from alertkit.model.tenant import Project, RouteTest
from alertkit.oncall.paging import moments
from alertkit.routing import Path, Tree

UNKNOWN: Final = "unknown.of-no-tenant"
"""A value that no name of a tenant or service can have."""


class Reach(msgspec.Struct, frozen=True):
    """Which receivers alerts with these labels must reach: all those of `wanted`, none but those that begin with `only`."""

    tenant: str
    name: str
    labels: dict[str, str]
    only: str
    wanted: tuple[str, ...] = ()
    source: Source | None = None

    def against(self, receivers: Sequence[str]) -> str:
        """What is wrong about the receivers that were reached; "" when nothing is."""
        reached = ", ".join(receivers) or "no receiver"
        for name in self.wanted:
            if name not in receivers:
                return f"it reaches {reached}, not {name}"
        foreign = [name for name in receivers if not name.startswith(self.only)]
        return f"it reaches {', '.join(foreign)}, which only alerts of others may" if foreign or not receivers else ""


class RouteResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """One test and how it went. `source` is the line of a written test; generated ones have none."""

    tenant: str
    name: str
    labels: dict[str, str]
    failure: str = ""
    source: Source | None = None

    @property
    def passed(self) -> bool:
        """True when nothing is wrong."""
        return not self.failure


def run_route_tests(build: Build) -> tuple[RouteResult, ...]:
    """Every test of every tenant that could be compiled, the written ones of a tenant before the generated ones."""
    project = build.workspace.project
    compiled = [one.compiled for one in build.tenants if one.compiled is not None]
    root = root_route(build.workspace.platform, project)
    below = tuple(route for one in compiled for route in one.fragment.routes)
    tree = Tree(msgspec.structs.replace(root, routes=below))
    asked = [result for one in compiled for result in _results(one, project, tree)]
    return (*asked, *(_result(reach, tree) for reach in strangers(root, project)))


def _results(one: Compiled, project: Project, tree: Tree) -> Iterator[RouteResult]:
    for test, reach in zip(one.tenant.routing.tests, written(one, project), strict=True):
        result = _result(reach, tree)
        yield msgspec.structs.replace(result, failure=result.failure or _told(test, one, tree.match(reach.labels), reach.labels))
    yield from (_result(reach, tree) for reach in generated(one, project))


def _result(reach: Reach, tree: Tree) -> RouteResult:
    receivers = [path.receiver for path in tree.match(reach.labels)]
    return RouteResult(reach.tenant, reach.name, reach.labels, reach.against(receivers), reach.source)


def written(one: Compiled, project: Project) -> Iterator[Reach]:
    """What the tests of a definition say about receivers."""
    tenant = one.tenant.name
    for test in one.tenant.routing.tests:
        wanted = [names.receiver(tenant, test.policy)] if test.policy else []
        wanted += [names.native_receiver(tenant, test.receiver)] if test.receiver else []
        labels = {**test.labels, project.label: tenant}
        yield Reach(tenant, test.name, labels, names.receiver(tenant, ""), tuple(wanted), test.source)


def generated(one: Compiled, project: Project, services: int | None = None) -> Iterator[Reach]:
    """Each severity × each service (the first few with `services`), none and an unknown one: always somebody of the tenant."""
    tenant = one.tenant.name
    mirrors = tuple(names.native_receiver(tenant, receiver.name) for receiver in one.tenant.routing.receivers if receiver.mirror)
    known = [service.name for service in one.tenant.services][:services]
    for severity in (*names.SEVERITIES, ""):
        for service in (*known, "", UNKNOWN):
            labels = {project.label: tenant, names.LABEL_SEVERITY: severity, names.LABEL_SERVICE: service}
            wanted = mirrors if severity == names.SEVERITIES[0] else ()
            name = f"severity {severity or 'missing'}, service {service or 'missing'}: only {tenant} is told"
            yield Reach(tenant, name, _without_empty(labels), names.receiver(tenant, ""), wanted)


def strangers(root: Route, project: Project) -> Iterator[Reach]:
    """Alerts without the tenant label, and of a tenant that nobody knows: the platform's last resort alone."""
    last = root.receiver or ""
    for severity in (*names.SEVERITIES, ""):
        for tenant in ("", UNKNOWN):
            labels = {project.label: tenant, names.LABEL_SEVERITY: severity}
            name = f"severity {severity or 'missing'}, {'unknown' if tenant else 'no'} tenant: only the platform is told"
            yield Reach(names.PLATFORM, name, _without_empty(labels), last, (last,))


def _without_empty(labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}


def _told(test: RouteTest, one: Compiled, ways: Iterable[Path], labels: dict[str, str]) -> str:
    """What is wrong about the people who are told."""
    if test.at is None or not (test.person or test.nobody):
        return ""
    at = oncall.instant(test.at, oncall.zone(one.tenant.timezone))
    told = [recipient for way in ways for recipient in _recipients(one, way, at, test, labels)]
    if test.nobody:
        return f"{', '.join(dict.fromkeys(told))} would be told" if told else ""
    if f"person/{test.person}" in told:
        return ""
    return f"{', '.join(dict.fromkeys(told)) or 'nobody'} would be told, not person/{test.person}"


def _recipients(one: Compiled, way: Path, at: dt.datetime, test: RouteTest, labels: dict[str, str]) -> Iterator[str]:
    """Whoever is told in time: people, teams, channels, and Alertmanager's own receivers."""
    policy = one.policy.policies.get(way.receiver.removeprefix(names.receiver(one.tenant.name, "")))
    opened = at + dt.timedelta(milliseconds=way.group_wait.ms)
    if policy is None:
        yield from () if _muted(one, way.route, opened) else (way.receiver,)
    elif not one.policy.simulate:
        last = opened + dt.timedelta(milliseconds=test.within.ms)
        for moment in moments(one.policy, policy, opened, labels):
            yield from (page.recipient for page in moment.pages if page.at <= last)


def _muted(one: Compiled, route: Route, at: dt.datetime) -> bool:
    known = {interval.name: oncall.in_interval(interval, at) for interval in one.fragment.intervals}
    active = route.active_time_intervals
    return any(known[name] for name in route.mute_time_intervals) or (bool(active) and not any(known[name] for name in active))
