"""From a view's name to the bytes of its dashboard."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from alertkit import names, resources
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.current import Json
from alertkit.dashboards.normalise import normalise, panels
from alertkit.dashboards.page import TAG, Dashboard
from alertkit.dashboards.plain import plain
from alertkit.dashboards.targets import isolated
from alertkit.errors import UsageError
from alertkit.resources import VIEW_SUFFIX, dashboard_views


def build(view: str, context: ViewContext) -> bytes | None:
    """The dashboard of a view as Grafana's file provisioning reads it; None when the tenant has nothing that feeds it.

    Raises:
        UsageError: no view has this name.
        IsolationError: a query cannot be proven to stay inside the tenant.
    """
    body = build_body(view, context)
    return None if body is None else encode(body)


def build_body(view: str, context: ViewContext) -> Json | None:
    """As build, before it is encoded."""
    dashboard = _builder(view)(context)
    if dashboard is None:
        return None
    body = dashboard.to_json_data()
    if context.isolated:
        _isolate(body, context)
    return body


def build_foreign(view: str, file: Path, context: ViewContext) -> Json | None:
    """As build, from a file that is not alertkit's: it defines `build(context)`, or a grafanalib dashboard named `dashboard`.

    It gets the tenant's uid and tags, today's JSON, and the tenant's matcher in every query.

    Raises:
        UsageError: the file defines neither, or raises.
        IsolationError: a query cannot be proven to stay inside the tenant.
    """
    made = _made(file, context)
    if made is None:
        return None
    if not isinstance(made, dict):
        raise UsageError(f"the builder makes a {type(made).__name__}: expected a grafanalib Dashboard")
    body = normalise(made, context.datasource, context.grafana)
    body["uid"] = names.dashboard_uid(context.tenant, view, context.environment)
    body["tags"] = list(dict.fromkeys([*body["tags"], TAG, context.tenant, view]))
    if context.isolated:
        _isolate(body, context)
    return body


def _made(file: Path, context: ViewContext) -> Any:
    """The dashboard as plain JSON, in whatever shape; None when there is none."""
    try:
        module = _load(file)
        made = module.build(context) if hasattr(module, "build") else module.dashboard
        return None if made is None else plain(made)
    except Exception as error:  # somebody else's code may raise anything
        raise UsageError(f"the builder raises {type(error).__name__}: {error}") from error


def encode(dashboard: Json) -> bytes:
    """Sorted keys, two spaces, one final newline: equal dashboards are equal bytes."""
    return msgspec.json.format(msgspec.json.encode(dashboard, order="sorted"), indent=2) + b"\n"


@cache
def _builder(view: str) -> Callable[[ViewContext], Dashboard | None]:
    if view not in dashboard_views():
        raise UsageError(f"there is no dashboard view {view!r}; there are: {', '.join(dashboard_views())}")
    return _load(resources.root() / "dashboards_src" / f"{view}{VIEW_SUFFIX}").build  # type: ignore[no-any-return]  # a module's attribute


@cache
def _load(path: Path) -> ModuleType:
    name = f"alertkit_view_{path.name.removesuffix(VIEW_SUFFIX).replace('-', '_')}_{names.panel_id(str(path))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path.name} cannot be loaded as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # classes of the view look their module up here
    spec.loader.exec_module(module)
    return module


def _isolate(dashboard: Json, context: ViewContext) -> None:
    """Put the tenant's matcher into every query, whoever wrote it."""
    defined = frozenset(variable["name"] for variable in dashboard["templating"]["list"])
    for panel in panels(dashboard):
        for target in panel.get("targets", ()):
            target["expr"] = isolated(target["expr"], context, defined)
