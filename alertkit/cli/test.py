"""`alertkit test`: prove that alerts fire and reach whom they should."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit.cli import common

if TYPE_CHECKING:
    from rich.console import Console

    from alertkit.compiler.proof.routes import RouteResult
    from alertkit.compiler.proof.run import TenantProof

_SHOWN = 20
"""Failures and alerts without a case of one tenant that are listed; the rest is counted."""


@click.command("test")
@common.project_option
@common.tenant_option
@common.environment_option
@click.option("--out", type=common.Folder(), help="Output folder. Default: generated/ in the project.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results as JUnit XML.")
@click.option("--require-cases", is_flag=True, help="Fail when an alert has no case.")
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Tenants at a time. Default: one for each processor.")
@common.format_option("How results are printed.")
@common.output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    tenants: tuple[str, ...],
    environment: str,
    out: Path | None,
    junit: Path | None,
    require_cases: bool,
    jobs: int | None,
    form: str,
    quiet: bool,
    no_color: bool,
) -> None:
    """Prove that alerts fire just above their thresholds, stay silent just below, and reach whom they should.

    Generates first, then writes the cases under tests/ and runs them through promtool: those derived from the rules, those of the
    packs and the tenants' own. Routes are asked too. Exit code 1 when something does not hold.
    """
    from alertkit.compiler import api
    from alertkit.compiler.generate import output_folder
    from alertkit.compiler.proof.run import coverage, prove, prove_routes, suites
    from alertkit.compiler.writing.write import replace
    from alertkit.errors import Level
    from alertkit.tools import junit as report

    common.collect_seldom()
    build = api.build(common.find_project(project), tenants, environment)
    folder = output_folder(build.workspace, out)
    api.write(build, out)
    console = common.console(no_color=no_color)
    shown = console if form == "text" else None
    common.print_problems(build.problems if shown else (), form, build.workspace.directory)
    proofs = []
    for one in prove(build, folder, jobs or os.cpu_count() or 1):
        proofs.append(one)
        if shown and (one.failed or not quiet):
            _print_tenant(one, shown, require_cases=require_cases)
    routes = prove_routes(build)
    if junit:
        replace(junit, report.report(suites(proofs, routes)))
    if shown:
        _print_routes(routes, shown, quiet=quiet)
    else:
        common.print_json({"tenants": proofs, "routes": [route for route in routes if not route.passed]})
    with_cases, total = coverage(proofs)
    if shown and not quiet:
        console.print(f"{with_cases} of {total} alerts have a case")
    wrong = any(problem.level is Level.ERROR for problem in build.problems) or any(one.failed for one in proofs)
    ctx.exit(1 if wrong or not all(route.passed for route in routes) or (require_cases and with_cases < total) else 0)


def _print_tenant(one: TenantProof, console: Console, *, require_cases: bool) -> None:
    count, seconds = sum(len(file.outcomes) for file in one.files), sum(file.seconds for file in one.files)
    failures = {case: failure for file in one.files for case, failure in file.failures.items()}
    verdict = f"{len(failures)} failed" if failures else "all hold"
    console.print(f"{one.tenant:<24} {count:>5} cases  {verdict:<10} {seconds:6.1f} s", style="red" if failures else "green")
    for case, failure in list(failures.items())[:_SHOWN]:
        console.print(f"  {case}", style="red")
        console.print("\n".join(f"    {line}" for line in failure.splitlines()[:12]))
    _print_count(len(failures) - _SHOWN, "more failures", console)
    missing = one.uncovered_alerts
    for rule, reason in list(missing.items())[:_SHOWN]:
        console.print(f"  no case for {rule}: {reason}", style="red" if require_cases else "yellow")
    _print_count(len(missing) - _SHOWN, "more alerts without a case", console)


def _print_routes(routes: tuple[RouteResult, ...], console: Console, *, quiet: bool) -> None:
    failed = [route for route in routes if not route.passed]
    if failed or not quiet:
        verdict = f"{len(failed)} failed" if failed else "all hold"
        console.print(f"{'routes':<24} {len(routes):>5} cases  {verdict}", style="red" if failed else "green")
    for route in failed[:_SHOWN]:
        place = f" ({route.source.file}:{route.source.line})" if route.source else ""
        console.print(f"  {route.tenant}: {route.name}{place}: {route.failure}", style="red")
    _print_count(len(failed) - _SHOWN, "more failures", console)


def _print_count(rest: int, what: str, console: Console) -> None:
    if rest > 0:
        console.print(f"  and {rest} {what}")
