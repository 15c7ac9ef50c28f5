"""`alertkit oncall`: who is on call when, drawn as a calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit.cli import common
from alertkit.cli.oncall_override import command as override
from alertkit.errors import UsageError

if TYPE_CHECKING:
    from alertkit.explain.duty import Calendar
    from alertkit.model.policy import TenantPolicy

_DAYS = 14


@click.group("oncall", invoke_without_command=True)
@common.project_option
@click.option("--tenant", default="", metavar="NAME", help="Whose schedules.")
@click.option("--schedule", "schedules", multiple=True, metavar="NAME", help="Only this schedule; may be repeated. Default: all.")
@click.option("--at", "moment", default="", metavar="TIME", help="Who is on call at this moment, and until when.")
@click.option(
    "--from", "begin", default="", metavar="TIME", help="Beginning of the calendar: 2026-12-01 or 2026-12-01T09:00. Default: now."
)
@click.option("--until", "until", default="", metavar="TIME", help=f"Its end. Default: {_DAYS} days later.")
@common.environment_option
@common.format_option("How the calendar is printed.")
@common.colour_option
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    tenant: str,
    schedules: tuple[str, ...],
    moment: str,
    begin: str,
    until: str,
    environment: str,
    form: str,
    no_color: bool,
) -> None:
    """Draw who is on call when: turns, overrides, gaps, and how duty is shared out.

    Times without an offset are in the tenant's zone; each schedule is drawn in its own.
    """
    if ctx.invoked_subcommand:
        return
    if not tenant:
        raise click.MissingParameter(ctx=ctx, param_hint="'--tenant'", param_type="option")
    from alertkit.compiler.api import build
    from alertkit.explain import compiled

    if moment and (begin or until):
        raise UsageError("ask with --at for a moment, or with --from and --until for a time between two")
    policy = compiled(build(common.find_project(project), common.without_platform(tenant), environment), tenant).policy
    found = _calendars(policy, schedules, moment, begin, until)
    if form == "json":
        common.print_json(found)
        return
    from alertkit.cli.oncall_text import draw, draw_moment

    console = common.console(no_color=no_color)
    if not found:
        console.print(f"tenant {tenant} has no schedule")
    for calendar in found:
        for part in draw_moment(calendar) if moment else draw(calendar):
            common.print_drawing(console, part)


command.add_command(override)


def _calendars(policy: TenantPolicy, schedules: tuple[str, ...], moment: str, begin: str, until: str) -> tuple[Calendar, ...]:
    from alertkit.explain import local_instant
    from alertkit.explain.duty import calendars

    now = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
    start = local_instant(moment or begin, policy.timezone) if moment or begin else now
    end = local_instant(until, policy.timezone) if until else start + dt.timedelta(days=_DAYS)
    return calendars(policy, schedules, start, end)
