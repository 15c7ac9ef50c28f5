"""`alertkit doctor`: ask a running Prometheus whether the rules have their data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit.cli import common

if TYPE_CHECKING:
    from alertkit.live.doctor import Examination


@click.command("doctor")
@common.project_option
@common.tenant_option
@common.environment_option
@click.option("--prometheus", "url", required=True, metavar="URL", help="Prometheus to ask, such as http://127.0.0.1:9090.")
@click.option("--token-file", type=click.Path(dir_okay=False, path_type=Path), help="File with a bearer token.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=10.0, help="Seconds for each question. Default: 10.")
@click.option("--slow", type=click.FloatRange(min=0.0), default=1.0, help="Seconds from which a rule counts as slow. Default: 1.")
@common.format_option("How findings are printed.")
@common.output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    tenants: tuple[str, ...],
    environment: str,
    url: str,
    token_file: Path | None,
    timeout: float,
    slow: float,
    form: str,
    quiet: bool,
    no_color: bool,
) -> None:
    """Ask a running Prometheus whether the rules have the data they need. Changes nothing.

    Tells selectors that match nothing, metrics without the tenant label, histograms without a bucket at an SLO's threshold, rules
    that fail or are slow, and how many series each recording rule keeps. Exit code 1 when an alert could never fire.
    """
    from alertkit.compiler.api import build
    from alertkit.errors import Level, ProblemsFound, UsageError
    from alertkit.live.doctor import Examination, Patient, examine
    from alertkit.live.prometheus import Prometheus

    try:
        token = token_file.read_text().strip() if token_file else ""
    except OSError as error:
        raise UsageError(f"cannot read {token_file}: {error.strerror}") from error
    result = build(common.find_project(project), tenants, environment)
    wrong = [problem for problem in result.problems if problem.level is Level.ERROR]
    if wrong:
        raise ProblemsFound(wrong)
    server, settings = Prometheus(url, token, timeout), result.workspace.project
    found = []
    for tenant in result.tenants:
        isolated = settings.enforce == "selectors" and tenant.tenant != "platform"
        found.append(examine(server, Patient(tenant.tenant, settings.label, isolated, tenant.groups), slow))
    whole = Examination(
        tuple(complaint for one in found for complaint in one.complaints),
        tuple(record for one in found for record in one.recorded),
    )
    if form == "json":
        common.print_json(whole)
    else:
        _print(whole, quiet=quiet, no_color=no_color)
    ctx.exit(1 if any(complaint.level is Level.ERROR for complaint in whole.complaints) else 0)


def _print(found: Examination, *, quiet: bool, no_color: bool) -> None:
    from rich.table import Table

    console = common.console(no_color=no_color)
    if found.complaints:
        table = Table(box=None, pad_edge=False)
        for title in ("tenant", "what", "rule", "selector or group", "why"):
            table.add_column(title, overflow="fold")  # a selector that is cut short cannot be asked for
        for complaint in found.complaints:
            style = "red" if complaint.level == "error" else "yellow"
            table.add_row(complaint.tenant, complaint.kind, complaint.rule, complaint.subject, complaint.detail, style=style)
        console.print(table)
    if not quiet:
        series = sum(record.series for record in found.recorded)
        console.print(f"{len(found.complaints)} complaints; {len(found.recorded)} recording rules keep {series} series")
