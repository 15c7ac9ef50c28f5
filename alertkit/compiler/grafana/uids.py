"""Grafana's uids of dashboards, over all tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from alertkit import names


def uid_clashes(
    tenants: Iterable[str], views: Iterable[str], uid: Callable[[str, str], str] = names.dashboard_uid
) -> Iterator[tuple[str, str]]:
    """Tenants one of whose dashboards would have the uid of another tenant's, each with that one."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for tenant in tenants:
        for view in views:
            alike.setdefault(names.dashboard_uid_start(tenant, view), []).append((tenant, view))
    for dashboards in alike.values():
        if len(dashboards) > 1:
            yield from _clashes(dashboards, uid)


def _clashes(dashboards: list[tuple[str, str]], uid: Callable[[str, str], str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for tenant, view in dashboards:
        other = seen.setdefault(uid(tenant, view), tenant)
        if other != tenant:
            yield tenant, other
