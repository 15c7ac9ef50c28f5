"""`alertkit locales`: what translators and CI need."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from alertkit import resources


@click.group("locales")
def command() -> None:
    """Check, extract and count the sentences of messages; check own layouts."""


@command.command("check")
@click.option(
    "--overrides", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder with own sentences and layouts."
)
@click.pass_context
def check_command(ctx: click.Context, overrides: Path | None) -> None:
    """Find stale catalogs, missing or fuzzy sentences, wrong fields, and own layouts that cannot be drawn."""
    from alertkit.messages import catalogs

    found = [str(finding) for finding in catalogs.check(_templates(), _package())]
    if overrides is not None:
        for tenant in sorted(overrides.iterdir()):
            found += [str(finding) for finding in catalogs.check_overrides(tenant / "locales", _package())]
        found += [f"{path}: {problem}" for path, problem in _layout_problems(overrides).items()]
    for finding in found:
        click.echo(finding)
    ctx.exit(1 if found else 0)


def _layout_problems(folder: Path) -> dict[Path, str]:
    """Each own layout is asked to draw incidents of every state and size in each language."""
    from alertkit.channels import overrides
    from alertkit.messages import Words

    return overrides.check(folder, Words(_templates(), folder).specimens(dt.datetime.now(dt.UTC)))


@command.command("extract")
def extract_command() -> None:
    """Bring every catalog up to date with the code; new sentences come in empty. Needs a checkout."""
    from alertkit.messages import catalogs

    for path in catalogs.update(_templates(), _package()):
        click.echo(f"{path.relative_to(resources.root()).as_posix()}  changed")


@command.command("stats")
def stats_command() -> None:
    """Count what is translated in each language."""
    from alertkit.messages import catalogs

    for found in catalogs.stats(_templates()):
        click.echo(f"{found.language}  {found.translated} translated  {found.fuzzy} fuzzy  {found.missing} missing")


def _templates() -> Path:
    return resources.root() / "templates"


def _package() -> Path:
    from alertkit import messages

    return Path(messages.__file__).parent
