"""Every dashboard of every tenant of the examples, with all views asked for, as their compilation makes them."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec

from alertkit import dashboards, names, paths
from alertkit.compiler import pipeline
from alertkit.compiler.reading.source import Source, read_source
from alertkit.compiler.workspace import list_tenants, open_project
from alertkit.dashboards import ViewContext

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "streaming-platform"


@functools.cache
def contexts() -> dict[str, ViewContext]:
    """Each tenant's, the platform's first; its receiver is scraped, whatever the example says."""
    space = open_project(PROJECT)
    platform = Source(names.PLATFORM, ((paths.PROJECT_FILE, space.text),))
    sources = [platform, *(read_source(space.directory, name, files) for name, files in list_tenants(space).files.items())]
    found = {}
    for source in sources:
        compiled = pipeline.build(space, source).compiled
        assert compiled
        context = ViewContext.of(compiled.tenant, space.project, compiled.groups, compiled.policy.texts)
        found[source.tenant] = msgspec.structs.replace(context, receiver_job="alertkit")
    return found


def every_dashboard(version: tuple[int, int] = (10, 4)) -> dict[tuple[str, str], bytes]:
    """By tenant and view."""
    found = {}
    for tenant, context in contexts().items():
        asked = msgspec.structs.replace(context, grafana=version, views=dashboards.views())
        found |= {(tenant, view): dashboards.build(view, asked) for view in dashboards.views()}
    return {place: data for place, data in found.items() if data is not None}
