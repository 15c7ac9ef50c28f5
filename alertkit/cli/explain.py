"""`alertkit explain`: which route, which policy, who is told first, second, third, and what they read."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import click

from alertkit.cli import common
from alertkit.errors import UsageError

_BETWEEN = re.compile(r",(?=[^,=]+=)")


@click.command("explain")
@common.project_option
@click.option("--tenant", required=True, metavar="NAME", help="Whose alert.")
@click.option("--alert", default="", metavar="NAME", help="One of the tenant's alerts, by name or rule id.")
@click.option("--labels", "labels", multiple=True, metavar="NAME=VALUE,...", help="Labels of the alert; may be repeated.")
@click.option(
    "--at", "moment", default="", metavar="TIME", help="When it fires: 2026-11-21T03:00 in the tenant's zone. Default: now."
)
@common.environment_option
@click.option("--overrides", type=common.Folder(), help="Folder with own sentences.")
@common.format_option("How the answer is printed.")
@common.colour_option
def command(
    project: Path | None,
    tenant: str,
    alert: str,
    labels: tuple[str, ...],
    moment: str,
    environment: str,
    overrides: Path | None,
    form: str,
    no_color: bool,
) -> None:
    """Say where an alert goes and who is woken by it, from the definitions alone, before anything is deployed.

    Ask for an alert by name with --alert, for any other with --labels, or for both.
    """
    from alertkit.compiler.api import build
    from alertkit.explain import Question, compiled, explain, local_instant

    given = read_labels(labels)
    if not given and not alert:
        raise click.UsageError("say which alert: --alert NAME, or --labels severity=critical,service=checkout")
    built = build(common.find_project(project), common.without_platform(tenant), environment)
    zone = compiled(built, tenant).tenant.timezone
    at = local_instant(moment, zone) if moment else dt.datetime.now(dt.UTC).replace(microsecond=0)
    answer = explain(built, tenant, Question(given, at, alert), overrides)
    if form == "json":
        common.print_json(answer)
        return
    from alertkit.cli.explain_text import draw

    console = common.console(no_color=no_color)
    for part in draw(answer):
        common.print_drawing(console, part)


def read_labels(written: tuple[str, ...]) -> dict[str, str]:
    """Labels as they are written on the command line: `a=b,c=d`; a comma in a value is fine unless `name=` follows it.

    Raises:
        UsageError: a part is not name=value.
    """
    labels = {}
    for part in (part for text in written for part in _BETWEEN.split(text)):
        name, equals, value = part.partition("=")
        if not name.strip() or not equals:
            raise UsageError(f"--labels {part!r} is not NAME=VALUE")
        labels[name.strip()] = value
    return labels
