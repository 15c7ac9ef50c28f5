"""A tenant's dashboards and what provisions them, or the problems that keep Grafana from showing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from alertkit import dashboards, names
from alertkit.compiler import provisioning
from alertkit.compiler.write import Files
from alertkit.dashboards import ViewContext
from alertkit.errors import Problem
from alertkit.model.tenant import Project, Tenant


class Drawing(msgspec.Struct, frozen=True):
    """`count` dashboards among the files; with problems there are no files."""

    files: Files = {}
    count: int = 0
    problems: tuple[Problem, ...] = ()


def draw(tenant: Tenant, project: Project, context: ViewContext) -> Drawing:
    """Every view that something feeds, checked against each other."""
    built = {view: dashboards.build(view, context) for view in tenant.dashboards}
    drawn = {view: data for view, data in built.items() if data is not None}
    problems = tuple(_same({view: msgspec.json.decode(data) for view, data in drawn.items()}, tenant))
    if problems:
        return Drawing(problems=problems)
    files: Files = {names.dashboard_file(tenant.name, view): data for view, data in drawn.items()}
    return Drawing(files | provisioning.files(tenant, project, drawn), len(drawn))


def _same(bodies: Mapping[str, Any], tenant: Tenant) -> Iterator[Problem]:
    """Two dashboards with one uid or one title: Grafana shows one of them and says so in its log alone."""
    for key in ("uid", "title"):
        seen: dict[str, str] = {}
        for view, body in bodies.items():
            if body[key] in seen:
                message = f"dashboards {seen[body[key]]!r} and {view!r} have the same {key} {body[key]!r}"
                yield Problem(
                    names.dashboard_file(tenant.name, view).name, 0, 0, "AK833", message, "give one another", tenant.name
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
