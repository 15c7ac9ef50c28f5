"""The stages in order: load → validate → resolve → compile → render → write. Nothing is written before a tenant is whole.

Tenants are independent of each other up to the assembled Alertmanager file, so one that is wrong harms no other.
"""

from __future__ import annotations

import msgspec

from alertkit import names
from alertkit.compiler import resolve
from alertkit.compiler.compile import Compiled, compile_tenant
from alertkit.compiler.finding import places
from alertkit.compiler.reading.source import Source, load
from alertkit.compiler.scope import Scope
from alertkit.compiler.validate import validate
from alertkit.compiler.workspace import Workspace
from alertkit.compiler.writing import render
from alertkit.compiler.writing.manifest import Manifest
from alertkit.compiler.writing.summary import manifest_of
from alertkit.errors import Problem, any_error
from alertkit.model.artifact import Drawing, Files
from alertkit.model.document import Node, plain
from alertkit.model.rules import RuleGroup
from alertkit.model.tenant import Tenant


class TenantBuild(msgspec.Struct, frozen=True):
    """What one tenant compiles to: files by path relative to the output directory, or the problems why not."""

    tenant: str
    problems: tuple[Problem, ...] = ()
    files: Files = {}
    manifest: Manifest | None = None
    compiled: Compiled | None = None

    @property
    def groups(self) -> tuple[RuleGroup, ...]:
        """The groups of rules, none with problems."""
        return self.compiled.groups if self.compiled else ()


def check_tenant(space: Workspace, source: Source) -> tuple[Problem, ...]:
    """Every problem of a tenant: as it stands, and in its environments."""
    return _read(source, space.scope(source.tenant))[1]


def build(space: Workspace, source: Source) -> TenantBuild:
    """Compile one tenant, in memory. The platform's definition has been checked with its project."""
    scope = space.scope(source.tenant)
    if source.tenant == names.PLATFORM:
        return _build(space.platform, scope, space.digest(source), space.warnings)
    node, problems = _read(source, scope)
    if node is None or any_error(problems):
        return TenantBuild(source.tenant, problems)
    tenant = resolve.tenant(plain(node), scope, places(node))
    return _build(tenant, scope, space.digest(source), problems)


def _read(source: Source, scope: Scope) -> tuple[Node | None, tuple[Problem, ...]]:
    """The definition in the environment that is asked for, None when it cannot be read, and every problem."""
    node, found, whole = load(source)
    problems = [msgspec.structs.replace(problem, tenant=source.tenant) for problem in found]
    if node is not None:
        node, further = validate(node, scope, dict(source.files), whole=whole)
        problems += further
    return node if whole else None, tuple(sorted(problems))


def _build(tenant: Tenant, scope: Scope, digest: str, problems: tuple[Problem, ...]) -> TenantBuild:
    """The tenant's artifacts, as bytes."""
    compiled = compile_tenant(tenant, scope.project, scope.guard)
    drawing = _draw(tenant, scope, compiled)
    if drawing.problems:
        return TenantBuild(tenant.name, (*problems, *drawing.problems))
    files = render.files(compiled) | drawing.files
    manifest = manifest_of(compiled, files, drawing.count, digest, scope.project)
    return TenantBuild(tenant.name, problems, files, manifest, compiled)


def _draw(tenant: Tenant, scope: Scope, compiled: Compiled) -> Drawing:
    if not tenant.dashboards:
        return Drawing()
    from alertkit.compiler.grafana.draw import draw  # with grafanalib: slow to import

    return draw(tenant, scope.project, compiled, scope.builders if scope.trusted else {})
