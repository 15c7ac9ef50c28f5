"""`alertkit generate`: compile definitions, write what changed, and say what."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit.cli import common
from alertkit.cli.terminal import printer, without_colours

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from alertkit.compiler.generate import Progress, Verify
    from alertkit.compiler.workspace import Workspace

_WORTH_A_BAR = 20
"""Tenants that are worth a progress bar."""


@click.command("generate")
@common.project_option
@common.tenant_option
@common.environment_option
@click.option("--out", type=common.Folder(), help="Output folder. Default: generated/ in the project.")
@click.option("--check", "dry", is_flag=True, help="Write nothing; print the plan and exit 1 when the files are stale.")
@click.option("--verify", is_flag=True, help="Ask promtool and amtool about everything before it is written.")
@click.option("--trust", is_flag=True, help="Run the dashboard builders of the project and its tenants: they are code.")
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Processes. Default: one for each processor.")
@common.format_option("How plan and problems are printed.", "github")
@common.output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    tenants: tuple[str, ...],
    environment: str,
    out: Path | None,
    dry: bool,
    verify: bool,
    trust: bool,
    jobs: int | None,
    form: str,
    quiet: bool,
    no_color: bool,
) -> None:
    """Compile definitions into rules, routes, dashboards and policies; write what changed, and say what.

    A tenant with problems writes nothing and harms no other; the exit code is then 1.
    """
    from alertkit.cli.plan_text import print_plan
    from alertkit.compiler.generate import Options, generate, output_folder
    from alertkit.compiler.workspace import open_project

    common.collect_seldom()
    folder = common.find_project(project)
    with common.problems_printed(ctx, form, folder):
        space = open_project(folder, environment, trusted=trust)
        options = Options(output_folder(space, out), dry=dry, jobs=jobs or 0, verify=_verifier(space) if verify else None)
        with progress_bar(shown=form == "text" and not quiet, no_color=no_color) as progress:
            plan = generate(space, tenants, options, progress)
    if form == "json":
        common.print_json(plan)
    else:
        common.print_problems(plan.problems, form, space.directory)
        if not quiet and form == "text":
            print_plan(plan, options, space, printer(no_color=no_color))
    ctx.exit(1 if plan.failed or (dry and plan.changed) else 0)


def _verifier(space: Workspace) -> Verify:
    from alertkit.compiler.proof.verify import Verifier

    return Verifier.find(space)


class progress_bar:  # noqa: N801 - used as a function, in a with statement
    """A progress bar on a terminal, when there are enough tenants to wait for; nothing in a pipe, or where codes are unwanted."""

    def __init__(self, *, shown: bool, no_color: bool) -> None:
        self._shown = shown and sys.stderr.isatty() and not without_colours(no_color)
        self._bar: Bar | None = None

    def __enter__(self) -> Progress:
        return self._advance

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def _advance(self, done: int, total: int) -> None:
        if self._shown and total >= _WORTH_A_BAR:
            self._bar = self._bar or self._started(total)
            self._bar.update(self._bar.task_ids[0], completed=done)

    def _started(self, total: int) -> Bar:
        from rich.progress import Progress as Bar

        bar = Bar(console=common.console(no_color=False, stderr=True), transient=True)
        bar.add_task("tenants", total=total)
        bar.start()
        return bar
