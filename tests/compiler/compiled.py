"""A test's definitions, taken as far as the test wants: resolved, or compiled in memory."""

from __future__ import annotations

from pathlib import Path

import projects

from alertkit.compiler import pipeline, resolve, workspace
from alertkit.compiler.finding import places
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.reading.source import read_source
from alertkit.compiler.scope import Scope
from alertkit.compiler.workspace import Workspace
from alertkit.model.document import plain
from alertkit.model.tenant import Tenant


def open_example(folder: Path, example: str, environment: str = "") -> Workspace:
    """A project from an example (`projects.make_example`)."""
    projects.make_example(folder, example)
    return workspace.open_project(folder, environment)


def resolved(folder: Path, example: str = "", environment: str = "", name: str = "acme") -> tuple[Tenant, Scope]:
    """A tenant of an example without problems, and what it was checked against."""
    space = open_example(folder, example, environment)
    scope = space.scope(name)
    if name == "platform":
        return space.platform, scope
    source = read_source(space.directory, name, workspace.list_tenants(space).files[name])
    node, problems = pipeline._read(source, scope)
    assert node is not None
    assert problems == ()
    return resolve.tenant(plain(node), scope, places(node)), scope


def built(folder: Path, example: str = "", environment: str = "", name: str = "acme") -> TenantBuild:
    """A tenant of an example, compiled in memory."""
    space = open_example(folder, example, environment)
    return pipeline.build(space, read_source(space.directory, name, workspace.list_tenants(space).files[name]))
