"""A tenant's dashboards and what provisions them, or the problems that keep Grafana from showing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from alertkit import dashboards, names
from alertkit.compiler.grafana import builders, provisioning
from alertkit.compiler.writing.emit import emit
from alertkit.dashboards import ViewContext, dead_links, lint
from alertkit.errors import Problem
from alertkit.model.artifact import Files
from alertkit.model.tenant import Project, Tenant


class Drawing(msgspec.Struct, frozen=True):
    """`count` dashboards among the files; with problems there are no files."""

    files: Files = {}
    count: int = 0
    problems: tuple[Problem, ...] = ()


def draw(tenant: Tenant, project: Project, context: ViewContext, own: Mapping[str, Path]) -> Drawing:
    """Every view that something feeds, checked against each other. `own` are builders of the project's, which are trusted."""
    drawn, problems = _build(context, own)
    if len(drawn) < len(context.views) and not problems:  # no link to a view that is not there
        drawn, problems = _build(msgspec.structs.replace(context, views=tuple(drawn)), own)
    problems = problems or tuple(_problems({view: msgspec.json.decode(data) for view, data in drawn.items()}, tenant))
    if problems:
        return Drawing(problems=problems)
    files: Files = {names.dashboard_file(tenant.name, view): data for view, data in drawn.items()}
    if drawn:
        files[names.lint_file(tenant.name)] = emit(lint.file(), header=f"# {names.MARKER}\n").encode()
    return Drawing(files | provisioning.files(tenant, project, drawn), len(drawn))


def _build(context: ViewContext, own: Mapping[str, Path]) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
    drawn: dict[str, bytes] = {}
    problems: list[Problem] = []
    for view in context.views:
        data, found = builders.build(view, own[view], context) if view in own else (dashboards.build(view, context), [])
        problems += found
        if data is not None:
            drawn[view] = data
    return drawn, tuple(problems)


def _problems(bodies: Mapping[str, Any], tenant: Tenant) -> Iterator[Problem]:
    yield from _same(bodies, tenant)
    for finding in dead_links(bodies.values()):
        yield Problem(f"dashboards/{tenant.name}", 0, 0, "AK834", str(finding), "link to a dashboard of the tenant", tenant.name)


def _same(bodies: Mapping[str, Any], tenant: Tenant) -> Iterator[Problem]:
    """Two dashboards with one uid or one title: Grafana shows one of them and says so in its log alone."""
    for key in ("uid", "title"):
        seen: dict[str, str] = {}
        for view, body in bodies.items():
            if body[key] in seen:
                message = f"dashboards {seen[body[key]]!r} and {view!r} have the same {key} {body[key]!r}"
                yield Problem(
                    str(names.dashboard_file(tenant.name, view)), 0, 0, "AK833", message, "give one another", tenant.name
                )
            seen[body[key]] = view


def uid_clashes(
    tenants: Iterable[str], views: Iterable[str], uid: Callable[[str, str], str] = names.dashboard_uid
) -> Iterator[tuple[str, str]]:
    """Tenants one of whose dashboards would have the uid of another tenant's, each with that one."""
    seen: dict[str, str] = {}
    for tenant in tenants:
        for view in views:
            other = seen.setdefault(uid(tenant, view), tenant)
            if other != tenant:
                yield tenant, other
