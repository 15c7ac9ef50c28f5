"""A project on disk: finding it, reading it, listing its tenants. Everything else gets what is read here as values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from alertkit import names, paths
from alertkit.compiler import resolve
from alertkit.compiler.finding import Finding, did_you_mean, places, problems_at
from alertkit.compiler.grafana import builders
from alertkit.compiler.grafana.uids import uid_clashes
from alertkit.compiler.packs.library import Library
from alertkit.compiler.reading import schema
from alertkit.compiler.reading.load import load_text, read_bytes
from alertkit.compiler.reading.source import Source, called
from alertkit.compiler.scope import OWN_ROOMS, Data, Scope, new_guard
from alertkit.compiler.validate import check_meaning
from alertkit.compiler.writing.digests import input_digest
from alertkit.errors import Problem, ProblemsFound, UsageError, any_error
from alertkit.model.document import plain
from alertkit.model.tenant import Project, Tenant
from alertkit.model.text import one_line
from alertkit.resources import dashboard_views

_LARGEST_NAME = 63


class Workspace(msgspec.Struct, frozen=True):
    """A project that has been read and checked. `platform_data` is the platform's definition, `text` the file's bytes."""

    directory: Path
    project: Project
    platform: Tenant
    platform_data: Data
    packs: Library
    webhook_hosts: frozenset[str]
    mail_hosts: frozenset[str]
    slack_rooms: tuple[str, ...]
    text: bytes
    warnings: tuple[Problem, ...]
    trusted: bool = False

    def scope(self, tenant: str) -> Scope:
        """What a tenant's definition is checked against."""
        guard = new_guard(self.project, tenant)
        own = builders.find(self.directory, self.project.tenants, tenant)
        return Scope(
            self.project,
            tenant,
            self.platform_data,
            guard,
            self.packs,
            self.webhook_hosts,
            own,
            self.trusted,
            self.mail_hosts,
            self.slack_rooms,
        )

    def called(self, file: Path) -> str:
        """A file as problems name it."""
        return called(file, self.directory)

    def digest(self, source: Source) -> str:
        """The digest of all that a tenant is compiled from."""
        own = builders.parts(builders.find(self.directory, self.project.tenants, source.tenant))
        return input_digest([self.text, self.packs.digest.encode(), self.project.environment.encode(), *source.parts(), *own])


class Tenants(msgspec.Struct, frozen=True):
    """The files of every tenant, by name, sorted; `problems` are those of tenants whose names or places are wrong."""

    files: dict[str, tuple[Path, ...]]
    problems: tuple[Problem, ...]

    def problems_of(self, wanted: tuple[str, ...]) -> tuple[Problem, ...]:
        """Problems of the named tenants, or of all when none is named."""
        return tuple(problem for problem in self.problems if not wanted or problem.tenant in wanted)

    @property
    def known(self) -> tuple[str, ...]:
        """Every tenant that somebody meant to define, sorted."""
        return tuple(sorted({*self.files, *(problem.tenant for problem in self.problems)} - {names.PLATFORM}))


def find(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds an alertkit.yaml.

    Raises:
        UsageError: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / paths.PROJECT_FILE).is_file():
            return folder
    raise UsageError(f"no {paths.PROJECT_FILE} in {start} or above; run `alertkit init`, or name the project with --project")


def open_project(directory: Path, environment: str = "", *, trusted: bool = False) -> Workspace:
    """Read and check the project file. With `trusted` the project's own dashboard builders may run.

    Raises:
        ProblemsFound: the project file is wrong; without it no tenant can be compiled.
        UsageError: there is no project file, or no such environment.
    """
    file = directory / paths.PROJECT_FILE
    if not file.exists():
        raise UsageError(f"there is no {file}")
    text = read_bytes(file, paths.PROJECT_FILE)
    node = load_text(text, paths.PROJECT_FILE)
    data = plain(node)
    fatal(problems_at(node, schema.check("project", data) or _relaxed(data), ""))
    project = resolve.project(data, environment)
    if environment and environment not in project.environments:
        hint = did_you_mean(environment, project.environments) or f"add it to environments in {paths.PROJECT_FILE}"
        raise UsageError(f"the project has no environment {environment!r}; {hint}")
    if not (directory / project.tenants).is_dir():
        hint = "make it, or name another with tenants:; without it every tenant would be taken for removed"
        fatal(problems_at(node, [Finding(("tenants",), "AK307", f"there is no folder {project.tenants!r}", hint)], ""))
    definition = resolve.platform_definition(data)
    hosts, mail_hosts = frozenset(data.get("webhook_hosts", [])), frozenset(data.get("mail_hosts", []))
    rooms = tuple(data.get("slack_rooms", OWN_ROOMS))
    packs = Library.of(directory)
    own = builders.find(directory, project.tenants, names.PLATFORM)
    scope = Scope(project, names.PLATFORM, definition, new_guard(project, names.PLATFORM), packs, hosts, own, trusted)
    found = problems_at(node, check_meaning(definition, scope), names.PLATFORM, {paths.PROJECT_FILE: text})
    fatal(found)
    platform = resolve.tenant(definition, scope, places(node))
    return Workspace(directory, project, platform, definition, packs, hosts, mail_hosts, rooms, text, tuple(found), trusted)


def _relaxed(data: Data) -> Iterator[Finding]:
    environments = data.get("environments", [])
    for index, name in enumerate(data.get("relaxed", [])):
        if name not in environments:
            hint = did_you_mean(name, environments) or "add it to environments"
            yield Finding(("relaxed", index), "AK305", f"the project has no environment {name!r}", hint)


def list_tenants(workspace: Workspace) -> Tenants:
    """The tenants of a project. A tenant is a file, or a folder of files, in the tenants' folder."""
    entries: dict[str, list[Path]] = {}
    files: dict[str, tuple[Path, ...]] = {}
    for entry in sorted((workspace.directory / workspace.project.tenants).iterdir(), key=str):
        if (found := _definitions(entry)) or _nested(entry):
            name = entry.stem if found == (entry,) else entry.name
            entries.setdefault(name, []).append(entry)
            files.setdefault(name, found)
    misnamed = {name: problem for name in entries if (problem := _problem_of(name, entries[name], files[name]))}
    problems = [
        Problem(workspace.called(entries[name][-1]), 0, 0, "AK304", problem, tenant=one_line(name, _LARGEST_NAME))
        for name, problem in misnamed.items()
    ]
    for tenant, other in uid_clashes(entries, dashboard_views()):
        message = f"dashboards of {tenant!r} would have the uids of those of {other!r}; rename one of the tenants"
        problems.append(Problem(workspace.called(entries[tenant][-1]), 0, 0, "AK833", message, tenant=tenant))
    wrong = misnamed.keys() | {problem.tenant for problem in problems}
    return Tenants({name: found for name, found in files.items() if name not in wrong}, tuple(problems))


def _definitions(entry: Path) -> tuple[Path, ...]:
    """Everything that looks like a file of definitions, whatever the letters of its suffix."""
    if entry.name.startswith("."):
        return ()
    files = sorted(entry.iterdir()) if entry.is_dir() else [entry]
    return tuple(file for file in files if file.suffix.lower() in (".yaml", ".yml") and not file.name.startswith("."))


def _nested(entry: Path) -> tuple[Path, ...]:
    """Definitions in folders of a tenant's folder, where nobody reads them."""
    if entry.name.startswith(".") or entry.suffix in (".yaml", ".yml") or not entry.is_dir():
        return ()
    folders = (inner for inner in sorted(entry.iterdir()) if not inner.suffix and inner.name != paths.BUILDERS_FOLDER)
    return tuple(file for folder in folders if folder.is_dir() for file in _definitions(folder))


def _nested_problem(entry: Path) -> str:
    nested = _nested(entry)
    if not nested:
        return ""
    return f"alertkit reads the files of the folder itself, and would overlook {str(nested[0].relative_to(entry))!r}: move it up"


def _problem_of(name: str, entries: list[Path], files: tuple[Path, ...]) -> str:
    if len(entries) > 1:
        return f"tenant {name!r} is both {entries[0].name!r} and {entries[1].name!r}; keep one"
    misnamed = next((file.name for file in files if file.suffix != ".yaml"), "")
    if misnamed:
        return f"alertkit reads files whose names end in .yaml, and would overlook {misnamed!r}: rename it"
    return _name_problem(name) or _nested_problem(entries[0])


def _name_problem(name: str) -> str:
    if name == names.PLATFORM:
        return f"{names.PLATFORM!r} is reserved: the platform's own definition stands in {paths.PROJECT_FILE}"
    if not schema.is_name(name):
        return f"{name!r} is no name of a tenant: expected lower-case letters, digits and inner hyphens, at most {_LARGEST_NAME}"
    return ""


def fatal(problems: list[Problem]) -> None:
    """Stop when a problem is an error.

    Raises:
        ProblemsFound: there is one; warnings come along.
    """
    if any_error(problems):
        raise ProblemsFound(problems)
