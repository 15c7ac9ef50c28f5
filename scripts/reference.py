"""Writes docs/reference/ from what the program itself knows: problem codes, JSON Schemas, commands, metrics, labels.

Run it after a change. A test compares the pages with what would be written now.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from alertkit import names, resources
from alertkit.cli import COMMANDS, cli
from alertkit.compiler.codes import AREAS, Code
from alertkit.receiver.metric_list import METRICS

TOP = Path(__file__).resolve().parent.parent
FOLDER = TOP / "docs" / "reference"
SCHEMAS = {
    "project": "The project: alertkit.yaml",
    "tenant": "A tenant: tenants/<name>.yaml, or the files of tenants/<name>/",
    "pack": "A rule pack: packs/<name>/pack.yaml",
    "policy": "The compiled policy: receiver/<tenant>.json",
    "webhook": "Alertmanager's webhook, as the receiver takes it",
}
Schema = dict[str, Any]


def pages() -> dict[str, str]:
    """Every page by file name."""
    return {
        "problems.md": problems(),
        "definitions.md": definitions(),
        "cli.md": commands(),
        "metrics.md": metrics(),
        "labels.md": labels(),
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
        if (resources.root() / "schemas" / f"{name}.schema.json").exists():
            lines += ["", f"## {title}", *_Definition(name).lines()]
    return "\n".join(lines) + "\n"


class _Definition:
    """One schema as text. What is used in several places is described at the first and named at the others."""

    def __init__(self, name: str) -> None:
        self._schemas: dict[str, Schema] = {}
        self._name = f"{name}.schema.json"
        self._described: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        root = self._load(self._name)
        yield from ("", root["description"])
        yield from self._object("", root, self._name)

    def _load(self, file: str) -> Schema:
        if file not in self._schemas:
            self._schemas[file] = json.loads((resources.root() / "schemas" / file).read_text(encoding="utf-8"))
        return self._schemas[file]

    def _object(self, path: str, schema: Schema, file: str) -> Iterator[str]:
        yield ""
        if path:
            yield from (f"### `{path}`", "")
        below = []
        needed = [*schema.get("required", []), *schema.get("then", {}).get("required", [])]
        for key, written in schema["properties"].items():
            place = f"{path}.{key}" if path else key
            yield self._entry(key, written, file, required=key in needed)
            below += list(self._objects_in(place, written, file))
        for place, inner, home in below:
            yield from self._object(place, inner, home)

    def _entry(self, key: str, written: Schema, file: str, *, required: bool) -> str:
        resolved, _, _ = self._resolve(written, file)
        kind = _kind({**resolved, **written})
        examples = ", ".join(f"`{json.dumps(example, ensure_ascii=False)}`" for example in written.get("examples", []))
        needed = ", required" if required else ""
        see = "".join(f" As `{place}`." for place in self._seen(written, file))
        shown = f" For example {examples}." if examples else ""
        return f"- **`{key}`** ({kind}{needed}): {written['description']}{see}{shown}"

    def _seen(self, written: Schema, file: str) -> Iterator[str]:
        reference = self._reference(written, file)
        if reference in self._described:
            yield self._described[reference]

    def _objects_in(self, place: str, written: Schema, file: str) -> Iterator[tuple[str, Schema, str]]:
        """Objects with keys of their own that a value can be or hold."""
        resolved, home, reference = self._resolve(written, file)
        if home != self._name:  # the platform's sections are a tenant's
            return
        if reference and reference in self._described:
            return
        if reference and "properties" in resolved:
            self._described[reference] = place
        whole = {
            **resolved,
            "required": [*resolved.get("required", []), *(written.get("required", []) if "$ref" in written else [])],
        }
        if "properties" in resolved:
            yield place, whole, home
        for variant in resolved.get("oneOf", []):
            if True not in variant.get("properties", {}).values():  # else it says which keys go together
                yield from self._objects_in(place, variant, home)
        if isinstance(resolved.get("items"), dict):
            yield from self._objects_in(f"{place}[]", resolved["items"], home)
        if isinstance(resolved.get("additionalProperties"), dict):
            yield from self._objects_in(f"{place}.*", resolved["additionalProperties"], home)

    def _reference(self, written: Schema, file: str) -> str:
        target = written.get("$ref", "")
        return (file + target if target.startswith("#") else target) if target else ""

    def _resolve(self, written: Schema, file: str) -> tuple[Schema, str, str]:
        """What a reference leads to, the file that it stands in, and the reference in full."""
        reference = self._reference(written, file)
        if not reference:
            return written, file, ""
        home, _, pointer = reference.partition("#")
        found = self._load(home)
        for part in pointer.strip("/").split("/"):
            found = found[part]
        if "$ref" in found:
            return self._resolve(found, home)
        return found, home, reference


_WORDS = {"array": "list", "object": "mapping", "string": "text", "integer": "whole number", "boolean": "true or false"}


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{choice}`" for choice in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kinds = schema.get("type", "value")
    plain = " or ".join(_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return plain if plain in ("list", "mapping") else schema.get("title", plain)


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
    left = dict(_documented(Path(names.__file__).read_text(encoding="utf-8")))
    for title, prefixes in EMITTED.items():
        mine = [name for name in left if name.startswith(prefixes) and name not in ("SLO_RULES", "WATCHDOGS")]
        lines += ["", f"## {title}", "", "| name | |", "|---|---|"]
        lines += [f"| `{getattr(names, name)}` | {left.pop(name)} |" for name in mine]
        if "SLO_" in prefixes:
            lines.append(f"| `{names.slo_ratio('<window>')}` | Errors per event over a window. |")
    return "\n".join(lines) + "\n"


def _documented(source: str) -> Iterator[tuple[str, str]]:
    """Constants of a module with the text below each, on one line."""
    body = ast.parse(source).body
    for constant, below in itertools.pairwise(body):
        if isinstance(constant, ast.AnnAssign) and isinstance(constant.target, ast.Name) and isinstance(below, ast.Expr):
            yield constant.target.id, " ".join(ast.literal_eval(below.value).split())


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        file = FOLDER / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(TOP)}")


if __name__ == "__main__":
    sys.exit(main())
