"""`alertkit send`: send one message for a try, or print what would be sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alertkit import names
from alertkit.cli import common
from alertkit.cli.preview import STATES, choose, compiled, messages
from alertkit.errors import MissingTool, UsageError

if TYPE_CHECKING:
    from alertkit.channels.base import Delivery, Outcome
    from alertkit.model.policy import ChannelSettings, TenantPolicy


@click.command("send")
@common.project_option
@click.option("--tenant", required=True, metavar="NAME", help="Whose alert and channel.")
@common.environment_option
@click.option("--alert", required=True, metavar="NAME", help="The alert.")
@click.option("--channel", required=True, metavar="NAME", help="The channel, by its name in the definition.")
@click.option("--to", "address", default="", metavar="ADDRESS", help="A room, a person's id or a mail address.")
@click.option("--locale", default="", metavar="LOCALE", help="Default: the tenant's.")
@click.option("--state", type=click.Choice(STATES), default="firing", show_default=True)
@click.option("--secrets", type=common.Folder(), help="Folder with a file per secret, <owner>/<id>.")
@click.option("--overrides", type=common.Folder(), help="Folder with own sentences and layouts.")
@click.option("--dry-run", is_flag=True, help="Print the message and send nothing.")
@click.pass_context
def command(
    ctx: click.Context,
    project: Path | None,
    tenant: str,
    environment: str,
    alert: str,
    channel: str,
    address: str,
    locale: str,
    state: str,
    secrets: Path | None,
    overrides: Path | None,
    dry_run: bool,
) -> None:
    """Send an alert of a tenant to one address, to see that the channel works.

    The message says that it is a preview by its reference; its buttons do nothing.
    """
    policy, rules = compiled(common.find_project(project), tenant, environment)
    configured = policy.channels.get(channel) or policy.channels.get(names.lent(channel))
    if configured is None:
        raise UsageError(f"no channel {channel!r}; there are {', '.join(sorted(policy.channels)) or 'none'}")
    drawn = messages(
        policy,
        choose(rules, (alert,)),
        locales=(locale or policy.locale,),
        channels=(channel,),
        states=(state,),
        overrides=overrides,
    )
    shown = next(drawn)
    from alertkit.channels.base import Delivery

    delivery = Delivery(f"preview-{state}", "open", address, shown.message, "preview", tenant=policy.tenant)
    if dry_run:
        common.print_json({"channel": configured.type, "delivery": delivery})
        return
    if secrets is None:
        raise UsageError("--secrets is missing; give the folder, or --dry-run")
    ctx.exit(_report(asyncio.run(_send(policy, configured, delivery, secrets, overrides)), delivery))


async def _send(
    policy: TenantPolicy, configured: ChannelSettings, delivery: Delivery, secrets: Path, overrides: Path | None
) -> Outcome:
    try:
        from alertkit.receiver.channels import Channels
        from alertkit.receiver.secrets import Secrets
        from alertkit.receiver.settings import read
    except ModuleNotFoundError as error:
        raise MissingTool(f"send needs {error.name}: pip install 'alertkit[receiver,email]'") from error
    settings = read({"policies": secrets, "database": "sqlite://", "secrets": secrets, "tokens": secrets, "overrides": overrides})
    channels = Channels(settings, Secrets(secrets))
    try:
        return await channels.get(configured, policy.tenant).deliver(delivery)
    finally:
        await channels.close()


def _report(outcome: Outcome, delivery: Delivery) -> int:
    """One line on what came of it; the exit code."""
    from alertkit.channels.base import Retry, Sent

    if isinstance(outcome, Sent):
        click.echo(f"sent to {delivery.address or 'the channel'} {outcome.reference}".rstrip())
        return 0
    later = f"; it may work in {outcome.after:g} s" if isinstance(outcome, Retry) else ""
    click.echo(f"not sent: {outcome.reason}{later}", err=True)
    return 1
