"""`alertkit validate`: everything that is wrong with the definitions."""

from __future__ import annotations

from pathlib import Path

import click

from alertkit.cli import common
from alertkit.cli.terminal import printer


@click.command("validate")
@common.project_option
@common.tenant_option
@common.environment_option
@common.format_option("How problems are printed.", "github")
@common.output_options
@click.pass_context
def command(
    ctx: click.Context, project: Path | None, tenants: tuple[str, ...], environment: str, form: str, quiet: bool, no_color: bool
) -> None:
    """Report everything that is wrong with the definitions, of every tenant, in one run.

    Without --env each tenant is checked as it stands and in each of its environments. Exit code 1 when there is an error.
    """
    from alertkit.compiler.api import check
    from alertkit.errors import Level

    common.collect_seldom()
    folder = common.find_project(project)
    problems = check(folder, tenants, environment)
    errors = sum(problem.level is Level.ERROR for problem in problems)
    if form == "json":
        common.print_json({"problems": problems})
    else:
        common.print_problems(problems, form, folder)
        if not quiet and form == "text":
            verdict = f"{_amount(errors, 'error')}, {_amount(len(problems) - errors, 'warning')}" if problems else "no problems"
            printer(no_color=no_color)(verdict, style="red" if errors else "green")
    ctx.exit(1 if errors else 0)


def _amount(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
