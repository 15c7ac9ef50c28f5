"""Writes docs/reference/ from what the program itself knows: problem codes, JSON Schemas, commands, metrics, labels, settings.

Run it after a change. A test compares the pages with what would be written now.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "scripts")]

from schema_text import SchemaText

from alertkit import names
from alertkit.cli import COMMANDS, cli
from alertkit.compiler.codes import AREAS, Code
from alertkit.model.quantity import Duration
from alertkit.receiver.metric_list import METRICS
from alertkit.receiver.settings import SPANS, Settings

FOLDER = TOP / "docs" / "reference"
SCHEMAS = {
    "project": "The project: alertkit.yaml",
    "tenant": "A tenant: tenants/<name>.yaml, or the files of tenants/<name>/",
    "pack": "A rule pack: packs/<name>/pack.yaml",
    "policy": "The compiled policy: receiver/<tenant>.json",
    "webhook": "Alertmanager's webhook, as the receiver takes it",
}


def pages() -> dict[str, str]:
    """Every page by file name."""
    return {
        "problems.md": problems(),
        "definitions.md": definitions(),
        "cli.md": commands(),
        "metrics.md": metrics(),
        "labels.md": labels(),
        "settings.md": receiver_settings(),
    }


# Problems


def problems() -> str:
    lines = [
        "# Problems",
        "",
        "Everything that alertkit finds wrong with definitions, by its code. A problem names its place:",
        "`file:line:column: CODE message`. All problems of all tenants come in one run; a tenant with problems is not written",
        "and harms no other. Where an example shows one file, it is a tenant's.",
    ]
    for area, codes in AREAS.items():
        lines += ["", f"## {area}"]
        for code, page in codes.items():
            lines += _problem(code, page)
    return "\n".join(lines) + "\n"


def _problem(code: str, page: Code) -> Iterator[str]:
    yield from ("", f"### {code}: {page.title}", "", page.explanation)
    for word, example in (("Wrong", page.wrong), ("Right", page.right)):
        if example:
            yield from ("", f"{word}:", "", "```yaml", example.rstrip("\n"), "```")


# Definitions


def definitions() -> str:
    lines = [
        "# Definitions",
        "",
        "Every key of every file, from the JSON Schemas that editors and alertkit itself use. `name[]` is an entry of a list,",
        "`name.*` a value of a mapping whose keys are yours.",
    ]
    for name, title in SCHEMAS.items():
        lines += ["", f"## {title}", *SchemaText(name).lines()]
    return "\n".join(lines) + "\n"


# Commands


def commands() -> str:
    lines = ["# Commands", "", "Exit codes: 0 fine, 1 problems or stale files, 2 wrong usage.", ""]
    lines += ["| command | |", "|---|---|"]
    lines += [f"| [`alertkit {name}`](#alertkit-{name}) | {what} |" for name, what in sorted(COMMANDS.items())]
    context = click.Context(cli, info_name="alertkit")
    for name in sorted(COMMANDS):
        command = cli.get_command(context, name)
        assert command is not None
        lines += ["", *_command(command, f"alertkit {name}")]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str, level: str = "##") -> Iterator[str]:
    yield from (f"{level} {name}", "")
    yield from inspect.cleandoc(command.help or "").splitlines()
    arguments = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    usage = " ".join(f"{_word(argument)}" if argument.required else f"[{_word(argument)}]" for argument in arguments)
    yield from ("", f"    {name} [OPTIONS] {usage}".rstrip(), "")
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield f"- `{', '.join(option.opts)}{_value(option)}`: {option.help}"
    yield "- `-h, --help`: Show this help and stop."
    for part, inner in sorted(command.commands.items()) if isinstance(command, click.Group) else ():
        yield ""
        yield from _command(inner, f"{name} {part}", f"{level}#")


def _value(option: click.Option) -> str:
    return "" if option.is_flag else f" {_word(option)}"


def _word(parameter: click.Parameter) -> str:
    if parameter.metavar:
        return parameter.metavar
    if isinstance(parameter.type, click.Choice):
        return "|".join(map(str, parameter.type.choices))
    if isinstance(parameter, click.Argument):
        return (parameter.name or "").upper()
    if isinstance(parameter.type, click.Path) and not parameter.type.file_okay:
        return "DIR"
    return "NUMBER" if isinstance(parameter.type, click.IntRange) else parameter.type.name.upper()


# Metrics


def metrics() -> str:
    lines = [
        "# Metrics of the receiver",
        "",
        "`alertkit serve` exposes these at `/metrics`. Labels take their values from configuration only: `tenant`, `policy`,",
        "`step` (counted from 1), `severity` and `channel` are as many as the compiled policies name; no label holds a person,",
        "an address or what an alert says. Histograms are in seconds, with `_bucket`, `_sum` and `_count`.",
        "",
        "Counters are there at 0 as soon as the policies that name their labels are loaded, so that the first event is an",
        "increase; the series of a tenant or a channel go when no policy has it any more.",
        "",
        "| metric | type | labels | what it says |",
        "|---|---|---|---|",
    ]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.text} |")
    return "\n".join(lines) + "\n"


# Labels


EMITTED = {
    "Labels": ("DEFAULT_TENANT_LABEL", "LABEL_"),
    "Annotations of alerts": ("ANNOTATION_",),
    "Alerts": ("SLO_ALERT", "SLO_ABSENCE", "ALERT_", "WATCHDOG"),
    "Recorded series of SLOs": ("SLO_",),
    "Recorded series of detections": ("DETECTION_",),
}
"""How the constants of names.py begin that each part of the page lists; the first part that takes one has it."""


def labels() -> str:
    lines = [
        "# Labels, annotations and names",
        "",
        "What alertkit writes into rules and alerts, beside what definitions and packs name themselves. Labels are an alert's",
        "identity and decide where it goes; annotations carry what may change. A definition may set neither these labels nor",
        f"annotations that begin with `{names.ANNOTATION_PREFIX}`.",
    ]
    left = dict(_documented(ast.parse(Path(names.__file__).read_text(encoding="utf-8")).body))
    for title, prefixes in EMITTED.items():
        mine = [name for name in left if name.startswith(prefixes) and name not in ("SLO_RULES", "WATCHDOGS")]
        lines += ["", f"## {title}", "", "| name | |", "|---|---|"]
        lines += [f"| `{getattr(names, name)}` | {left.pop(name)} |" for name in mine]
        if "SLO_" in prefixes:
            lines.append(f"| `{names.slo_ratio('<window>')}` | Errors per event over a window. |")
    return "\n".join(lines) + "\n"


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Constants of a module, or fields of a class, with the text below each, on one line."""
    for constant, below in itertools.pairwise(body):
        if isinstance(constant, ast.AnnAssign) and isinstance(constant.target, ast.Name) and isinstance(below, ast.Expr):
            yield constant.target.id, " ".join(ast.literal_eval(below.value).split())


# Settings


def receiver_settings() -> str:
    lines = [
        "# Settings of the receiver",
        "",
        "What `alertkit serve` goes by: its options, then variables of the environment, then the defaults. Commas or spaces",
        "separate what is several.",
        "",
        "| variable | option | default | what it says |",
        "|---|---|---|---|",
    ]
    [kind] = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(kind, ast.ClassDef)
    told = dict(_documented(kind.body))
    serve = cli.get_command(click.Context(cli), "serve")
    assert serve is not None
    options = {parameter.name: f"`{parameter.opts[0]}`" for parameter in serve.params}
    for field in msgspec.structs.fields(Settings):
        default = "required" if field.required else _default(field.name, field.default)
        variable = f"`ALERTKIT_{field.name.upper()}`"
        lines.append(f"| {variable} | {options.get(field.name, '')} | {default} | {told[field.name]} |")
    return "\n".join(lines) + "\n"


def _default(name: str, default: Any) -> str:
    if name in SPANS:
        return f"`{Duration.of(days=int(default) // 86_400)}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{default}`" if default else ""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        file = FOLDER / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(TOP)}")


if __name__ == "__main__":
    main()
