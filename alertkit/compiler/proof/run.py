"""Do the alerts do what they promise? Writes every tenant's promtool cases, runs them, and asks where routes lead.

Cases stand beside the rules they load, so the rules are generated first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePosixPath

import msgspec

from alertkit import names, paths
from alertkit.compiler.api import Build
from alertkit.compiler.cases import render
from alertkit.compiler.compile import Compiled, cases_of
from alertkit.compiler.proof.routes import RouteResult, run_route_tests
from alertkit.compiler.writing import write
from alertkit.errors import RefusedToWrite
from alertkit.model.cases import CaseFile
from alertkit.tools import program, promtool
from alertkit.tools.junit import Outcome, Suite


class FileProof(msgspec.Struct, frozen=True):
    """One file of cases and what promtool says of it: each case's failure by its name, "" where it holds."""

    path: str
    outcomes: dict[str, str]
    seconds: float

    @property
    def failures(self) -> dict[str, str]:
        """The cases that do not hold."""
        return {case: failure for case, failure in self.outcomes.items() if failure}


class TenantProof(msgspec.Struct, frozen=True):
    """All cases of one tenant. `alerts` are the ids of its alerts; `uncovered` says which have no case, and why."""

    tenant: str
    files: tuple[FileProof, ...]
    alerts: tuple[str, ...]
    uncovered: dict[str, str]

    @property
    def failed(self) -> bool:
        """True when a case does not hold."""
        return any(file.failures for file in self.files)

    @property
    def uncovered_alerts(self) -> dict[str, str]:
        """Alerts that no case can break, each with the reason."""
        return {rule: reason for rule, reason in self.uncovered.items() if rule in self.alerts}


def prove(build: Build, out: Path, jobs: int) -> Iterator[TenantProof]:
    """Write and run the cases of every tenant that could be compiled, the first that are done first.

    Raises:
        MissingTool: promtool is not installed.
        RefusedToWrite: a foreign file stands where cases go.
    """
    program.find("promtool")
    compiled = [one.compiled for one in build.tenants if one.compiled is not None]
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(_prove, build, tenant, out) for tenant in compiled]
        yield from (done.result() for done in as_completed(running))
    if build.whole:
        _remove_stale(out, {str(paths.cases(one.tenant.name, kind)) for one in compiled for kind in ("", *paths.CASE_KINDS)})


def prove_routes(build: Build) -> tuple[RouteResult, ...]:
    """Where the alerts of every tenant go, asked of the routing tree; the written tests and those that every tenant must pass."""
    return run_route_tests(build)


def suites(proofs: list[TenantProof], routes: tuple[RouteResult, ...]) -> list[Suite]:
    """The results as JUnit knows them."""
    found = [
        Suite(file.path, tuple(Outcome(case, failure) for case, failure in file.outcomes.items()), file.seconds)
        for proof in proofs
        for file in proof.files
    ]
    tenants = sorted({result.tenant for result in routes})
    return found + [
        Suite(f"{tenant} routes", tuple(Outcome(result.name, result.failure) for result in routes if result.tenant == tenant))
        for tenant in tenants
    ]


def _prove(build: Build, compiled: Compiled, out: Path) -> TenantProof:
    tenant = compiled.tenant.name
    cases = cases_of(compiled, build.workspace.project, build.workspace.scope(compiled.tenant.name).guard)
    files = {paths.cases(tenant, file.kind): file for file in cases.files}
    for path, file in files.items():
        _write(out / path, render.render(file, tenant))
    stale = {paths.cases(tenant, kind) for kind in ("", *paths.CASE_KINDS)} - files.keys()
    for path in stale:
        _remove(out / path)
    proofs = tuple(_run(out, path, file) for path, file in files.items())
    return TenantProof(tenant, proofs, tuple(rule.id for rule in compiled.alerts), cases.uncovered)


def _run(out: Path, path: PurePosixPath, file: CaseFile) -> FileProof:
    begin = time.perf_counter()
    result = promtool.run_cases(out / path)
    failures = {failure.case: failure.detail for failure in result.failures}
    if "" in failures:  # the file as a whole, such as one that promtool refuses to read: no case of it was judged
        outcomes = {f"{path} as a whole": failures[""]}
    else:
        outcomes = {name: failures.pop(name, "") for name in file.names} | failures
    return FileProof(str(path), outcomes, time.perf_counter() - begin)


def _write(target: Path, data: bytes) -> None:
    if target.exists():
        current = target.read_bytes()
        if current == data:
            return
        if names.MARKER.encode() not in current[:200]:
            raise RefusedToWrite(f"{target} was not written by alertkit: move it away, or test into another folder with --out")
    write.replace(target, data)


def _remove_stale(out: Path, current: set[str]) -> None:
    for file in (out / "tests").glob("*.test.yaml"):
        if f"tests/{file.name}" not in current:
            _remove(file)


def _remove(file: Path) -> None:
    if file.is_file() and names.MARKER.encode() in file.read_bytes()[:200]:
        file.unlink()


def coverage(proofs: list[TenantProof]) -> tuple[int, int]:
    """How many alerts have a case, and how many there are."""
    total = sum(len(proof.alerts) for proof in proofs)
    return total - sum(len(proof.uncovered_alerts) for proof in proofs), total
