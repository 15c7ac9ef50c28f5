"""`alertkit token`: make a bearer token for the receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from alertkit.errors import MissingTool

SCOPES = ("ingest", "read", "act")


@click.command("token")
@click.argument("name")
@click.option(
    "--tokens",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The receiver's tokens file; made when it is missing.",
)
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="For this tenant; may be repeated. Default: all.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("ingest",),
    show_default=True,
    help="What it is for: posting alerts, reading incidents, acting on them. May be repeated.",
)
def command(name: str, path: Path, tenants: tuple[str, ...], scopes: tuple[Literal["ingest", "read", "act"], ...]) -> None:
    """Make a token and print its text, once: the file keeps a digest of it.

    NAME is for whoever reads the file. Two tokens of one name are valid side by side, so a token is replaced by making the next
    one, handing it out, and taking the old one out of the file. A running receiver reads the file again by itself.
    """
    try:
        from alertkit.receiver.tokens import issue
    except ModuleNotFoundError as error:
        raise MissingTool(f"token needs {error.name}: pip install 'alertkit[receiver]'") from error
    click.echo(issue(path, name, frozenset(tenants) if tenants else "*", frozenset(scopes)))
