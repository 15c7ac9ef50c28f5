"""`alertkit init`: start a project that generates and passes."""

from __future__ import annotations

from pathlib import Path

import click

from alertkit import paths
from alertkit.cli import common
from alertkit.cli.terminal import printer


@click.command("init")
@click.argument("folder", type=common.Folder(), default=Path())
@click.option("--tenant", default="example", metavar="NAME", help="Name of the first tenant. Default: example.")
@common.output_options
def command(folder: Path, tenant: str, quiet: bool, no_color: bool) -> None:
    """Start a project in FOLDER (default: here) that generates and passes: a project file, one tenant, the schemas.

    Nothing that is there already is changed.
    """
    from alertkit.compiler.scaffold import scaffold

    line = printer(no_color=no_color)
    for file in scaffold(folder, tenant):
        if not quiet:
            line(str(file))
    if not quiet:
        here = "" if folder == Path() else f" --project {folder}"
        line(f"next: alertkit generate{here}, then look into {paths.GENERATED}/", style="green")
