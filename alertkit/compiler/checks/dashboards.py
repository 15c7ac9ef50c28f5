"""Dashboards: views that exist, and that something feeds."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import paths
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import Level
from alertkit.resources import dashboard_views

_OF_PACKS = ("security", "ai-ml")
_OLDEST = (10, 4)
"""The first Grafana whose form of a dashboard is written."""


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Every listed view that there is not, or that would stay empty; a Grafana that is older than what is drawn for."""
    target = scope.project.targets.grafana
    if scope.is_platform and target < _OLDEST:
        wanted, found = (".".join(map(str, version)) for version in (_OLDEST, target))
        message = f"alertkit draws for Grafana {wanted} and later; the target is {found}"
        yield Finding(("targets", "grafana"), "AK407", message, "look whether it shows the dashboards", level=Level.WARNING)
    known = {*dashboard_views(), *scope.builders}
    if "dashboards" not in data and not scope.trusted:
        yield from (_untrusted(view, ("tenant",), scope) for view in dashboard_views() if view in scope.builders)
    for index, view in enumerate(data.get("dashboards", [])):
        path: Path = ("dashboards", index)
        if view not in known:
            yield Finding(path, "AK301", f"unknown dashboard {view!r}", did_you_mean(view, known))
        elif view in scope.builders and not scope.trusted:
            yield _untrusted(view, path, scope)
        elif view not in scope.builders and (missing := _missing(view, data, scope)):
            message = f"dashboard {view!r} stays empty and is left out: {missing}"
            yield Finding(path, "AK832", message, "take it out of the list, or add what feeds it", level=Level.WARNING)


def _untrusted(view: str, path: Path, scope: Scope) -> Finding:
    place = "/".join(scope.builders[view].parts[-2:])
    message = f"dashboard {view!r} is built by code, {place}, which is not run unasked"
    return Finding(path, "AK831", message, "read it, then call with --trust; or remove it")


def _missing(view: str, data: Data, scope: Scope) -> str:
    """What a view lacks to show something; empty when it has it."""
    if view == "fleet":
        return "" if scope.is_platform else f"it is the platform's alone, listed in {paths.PROJECT_FILE}"
    if view == "slo":
        return "" if data.get("slos") else "there are no SLOs"
    if view == "executive":
        return "" if data.get("slos") or "business" in _views(data, scope) else "there are neither SLOs nor business figures"
    if view in _OF_PACKS:
        return "" if view in _views(data, scope) else f"no pack in use says `view: {view}`"
    fed = ("alerts", "slos", "records") if view == "technical" else ("alerts", "slos")
    packs = any(service.get("packs") for service in data.get("services", []))
    return "" if packs or any(data.get(section) for section in fed) else "there are no alerts"


def _views(data: Data, scope: Scope) -> set[str]:
    """The views that packs in use ask for."""
    used = {entry["use"] for service in data.get("services", []) for entry in service.get("packs", [])}
    readings = (scope.packs.find(name) for name in used)
    return {reading.pack.view for reading in readings if reading and reading.pack}
