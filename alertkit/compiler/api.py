"""The compiler as a library.

problems = check("my-project")                    # everything that is wrong, or nothing
result = build("my-project", tenants=["acme"])    # compiled, in memory
plan = write(result, "generated")                 # what changed, rule by rule
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from alertkit import names, paths
from alertkit.compiler import pipeline
from alertkit.compiler.generate import Options, chosen, output_folder, write_builds
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.reading.source import Source, read_source
from alertkit.compiler.workspace import Workspace, list_tenants, open_project
from alertkit.compiler.writing.plan import Plan
from alertkit.errors import Problem, ProblemsFound

__all__ = ["Build", "Plan", "TenantBuild", "build", "check", "write"]


class Build(msgspec.Struct, frozen=True):
    """Tenants compiled in memory, the platform first; `whole` when they are all of the project's."""

    workspace: Workspace
    tenants: tuple[TenantBuild, ...]
    whole: bool

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem of every tenant, by place."""
        return tuple(sorted(problem for tenant in self.tenants for problem in tenant.problems))


def check(project: Path | str, tenants: Iterable[str] = (), environment: str = "") -> tuple[Problem, ...]:
    """Every problem of a project and its tenants (all, or the named ones), by place.

    Raises:
        UsageError: no such project, tenant or environment.
    """
    try:
        space = open_project(Path(project), environment)
    except ProblemsFound as found:
        return found.problems
    listed, wanted = list_tenants(space), tuple(tenants)
    sources = (read_source(space.directory, name, listed.files[name]) for name in chosen(wanted, listed))
    problems = [problem for source in sources for problem in pipeline.check_tenant(space, source)]
    return tuple(sorted([*space.warnings, *space.packs.problems(), *listed.problems_of(wanted), *problems]))


def build(project: Path | str, tenants: Iterable[str] = (), environment: str = "") -> Build:
    """Compile tenants (all, or the named ones) in memory. One with problems has no files; it harms no other.

    Raises:
        ProblemsFound: the project file itself is wrong.
        UsageError: no such project, tenant or environment.
    """
    space = open_project(Path(project), environment)
    listed, wanted = list_tenants(space), tuple(tenants)
    sources = [Source(names.PLATFORM, ((paths.PROJECT_FILE, space.text),))]
    sources += [read_source(space.directory, name, listed.files[name]) for name in chosen(wanted, listed)]
    misnamed = [TenantBuild(problem.tenant, (problem,)) for problem in listed.problems_of(wanted)]
    return Build(space, (*(pipeline.build(space, source) for source in sources), *misnamed), whole=not wanted)


def write(result: Build, out: Path | str | None = None) -> Plan:
    """Write what was compiled to `out` (default: generated/ in the project) and say what changed.

    Raises:
        RefusedToWrite: a foreign file stands in the way.
        UsageError: another alertkit is writing.
    """
    folder = output_folder(result.workspace, Path(out) if out else None)
    return write_builds(result.workspace, result.tenants, Options(folder), whole=result.whole)
