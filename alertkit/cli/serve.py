"""`alertkit serve`: run the receiver that Alertmanager posts to."""

from __future__ import annotations

from pathlib import Path

import click

from alertkit.errors import MissingTool


@click.command("serve")
@click.option("--policies", type=click.Path(path_type=Path), help="Folder of compiled policies, such as generated/receiver.")
@click.option(
    "--database",
    metavar="URL",
    help="sqlite:///alertkit.db, sqlite:////var/lib/alertkit/alertkit.db, or postgresql://user@host/name for several receivers.",
)
@click.option("--secrets", type=click.Path(path_type=Path), help="Folder with a file per secret, <owner>/<id>.")
@click.option("--tokens", type=click.Path(path_type=Path), help="JSON list of bearer tokens: {name, sha256, tenants, scopes}.")
@click.option("--listen", metavar="HOST:PORT", help="Where to accept connections. Default: 127.0.0.1:9087.")
@click.option("--overrides", type=click.Path(path_type=Path), help="Folder with own sentences and layouts.")
@click.option("--alertmanager", multiple=True, metavar="URL", help="An Alertmanager that posts here; repeat it for each of them.")
@click.option("--alertmanager-token-file", type=click.Path(path_type=Path), help="File with the bearer token to ask them with.")
@click.option("--alertmanager-user", metavar="NAME", help="Ask them as this user instead.")
@click.option("--alertmanager-password-file", type=click.Path(path_type=Path), help="File with the user's password.")
@click.option("--alertmanager-ca", type=click.Path(path_type=Path), help="PEM file of the authorities that they are trusted by.")
@click.option(
    "--expect-watchdog",
    multiple=True,
    metavar="TENANT/POLICY=DURATION",
    help="Tell the platform when no Watchdog is posted there so often; may be repeated.",
)
@click.option("--retention", metavar="DURATION", help="Forget incidents that were closed so long ago. Default: 90d.")
@click.option("--heartbeat-url", metavar="URL", help="Ask for this while the receiver is well: a dead man's switch elsewhere.")
def command(**given: object) -> None:
    """Take Alertmanager's webhooks, keep incidents, escalate until somebody acknowledges.

    Every option may also come from the environment, as ALERTKIT_POLICIES and so on. What a postgresql:// URL leaves out, a
    password above all, comes from where libpq looks: PGPASSWORD, PGPASSFILE, PGSERVICE.
    """
    try:
        from alertkit.receiver.server import serve
        from alertkit.receiver.settings import read
    except ModuleNotFoundError as error:
        raise MissingTool(f"serve needs {error.name}: pip install 'alertkit[receiver]'") from error
    serve(read(given), lambda address: click.echo(f"alertkit: listening on {address}", err=True))
