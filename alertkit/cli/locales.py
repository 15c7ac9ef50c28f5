"""`alertkit locales`: what translators and CI need."""

from __future__ import annotations

from pathlib import Path

import click

from alertkit import resources


@click.group("locales")
def command() -> None:
    """Check, extract and count the sentences of messages."""


@command.command("check")
@click.option(
    "--overrides", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder with tenants' own sentences."
)
@click.pass_context
def check_command(ctx: click.Context, overrides: Path | None) -> None:
    """Find stale catalogs, missing or fuzzy sentences, and fields that the code does not fill."""
    from alertkit.messages import catalogs

    findings = catalogs.check(_templates(), _package())
    for tenant in sorted(overrides.iterdir()) if overrides else ():
        findings += catalogs.check_overrides(tenant / "locales", _package())
    for finding in findings:
        click.echo(str(finding))
    ctx.exit(1 if findings else 0)


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
