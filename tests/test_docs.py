"""What the documentation says is true: links lead somewhere, commands are the command line's, definitions are definitions."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml

from alertkit.cli import cli
from alertkit.compiler.reading import schema

TOP = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for folder in ("docs", "examples", "benchmarks", "rules")
    for page in (TOP / folder).rglob("*.md")
    if "generated" not in page.parts
) + sorted(TOP.glob("*.md"))
YAML_FILES = [
    TOP / ".pre-commit-hooks.yaml",
    TOP / "examples/gitops/.github/workflows/alerts.yaml",
    *sorted(
        file
        for pattern in ("gitops/**/*.y*ml", "compose/**/*.yaml", "kubernetes/*.yaml", "deploy/*.yaml")
        for file in (TOP / "examples").glob(pattern)
        if not {"generated", "live"} & set(file.parts)
    ),
]
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?<![\w./:@'\"=-])(?:\S*/bin/)?alertkit((?: +(?:'[^']*'|\"[^\"]*\"|[^\s|&;<>()`]+))*)")


_REDIRECTION = re.compile(r" \d?>>? ?\S+")


def pages(pattern: str = "") -> list[object]:
    return [pytest.param(page, id=str(page.relative_to(TOP))) for page in PAGES if re.search(pattern, str(page))]


@pytest.mark.parametrize("page", pages())
def test_links_lead_to_files_and_headings_that_there_are(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place) if place else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in set(anchors(target.read_text("utf-8"))), f"{link}: there is no such heading"


def test_places_that_the_architecture_names_are_there() -> None:
    text = (TOP / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    places = re.findall(r"`([\w/]+/(?:\w+\.py)?)`", text)
    assert len(places) > 10
    for place in places:
        assert (TOP / place).exists() or (TOP / "alertkit" / place).exists(), f"{place} is not there"


def anchors(text: str) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


@pytest.mark.parametrize("page", pages(r"README|docs/(?!reference|explanation)|CONTRIBUTING"))
def test_commands_are_ones_that_the_command_line_knows(page: Path) -> None:
    for language, block in _FENCE.findall(page.read_text("utf-8")):
        if language in ("console", "bash", "sh"):
            for line in typed(block, prompts=language == "console"):
                for arguments in _COMMAND.findall(_REDIRECTION.sub("", line)):
                    understood(shlex.split(arguments, comments=True))


def typed(block: str, *, prompts: bool) -> Iterator[str]:
    """The lines that a reader types, each with what continues it."""
    for line in block.replace("\\\n", " ").splitlines():
        if not prompts:
            yield line
        elif line.startswith("$ "):
            yield line[2:]


def understood(arguments: list[str]) -> None:
    """Raises when the command line would call this wrong usage."""
    if not arguments:
        return  # the word in a sentence
    command: click.Command = cli
    context = click.Context(cli, info_name="alertkit")
    try:
        command.parse_args(context, list(arguments))
        while isinstance(command, click.Group) and (rest := [*context._protected_args, *context.args]):
            name, found, rest = command.resolve_command(context, rest)
            assert found is not None
            context, command = click.Context(found, info_name=name, parent=context), found
            command.parse_args(context, rest)
    except click.exceptions.Exit:
        return  # --help and --version
    except click.UsageError as error:
        if isinstance(error, click.BadParameter) and "does not exist" in error.message:
            return  # a file of the reader's
        raise AssertionError(f"alertkit {shlex.join(arguments)}: {error.format_message()}") from error


@pytest.mark.parametrize("page", pages(r"README|docs/(?!reference|explanation)"))
def test_definitions_are_what_the_schemas_allow(page: Path) -> None:
    for language, block in _FENCE.findall(page.read_text("utf-8")):
        if language != "yaml":
            continue
        data = typed_values(block)
        if isinstance(data, dict) and data.get("version") == "alertkit/v1":
            kind = "tenant" if "tenant" in data else "pack" if "pack" in data else "project"
            assert not list(schema.check(kind, data)), f"{page.name}: {block}"


def typed_values(block: str) -> object:
    """YAML as alertkit reads it: dates stay text."""
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.yaml_implicit_resolvers = {
        letter: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return yaml.load(block, loader)


@pytest.mark.parametrize("file", [pytest.param(file, id=str(file.relative_to(TOP))) for file in sorted(set(YAML_FILES))])
def test_yaml_that_others_read_is_yaml_and_its_commands_are_known(file: Path) -> None:
    documents = list(yaml.safe_load_all(file.read_text("utf-8")))
    assert documents
    assert None not in documents
    for text in strings(documents):
        for line in text.replace("\\\n", " ").splitlines():
            if re.match(r"\s*(?:\S*/bin/)?alertkit ", line):
                for arguments in _COMMAND.findall(line):
                    understood(shlex.split(arguments, comments=True))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def test_what_compose_mounts_is_what_prepare_puts_there(tmp_path: Path, tool: Callable[[str], str]) -> None:
    here = tmp_path / "compose"
    shutil.copytree(TOP / "examples" / "compose", here, ignore=shutil.ignore_patterns("live", "generated", "secrets", "tokens"))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for _ in range(2):
        subprocess.run([here / "prepare"], check=True, env={"PATH": path}, capture_output=True, text=True)
    compose = yaml.safe_load((here / "compose.yaml").read_text())
    mounts = [volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])]
    for mount in mounts:
        assert mount in compose["volumes"] or (here / mount).exists(), f"{mount} is mounted and not there"
    assert (here / "live" / "alertmanager" / "alertkit.token").read_text().strip()
    subprocess.run([tool("amtool"), "check-config", here / "live" / "alertmanager" / "alertmanager.yaml"], check=True)
    subprocess.run([tool("promtool"), "check", "config", "--syntax-only", here / "prometheus.yaml"], check=True)


def test_the_configuration_inside_kubernetes_objects_is_what_the_servers_take(tmp_path: Path, tool: Callable[[str], str]) -> None:
    documents = yaml.safe_load_all((TOP / "examples" / "kubernetes" / "monitoring.yaml").read_text())
    found = {document["metadata"]["name"]: document for document in documents if document["kind"] == "ConfigMap"}
    (tmp_path / "prometheus.yaml").write_text(found["prometheus"]["data"]["prometheus.yaml"])
    subprocess.run([tool("promtool"), "check", "config", "--syntax-only", tmp_path / "prometheus.yaml"], check=True)
