"""Every dashboard of every tenant of the examples, with all views asked for, as their compilation makes them."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from alertkit import dashboards, names
from alertkit.compiler import grafana, pipeline
from alertkit.compiler.pipeline import Source
from alertkit.compiler.workspace import list_tenants, open_project
from alertkit.dashboards import ViewContext

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "streaming-platform"


@functools.cache
def contexts() -> dict[str, ViewContext]:
    """Each tenant's, the platform's first; its receiver is scraped, whatever the example says."""
    space = open_project(PROJECT)
    found: dict[str, ViewContext] = {}
    real = grafana.draw

    def draw(tenant, project, context, *rest):
        found[tenant.name] = context
        return real(tenant, project, context, *rest)

    grafana.draw = draw
    try:
        pipeline.build(space, Source(names.PLATFORM, ((names.PROJECT_FILE, space.text),)))
        for name, files in list_tenants(space).files.items():
            assert not pipeline.build(space, pipeline.read_source(space, name, files)).problems
    finally:
        grafana.draw = real
    return {name: msgspec.structs.replace(context, receiver_job="alertkit") for name, context in found.items()}


def every_dashboard(version: tuple[int, int] = (10, 4)) -> dict[tuple[str, str], bytes]:
    """By tenant and view."""
    found = {}
    for tenant, context in contexts().items():
        asked = msgspec.structs.replace(context, grafana=version, views=dashboards.views())
        found |= {(tenant, view): dashboards.build(view, asked) for view in dashboards.views()}
    return {place: data for place, data in found.items() if data is not None}
