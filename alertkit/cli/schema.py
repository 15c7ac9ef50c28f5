"""`alertkit schema`: print a JSON Schema, or write all of them."""

from __future__ import annotations

from pathlib import Path

import click

from alertkit.cli import common
from alertkit.cli.terminal import printer
from alertkit.resources import SCHEMAS


@click.command("schema")
@click.argument("name", type=click.Choice(SCHEMAS), required=False)
@click.option("--write", "folder", type=common.Folder(), help="Write all schemas into this folder.")
@common.output_options
def command(name: str | None, folder: Path | None, quiet: bool, no_color: bool) -> None:
    """Print a JSON Schema, or write all of them.

    An editor with yaml-language-server completes and explains definitions that begin with
    `# yaml-language-server: $schema=<folder>/tenant.schema.json`.
    """
    from alertkit.compiler.reading import schema
    from alertkit.compiler.writing import write

    if folder is not None:
        for each in SCHEMAS:
            file = folder / f"{each}.schema.json"
            write.replace(file, schema.text(each).encode())
            if not quiet:
                printer(no_color=no_color)(str(file))
    elif name is not None:
        click.echo(schema.text(name), nl=False)
    else:
        raise click.UsageError(f"name a schema ({', '.join(SCHEMAS)}), or give --write FOLDER")
