"""A project on disk: finding it, reading it, listing its tenants. Everything else gets what is read here as values."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alertkit import names
from alertkit.compiler import resolve, schema
from alertkit.compiler.checks import CHECKS
from alertkit.compiler.finding import Path as DataPath
from alertkit.compiler.finding import did_you_mean, problems_at
from alertkit.compiler.load import load_text
from alertkit.compiler.scope import Data, Scope, new_guard
from alertkit.errors import Level, Problem, ProblemsFound, UsageError
from alertkit.model.document import Node, locate, plain
from alertkit.model.rules import Source
from alertkit.model.tenant import Project, Tenant

_LARGEST_NAME = 63


class Workspace(msgspec.Struct, frozen=True):
    """A project that has been read and checked. `platform_data` is the platform's definition, `text` the file's bytes."""

    directory: Path
    project: Project
    platform: Tenant
    platform_data: Data
    webhook_hosts: frozenset[str]
    text: bytes
    warnings: tuple[Problem, ...]

    def scope(self, tenant: str) -> Scope:
        """What a tenant's definition is checked against."""
        return Scope(self.project, tenant, self.platform_data, new_guard(self.project, tenant), self.webhook_hosts)


def find(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds an alertkit.yaml.

    Raises:
        UsageError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / names.PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"no {names.PROJECT_FILE} in {start} or above; run `alertkit init`, or name the project with --project")


def open_project(directory: Path, environment: str = "") -> Workspace:
    """Read and check the project file.

    Raises:
        ProblemsFound: the project file is wrong; without it no tenant can be compiled.
        UsageError: there is no project file, or no such environment.
    """
    file = directory / names.PROJECT_FILE
    try:
        text = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    node = load_text(text, names.PROJECT_FILE)
    data = plain(node)
    fatal(problems_at(node, schema.check("project", data), ""))
    project = resolve.project(data, environment)
    if environment and environment not in project.environments:
        raise UsageError(f"the project has no environment {environment!r}; {did_you_mean(environment, project.environments)}")
    definition = resolve.platform_definition(data)
    hosts = frozenset(data.get("webhook_hosts", []))
    scope = Scope(project, names.PLATFORM, definition, new_guard(project, names.PLATFORM), hosts)
    found = problems_at(node, [finding for check in CHECKS for finding in check(definition, scope)], names.PLATFORM)
    fatal(found)
    platform = resolve.tenant(definition, scope, lambda path: source_at(node, path))
    return Workspace(directory, project, platform, definition, hosts, text, tuple(found))


def tenant_files(workspace: Workspace) -> dict[str, tuple[Path, ...]]:
    """The files of every tenant, by name, sorted. A tenant is a file or a folder of files in the tenants' folder.

    Raises:
        ProblemsFound: a name is no tenant's name, or a tenant is both a file and a folder.
    """
    folder = workspace.directory / workspace.project.tenants
    found: dict[str, tuple[Path, ...]] = {}
    problems = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.name.startswith("."):
            continue
        files = (
            (entry,)
            if entry.suffix == ".yaml" and entry.is_file()
            else tuple(sorted(entry.glob("*.yaml")))
            if entry.is_dir()
            else ()
        )
        name = entry.stem if entry.is_file() else entry.name
        problem = _name_problem(name, entry, workspace) if files else ""
        if name in found and files:
            problem = f"tenant {name!r} is both a file and a folder; keep one"
        if problem:
            problems.append(Problem(str(entry.relative_to(workspace.directory)), 0, 0, "AK304", problem, tenant=name))
        elif files:
            found[name] = files
    fatal(problems)
    return found


def _name_problem(name: str, entry: Path, workspace: Workspace) -> str:
    if name == names.PLATFORM:
        return f"{names.PLATFORM!r} is reserved: the platform's own definition stands in {names.PROJECT_FILE}"
    if not schema.is_name(name):
        return f"{name!r} is no name of a tenant: expected lower-case letters, digits and inner hyphens, at most {_LARGEST_NAME}"
    return ""


def source_at(node: Node, path: DataPath) -> Source:
    """The line of the definition at a path."""
    place = locate(node, path)
    return Source(place.file, place.line)


def fatal(problems: list[Problem]) -> None:
    """Stop when a problem is an error.

    Raises:
        ProblemsFound: there is one; warnings come along.
    """
    if any(problem.level is Level.ERROR for problem in problems):
        raise ProblemsFound(problems)
