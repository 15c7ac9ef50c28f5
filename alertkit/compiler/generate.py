"""A whole project: which tenants need compiling, several processes when there are many, one plan at the end.

A process compiles a tenant and writes it at once, so memory does not grow with the number of tenants.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from alertkit import names, paths, resources
from alertkit.compiler.assembly import assemble
from alertkit.compiler.finding import did_you_mean
from alertkit.compiler.reading.source import Source, read_source, stays_in
from alertkit.compiler.workspace import Tenants, Workspace, list_tenants
from alertkit.compiler.writing import manifest as manifests
from alertkit.compiler.writing import write
from alertkit.compiler.writing.digests import digest
from alertkit.compiler.writing.manifest import Manifest, Summary
from alertkit.compiler.writing.plan import Plan, TenantPlan, removed_rules, rule_changes
from alertkit.compiler.writing.write import FileChange
from alertkit.errors import Problem, UsageError

if TYPE_CHECKING:
    from alertkit.compiler.pipeline import TenantBuild

Progress = Callable[[int, int], None]
"""Called with how many tenants are done, and of how many."""


class Verify(Protocol):
    """Asks the real tools about what was compiled, before it is written."""

    def tenant(self, build: TenantBuild) -> tuple[Problem, ...]:
        """What they have against one tenant."""
        ...

    def whole(self, data: bytes) -> None:
        """Raises ProblemsFound when they refuse the assembled file."""
        ...


_WORTH_PROCESSES = 12
"""Starting processes takes as long as compiling about this many tenants."""


class Options(msgspec.Struct, frozen=True):
    """How to generate. `dry` writes nothing and compiles everything anew: a check trusts no manifest."""

    out: Path
    dry: bool = False
    jobs: int = 0
    verify: Verify | None = None


class _Done(msgspec.Struct, frozen=True):
    """One tenant's plan, and its fragment, unless the last good one has to be read from disk."""

    plan: TenantPlan
    fragment: bytes | None = None


def generate(space: Workspace, tenants: Iterable[str], options: Options, progress: Progress = lambda done, total: None) -> Plan:
    """Compile the named tenants (all of them when none is named) and write what changed.

    Raises:
        UsageError: no such tenant, no tenant at all any more, or another alertkit is writing.
        RefusedToWrite: a foreign file stands in the way.
    """
    if options.dry:
        return _generate(space, tuple(tenants), options, progress)
    with write.exclusive(options.out):
        return _generate(space, tuple(tenants), options, progress)


def _generate(space: Workspace, wanted: tuple[str, ...], options: Options, progress: Progress) -> Plan:
    tenants = list_tenants(space)
    if not wanted:
        _refuse_to_remove_all(space, options, tenants.known)
    sources = (read_source(space.directory, name, tenants.files[name]) for name in chosen(wanted, tenants))
    platform = Source(names.PLATFORM, ((paths.PROJECT_FILE, space.text),))
    done = [_settled(space, options, platform) or _run(space, options, platform)]
    done += [_failed(options, problem.tenant, (problem,)) for problem in tenants.problems_of(wanted)]
    return _conclude(space, options, [*done, *_compile(space, sources, options, progress)], tenants.known, whole=not wanted)


def write_builds(space: Workspace, builds: Iterable[TenantBuild], options: Options, *, whole: bool) -> Plan:
    """Write what was compiled in memory. `whole` says that these are all tenants, so that what is gone is removed.

    Raises:
        UsageError: no tenant at all any more, or another alertkit is writing.
        RefusedToWrite: a foreign file stands in the way.
    """
    with write.exclusive(options.out):
        tenants = list_tenants(space).known
        if whole:
            _refuse_to_remove_all(space, options, tenants)
        return _conclude(space, options, [_finish(options, build) for build in builds], tenants, whole=whole)


def _conclude(space: Workspace, options: Options, done: list[_Done], tenants: tuple[str, ...], *, whole: bool) -> Plan:
    """Remove what is gone, assemble what belongs to no tenant, and add up."""
    plans = [one.plan for one in done]
    gone = _gone(options.out, {manifests.ASSEMBLED, names.PLATFORM, *tenants})
    # Until a whole run removes its rules, a tenant that is gone keeps its routes.
    names_now = (names.PLATFORM, *(tenants if whole else sorted((*tenants, *gone))))
    if whole:
        plans += [_remove(options, manifest) for manifest in gone.values()]
    fragments = {one.plan.tenant: one.fragment for one in done if one.fragment is not None}
    assembled = _assemble(space, names_now, fragments, options)
    others = set(names_now) - {one.plan.tenant for one in done}
    known = [manifest for name in sorted(others) if (manifest := manifests.read_summary(options.out, name))]
    every: list[TenantPlan | Summary] = [*plans, *known]
    routes = sum(one.counts.get("routes", 0) for one in every)
    return Plan(tuple(plans), assembled, sum(one.load for one in every), tenants_in_all=len(names_now), routes_in_all=routes)


def chosen(wanted: tuple[str, ...], tenants: Tenants) -> list[str]:
    """The tenants that are meant and can be read: the named ones, or all.

    Raises:
        UsageError: there is no such tenant.
    """
    for name in wanted:
        if name not in tenants.known:
            hint = did_you_mean(name, tenants.known) or f"its file would be {name}.yaml"
            raise UsageError(f"there is no tenant {name!r}; {hint}")
    return sorted(set(wanted) & tenants.files.keys()) if wanted else sorted(tenants.files)


def _compile(space: Workspace, sources: Iterable[Source], options: Options, progress: Progress) -> Iterator[_Done]:
    """Tenants whose files are as their sources ask stay as they are; the rest is compiled, by several processes when many."""
    fresh = []
    for source in sources:
        settled = _settled(space, options, source)
        if settled:
            yield settled
        else:
            fresh.append(source)
    jobs = min(options.jobs or os.cpu_count() or 1, len(fresh) // _WORTH_PROCESSES + 1)
    work = functools.partial(_run, space, options)
    if jobs == 1:
        yield from _counted(map(work, fresh), len(fresh), progress)
        return
    from concurrent.futures import ProcessPoolExecutor

    from alertkit.compiler.grafana import draw  # noqa: F401 - with grafanalib, once, before processes fork

    with ProcessPoolExecutor(jobs, initializer=_end_with_parent) as pool:
        yield from _counted(pool.map(work, fresh, chunksize=4), len(fresh), progress)


def _end_with_parent() -> None:
    """Of a run that is killed, the processes would wait for work for ever, and keep the next run out of the output folder."""
    import multiprocessing
    import threading

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)


def _counted(done: Iterable[_Done], total: int, progress: Progress) -> Iterator[_Done]:
    for count, one in enumerate(done, 1):
        progress(count, total)
        yield one


def _settled(space: Workspace, options: Options, source: Source) -> _Done | None:
    """The plan of a tenant that was compiled from this very input, and whose files are all as written."""
    known = None if options.dry or options.verify else manifests.read_summary(options.out, source.tenant)
    if known is None or manifests.older_than(options.out, source.tenant, resources.changed_at()):
        return None
    files = manifests.intact(options.out, known) if known.input == space.digest(source) else None
    if files is None:
        return None
    unchanged = tuple(FileChange(path, "unchanged") for path in sorted(known.files))
    plan = TenantPlan(source.tenant, unchanged, counts=known.counts, load=known.load, recompiled=False)
    return _Done(plan, files.get(str(paths.fragment(source.tenant))))


def _run(space: Workspace, options: Options, source: Source) -> _Done:
    """Compile one tenant; write it unless it has problems or the run is dry."""
    from alertkit.compiler import pipeline  # nothing that a run without changes should wait for

    return _finish(options, pipeline.build(space, source))


def _finish(options: Options, build: TenantBuild) -> _Done:
    problems = build.problems + (options.verify.tenant(build) if build.manifest and options.verify else ())
    if build.manifest is None or TenantPlan(build.tenant, problems=problems).failed:
        return _failed(options, build.tenant, problems)
    previous = manifests.read(options.out, build.tenant)
    changes = write.compare(options.out, build.files, previous)
    rules = rule_changes(options.out, build.groups, build.manifest, previous)
    if not options.dry:
        write.write(options.out, build.files, changes, build.manifest)
        manifests.mark_compiled(options.out, build.tenant)
    plan = TenantPlan(build.tenant, changes, rules, problems, build.manifest.counts, build.manifest.load)
    return _Done(plan, build.files[paths.fragment(build.tenant)])


def _failed(options: Options, tenant: str, problems: tuple[Problem, ...]) -> _Done:
    """The tenant keeps its last good files, if it has any."""
    last = manifests.read_summary(options.out, tenant)
    if last is None:
        return _Done(TenantPlan(tenant, problems=problems))
    return _Done(TenantPlan(tenant, problems=problems, counts=last.counts, load=last.load, kept=True))


def _gone(out: Path, known: set[str]) -> dict[str, Summary]:
    """Tenants that were generated once and have no definition any more, sorted."""
    stems = sorted(file.stem for file in (out / "manifest").glob("*.json"))
    read = {stem: manifests.read_summary(out, stem) for stem in stems if stem not in known}
    return {stem: manifest for stem, manifest in read.items() if manifest is not None}


def _refuse_to_remove_all(space: Workspace, options: Options, tenants: tuple[str, ...]) -> None:
    """An empty folder of tenants is more often a mishap than the end of a platform."""
    gone = () if tenants else _gone(options.out, {manifests.ASSEMBLED, names.PLATFORM})
    if gone:
        raise UsageError(
            f"{space.directory / space.project.tenants} holds no tenant any more, and {options.out} the files of {len(gone)}: "
            f"bring the definitions back or, if all tenants are meant to go, remove {options.out} first"
        )


def _remove(options: Options, manifest: Summary) -> TenantPlan:
    gone = tuple(FileChange(path, "removed") for path in sorted(manifest.files))
    plan = TenantPlan(manifest.tenant, gone, removed_rules(options.out, manifest.tenant))
    if not options.dry:
        write.remove(options.out, manifest)
    return plan


def _assemble(space: Workspace, tenants: Iterable[str], fresh: dict[str, bytes], options: Options) -> tuple[FileChange, ...]:
    """Alertmanager's file. A tenant without any fragment is left to the root, which is the platform's."""
    fragments = (fresh.get(name) or _on_disk(options.out, name) for name in tenants)
    data = assemble(space, (fragment for fragment in fragments if fragment))
    files = {paths.ALERTMANAGER_FILE: data}
    changes = write.compare(options.out, files, manifests.read_summary(options.out, manifests.ASSEMBLED))
    if options.verify:
        options.verify.whole(data)
    if not options.dry:
        manifest = Manifest(
            names.MANIFEST_VERSION,
            manifests.ASSEMBLED,
            digest(data),
            {str(paths.ALERTMANAGER_FILE): digest(data)},
        )
        write.write(options.out, files, changes, manifest)
    return changes


def _on_disk(out: Path, tenant: str) -> bytes | None:
    """The tenant's last good fragment; one that alertkit did not write is not merged."""
    known = manifests.read_summary(out, tenant)
    path = paths.fragment(tenant)
    try:
        data = (out / path).read_bytes()
    except OSError:
        return None
    return data if known and known.files.get(str(path)) == digest(data) else None


def output_folder(space: Workspace, out: Path | None) -> Path:
    """Where generated files go: `generated/` in the project, or `generated/<environment>/`.

    Raises:
        UsageError: that would be among the tenants' definitions, where every folder is a tenant.
    """
    base = out or space.directory / paths.GENERATED
    if stays_in(base, space.directory / space.project.tenants):
        raise UsageError(f"{base} is among the definitions in {space.project.tenants}: give another --out")
    return base / space.project.environment if space.project.environment else base
