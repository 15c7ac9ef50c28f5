"""`alertkit apply`: put generated files where servers read them, and have them read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit.cli import common
from alertkit.cli.terminal import printer

if TYPE_CHECKING:
    from alertkit.live.apply import Part, Server, Step


@click.command("apply")
@common.project_option
@common.environment_option
@click.option("--generated", type=common.Folder(), help="Generated files. Default: generated/ in the project.")
@click.option("--rules", type=common.Folder(), help="Folder of rules that Prometheus' rule_files name.")
@click.option("--alertmanager-config", "alertmanager", type=common.Folder(), help="Folder of Alertmanager's alertmanager.yaml.")
@click.option("--policies", type=common.Folder(), help="Folder that `alertkit serve --policies` reads.")
@click.option("--dashboards", type=common.Folder(), help="Folder of dashboards that Grafana's providers name.")
@click.option("--provisioning", type=common.Folder(), help="Grafana's provisioning folder.")
@click.option("--prometheus", "prometheus_urls", multiple=True, metavar="URL", help="Prometheus to reload; may be repeated.")
@click.option(
    "--alertmanager", "alertmanager_urls", multiple=True, metavar="URL", help="Alertmanager to reload; may be repeated."
)
@click.option("--dry-run", "dry", is_flag=True, help="Print what would be done and change nothing.")
@common.output_options
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    environment: str,
    generated: Path | None,
    rules: Path | None,
    alertmanager: Path | None,
    policies: Path | None,
    dashboards: Path | None,
    provisioning: Path | None,
    prometheus_urls: tuple[str, ...],
    alertmanager_urls: tuple[str, ...],
    dry: bool,
    quiet: bool,
    no_color: bool,
) -> None:
    """Put generated files where servers read them, then have Prometheus and Alertmanager reload.

    promtool and amtool are asked first, if installed. When a server refuses, or does not run the new files afterwards,
    everything is put back as it was and the exit code is 1. A folder belongs to one project and environment; only what
    alertkit put there is ever changed or removed. Grafana and `alertkit serve` see changed files by themselves.
    """
    from alertkit.live import apply as live

    given: dict[Part, Path | None] = {
        "policies": policies,
        "alertmanager": alertmanager,
        "rules": rules,
        "provisioning": provisioning,
        "dashboards": dashboards,
    }
    targets = {part: folder for part, folder in given.items() if folder}
    servers = _servers(targets, prometheus_urls, alertmanager_urls)
    source = generated or _generated(project, environment)
    steps = live.plan(source, targets)
    _ask_tools(source, targets)
    if not dry:
        live.apply(steps, servers)
    if not quiet:
        _print(steps, [*alertmanager_urls, *prometheus_urls], dry=dry, no_color=no_color)
    ctx.exit(0)


def _generated(project: Path | None, environment: str) -> Path:
    from alertkit.compiler.generate import output_folder
    from alertkit.compiler.workspace import open_project

    return output_folder(open_project(common.find_project(project), environment), None)


def _servers(targets: dict[Part, Path], prometheus_urls: tuple[str, ...], alertmanager_urls: tuple[str, ...]) -> list[Server]:
    """Alertmanager before Prometheus: a new alert finds its route."""
    from alertkit.errors import UsageError
    from alertkit.live.apply import Server
    from alertkit.live.reload import AlertmanagerServer, PrometheusServer

    if not targets:
        raise UsageError("nowhere to put files: give --rules, --alertmanager-config, --policies, --dashboards or --provisioning")
    if alertmanager_urls and "alertmanager" not in targets:
        raise UsageError("--alertmanager reloads what --alertmanager-config puts in place; give both")
    if prometheus_urls and "rules" not in targets:
        raise UsageError("--prometheus reloads what --rules puts in place; give both")
    return [
        *(Server("alertmanager", AlertmanagerServer(url)) for url in alertmanager_urls),
        *(Server("rules", PrometheusServer(url)) for url in prometheus_urls),
    ]


def _ask_tools(source: Path, targets: dict[Part, Path]) -> None:
    """What the tools refuse is not put anywhere; a tool that is missing is no reason to stop, for the servers check again."""
    from alertkit.errors import MissingTool
    from alertkit.live.apply import complaints
    from alertkit.live.reload import RefusedError

    for part in targets:
        try:
            found = complaints(source, [part])
        except MissingTool as error:
            click.echo(f"alertkit: {part} not checked beforehand: {error}", err=True)
            continue
        if found:
            raise RefusedError("nothing was changed: " + "\n".join(found))


def _print(steps: tuple[Step, ...], urls: list[str], *, dry: bool, no_color: bool) -> None:
    line = printer(no_color=no_color)
    for step in steps:
        if step.fate != "unchanged":
            line(f"{step.fate:<9} {step.file}", style={"added": "green", "removed": "red"}.get(step.fate, "yellow"))
    amounts = Counter(step.fate for step in steps)
    counted = ", ".join(f"{amounts[fate]} {fate}" for fate in ("added", "changed", "removed", "unchanged"))
    line(f"{'would be: ' if dry else ''}{counted}")
    for url in urls:
        line(f"{'would reload' if dry else 'reloaded'} {url}")
