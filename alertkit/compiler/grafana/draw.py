"""A tenant's dashboards and what provisions them, or the problems that keep Grafana from showing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from alertkit import dashboards, names, paths
from alertkit.compiler.compile import Compiled
from alertkit.compiler.grafana import foreign, provisioning
from alertkit.compiler.writing.emit import emit
from alertkit.dashboards import Checker, ViewContext, dead_links, lint
from alertkit.dashboards.current import Json
from alertkit.errors import Problem
from alertkit.model.artifact import Drawing, Files
from alertkit.model.tenant import Project, Tenant

_OWN: dict[str, tuple[()]] = dict.fromkeys(lint.OWN, ())
"""Exclusions of alertkit's own views: those rules count nowhere."""
_LARGEST = 1_048_576
"""Bytes of what a ConfigMap holds (Kubernetes' MaxSecretSize)."""


def draw(tenant: Tenant, project: Project, compiled: Compiled, own: Mapping[str, Path]) -> Drawing:
    """Every view that something feeds, checked alone and against each other. `own` are builders of the project's, which are
    trusted."""
    context = ViewContext.of(tenant, project, compiled.groups, compiled.policy.texts)
    bodies, problems = _build(context, own)
    if len(bodies) < len(context.views) and not problems:  # no link to a view that is not there
        bodies, problems = _build(msgspec.structs.replace(context, views=tuple(bodies)), own)
    problems = problems or tuple(_problems(bodies, tenant))
    drawn = {view: dashboards.encode(body) for view, body in bodies.items()}
    if project.grafana.form == "configmaps":
        problems += tuple(_too_large(drawn, tenant))
    if problems:
        return Drawing(problems=problems)
    files: Files = {paths.dashboard(tenant.name, view): data for view, data in drawn.items()}
    if drawn:
        files[paths.lint(tenant.name)] = emit(lint.file(), header=f"# {names.MARKER}\n").encode()
    return Drawing(files | provisioning.files(tenant, project, drawn), len(drawn))


def _build(context: ViewContext, own: Mapping[str, Path]) -> tuple[dict[str, Json], tuple[Problem, ...]]:
    bodies: dict[str, Json] = {}
    problems: list[Problem] = []
    checker = Checker(context)
    for view in context.views:
        body, found = foreign.build(view, own[view], context, checker) if view in own else _shipped(view, context, checker)
        problems += found
        if body is not None:
            bodies[view] = body
    return bodies, tuple(problems)


def _shipped(view: str, context: ViewContext, checker: Checker) -> tuple[Json | None, list[Problem]]:
    """A view of alertkit's. What its checks find is a mistake of alertkit's, and still better said than shown as empty panels."""
    body = dashboards.build_body(view, context)
    found = [] if body is None else checker.check(body, _OWN)
    place, hint = str(paths.dashboard(context.tenant, view)), f"take {view!r} out of dashboards:, and report it to alertkit"
    return body, [Problem(place, 0, 0, "AK834", message, hint, context.tenant) for message in found]


def _too_large(drawn: Mapping[str, bytes], tenant: Tenant) -> Iterator[Problem]:
    """Dashboards that Kubernetes refuses in a ConfigMap."""
    for view, data in drawn.items():
        if len(data) > _LARGEST:
            message = f"dashboard-size: {len(data)} bytes do not fit a ConfigMap: expected at most {_LARGEST}"
            place = str(paths.configmap(tenant.name, view))
            yield Problem(place, 0, 0, "AK834", message, "provision files (grafana.provisioning.format: files)", tenant.name)


def _problems(bodies: Mapping[str, Json], tenant: Tenant) -> Iterator[Problem]:
    yield from _same(bodies, tenant)
    for finding in dead_links(bodies.values()):
        yield Problem(f"dashboards/{tenant.name}", 0, 0, "AK834", str(finding), "link to a dashboard of the tenant", tenant.name)


def _same(bodies: Mapping[str, Json], tenant: Tenant) -> Iterator[Problem]:
    """Two dashboards with one uid or one title: Grafana shows one of them and says so in its log alone."""
    for key in ("uid", "title"):
        seen: dict[str, str] = {}
        for view, body in bodies.items():
            if body[key] in seen:
                message = f"dashboards {seen[body[key]]!r} and {view!r} have the same {key} {body[key]!r}"
                yield Problem(str(paths.dashboard(tenant.name, view)), 0, 0, "AK833", message, "give one another", tenant.name)
            seen[body[key]] = view
