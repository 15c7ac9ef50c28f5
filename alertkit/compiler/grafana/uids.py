"""Grafana's uids of dashboards, over all tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from alertkit import names


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
