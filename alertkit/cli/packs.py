"""`alertkit packs`: list rule packs, or explain one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alertkit.cli import common
from alertkit.cli.terminal import printer

if TYPE_CHECKING:
    from alertkit.cli.terminal import Printer
    from alertkit.compiler.packs.library import Library
    from alertkit.model.pack import Pack, Parameter

Rows = Iterable[tuple[str, ...]]


@click.command("packs")
@click.argument("name", required=False)
@common.project_option
@common.format_option("How it is printed; markdown is for a README.", "markdown")
@common.colour_option
@click.pass_context
def command(ctx: click.Context, name: str | None, project: Path | None, form: str, no_color: bool) -> None:
    """List the rule packs there are, or explain one: what it watches, its parameters, its alerts.

    The project's own packs in packs/ come before those that ship with alertkit. A pack of its own that is wrong is reported,
    and the exit code is then 1.
    """
    library = _library(project)
    line = printer(no_color=no_color)
    names = [_known(name, library)] if name else library.names()
    readings = {each: library.find(each) for each in names}
    problems = [problem for reading in readings.values() if reading for problem in reading.problems]
    packs = [reading.pack for reading in readings.values() if reading and reading.pack]
    if form == "json":
        common.print_json({"packs": [as_json(pack) for pack in packs], "problems": problems})
    elif form == "markdown":
        click.echo("\n".join(map(markdown, packs)), nl=False)
    elif name is None:
        _list(packs, line)
    else:
        for pack in packs:
            _explain(pack, line)
    if form != "json":
        common.print_problems(problems, "text", library.project or Path())
    ctx.exit(1 if len(packs) < len(names) else 0)


def _library(project: Path | None) -> Library:
    """The packs of the project; without one, those that ship."""
    from alertkit.compiler.packs.library import Library
    from alertkit.errors import UsageError

    try:
        return Library(common.find_project(project))
    except UsageError:
        return Library()


def _known(name: str, library: Library) -> str:
    from alertkit.compiler.finding import did_you_mean
    from alertkit.errors import UsageError

    if library.find(name) is None:
        raise UsageError(f"there is no pack {name!r}; {did_you_mean(name, library.names())}")
    return name


def _home(pack: Pack) -> str:
    return "alertkit" if pack.origin.startswith("rules/") else pack.origin


def _list(packs: list[Pack], line: Printer) -> None:
    width = max((len(pack.name) for pack in packs), default=0)
    for pack in packs:
        line(f"{pack.name:{width}}  {pack.title}, {len(pack.alerts)} alerts, from {_home(pack)}")


def _explain(pack: Pack, line: Printer) -> None:
    line(f"{pack.title} ({pack.name} {pack.version}, from {_home(pack)})", style="bold")
    line(pack.description)
    line(f"Reads: {pack.exporter}")
    for title, entries in (
        ("Parameters", _parameter_lines(pack)),
        ("Alerts", ((f"{name}  {severity}, {after}", summary) for name, severity, after, summary in _alerts(pack))),
        ("Records", ((record.record, "") for record in pack.records)),
        ("Metrics", pack.metrics.items()),
    ):
        line(f"\n{title}", style="bold")
        for head, text in entries:
            line(f"  {head}" + (f"\n      {text}" if text else ""))


def _parameter_lines(pack: Pack) -> Iterator[tuple[str, str]]:
    for name, kind, default, bounds, relaxed, text in _parameters(pack):
        value = default if default == "required" else f"default {default}"
        extra = [bounds, f"relaxed {relaxed}" if relaxed else ""]
        yield f"{name}  {', '.join(filter(None, (kind, value, *extra)))}", text


PARAMETERS = ("parameter", "type", "default", "bounds", "relaxed", "what it decides")
ALERTS = ("alert", "severity", "for", "summary")
RECORDS = ("record",)
METRICS = ("metric", "what it counts")


def _parameters(pack: Pack) -> Rows:
    for name, parameter in pack.parameters.items():
        reason = f" {parameter.reason}" if parameter.reason else ""
        kind = f"{parameter.kind} ({parameter.unit})" if parameter.unit else parameter.kind
        default = _shown(parameter, "default") or "required"
        yield name, kind, default, _bounds(parameter), _shown(parameter, "relaxed"), parameter.description + reason


def _alerts(pack: Pack) -> Rows:
    for alert in pack.alerts:
        yield alert.name, alert.severity, str(alert.hold or "at once"), alert.summary["en"]


def _bounds(parameter: Parameter) -> str:
    low, high = _shown(parameter, "minimum"), _shown(parameter, "maximum")
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}" if high else ""


def _shown(parameter: Parameter, key: str) -> str:
    from alertkit.compiler.packs import values

    value = getattr(parameter, key)
    return "" if value is None else values.shown(parameter.kind, value)


def markdown(pack: Pack) -> str:
    """What a README says about a pack that its file says as well: parameters, alerts, records and metrics, as tables."""
    return "\n".join(
        [
            *_markdown("Parameters", PARAMETERS, _parameters(pack)),
            *_markdown("Alerts", ALERTS, ((f"[{row[0]}](runbooks/{row[0]}.md)", *row[1:]) for row in _alerts(pack))),
            *_markdown("Records", RECORDS, ((f"`{record.record}`",) for record in pack.records)),
            *_markdown("Metrics", METRICS, ((f"`{name}`", meaning) for name, meaning in pack.metrics.items())),
        ]
    )


def _markdown(title: str, heads: tuple[str, ...], rows: Rows) -> Iterator[str]:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    if cells:
        yield f"## {title}\n"
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        yield from (f"| {' | '.join(row)} |" for row in cells)
        yield ""


def as_json(pack: Pack) -> dict[str, Any]:
    """A pack for machines: values are written as a definition would write them."""
    return {
        "name": pack.name,
        "title": pack.title,
        "description": pack.description,
        "version": pack.version,
        "exporter": pack.exporter,
        "origin": pack.origin,
        "parameters": [
            {
                "name": name,
                "type": parameter.kind,
                "required": parameter.default is None,
                **{key: _shown(parameter, key) for key in ("default", "relaxed", "minimum", "maximum") if _shown(parameter, key)},
                "description": parameter.description,
                "reason": parameter.reason,
            }
            for name, parameter in pack.parameters.items()
        ],
        "records": [record.record for record in pack.records],
        "alerts": [
            {
                "name": alert.name,
                "severity": alert.severity,
                "for": str(alert.hold or "0s"),
                "unit": alert.unit,
                "summary": alert.summary,
                "description": alert.description,
            }
            for alert in pack.alerts
        ],
        "metrics": pack.metrics,
    }
