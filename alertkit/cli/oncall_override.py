"""`alertkit oncall override`: put somebody on call instead, without Git."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from alertkit.cli.incidents import seconds
from alertkit.cli.remote import Remote, remote_options
from alertkit.errors import UsageError


@click.command("override")
@click.argument("person", required=False)
@click.option("--tenant", metavar="NAME", help="Whose schedule: a tenant, or platform.")
@click.option("--schedule", metavar="NAME", help="The schedule.")
@click.option("--for", "duration", metavar="DURATION", help="How long from its beginning: 30m, 8h, 2d.")
@click.option("--from", "begins", metavar="TIME", help="When it begins, with an offset: 2026-12-24T09:00+01:00. Default: now.")
@click.option("--until", "ends", metavar="TIME", help="When it ends, with an offset.")
@click.option("--remove", type=int, metavar="ID", help="Take this override back.")
@remote_options
def command(
    person: str | None,
    tenant: str | None,
    schedule: str | None,
    duration: str | None,
    begins: str | None,
    ends: str | None,
    remove: int | None,
    url: str | None,
    token_file: Path | None,
) -> None:
    """Put PERSON on call for a schedule, at once and whatever the calendar says; without PERSON, list overrides.

    It is kept by the receiver, survives a restart, and ends by itself. The latest of several holds.
    """
    remote = Remote(url, token_file)
    if remove is not None:
        remote("DELETE", f"/v1/oncall/overrides/{remove}")
        click.echo(f"override {remove} is taken back")
    elif person is None:
        for one in remote("GET", "/v1/oncall/overrides"):
            click.echo(_line(one))
    else:
        if not tenant or not schedule:
            raise UsageError("whose duty? give --tenant and --schedule")
        body = {"tenant": tenant, "schedule": schedule, "person": person} | _span(begins, ends, duration)
        click.echo(_line(remote("POST", "/v1/oncall/overrides", body)))


def _span(begins: str | None, ends: str | None, duration: str | None) -> dict[str, str]:
    if (ends is None) == (duration is None):
        raise UsageError("until when? give --for or --until")
    start = _instant(begins) if begins else dt.datetime.now(dt.UTC)
    end = _instant(ends) if ends else start + dt.timedelta(seconds=seconds(duration or ""))
    return {"begins": start.isoformat(), "ends": end.isoformat()}


def _instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time such as 2026-12-24T09:00+01:00") from error
    if found.tzinfo is None:
        raise UsageError(f"{text!r} has no offset: 2026-12-24T09:00+01:00, or Z for UTC")
    return found.astimezone(dt.UTC)


def _line(one: dict[str, Any]) -> str:
    return f"{one['id']}: {one['person']} for {one['owner']}/{one['schedule']} from {one['begins']} until {one['ends']}"
