"""`alertkit incidents`: what is going on, and doing something about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alertkit.cli import common
from alertkit.cli.remote import Remote, remote_options
from alertkit.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

STATES = ("firing", "acknowledged", "snoozed", "suppressed", "resolved")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_OPEN = tuple(state for state in STATES if state != "resolved")


@click.group("incidents")
def command() -> None:
    """List incidents of a running receiver, look at one, and act on it."""


@command.command("list")
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Only this tenant; may be repeated.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only this state. Default: all that are open.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, help="At most so many. Default: 50.")
@click.option("--before", type=int, help="Go on after this incident: the `next` of the page before.")
@remote_options
@common.format_option("How it is printed.")
@common.colour_option
def list_(
    tenants: tuple[str, ...],
    states: tuple[str, ...],
    limit: int,
    before: int | None,
    url: str | None,
    token_file: Path | None,
    form: str,
    no_color: bool,
) -> None:
    """What is open, the latest first."""
    query: dict[str, Any] = {"tenant": tenants, "state": states or _OPEN, "limit": limit}
    page = Remote(url, token_file)("GET", "/v1/incidents", **query | ({"before": before} if before else {}))
    if form == "json":
        common.print_json(page)
        return
    console = common.console(no_color=no_color)
    if not page["incidents"]:
        console.print("No incidents.")
        return
    console.print(_table(page["incidents"]))
    if page["next"]:
        console.print(f"There are more: --before {page['next']}")


@command.command("show")
@click.argument("incident")
@remote_options
@common.format_option("How it is printed.")
@common.colour_option
def show(incident: str, url: str | None, token_file: Path | None, form: str, no_color: bool) -> None:
    """One incident with its alerts, its timeline and who was told."""
    story = Remote(url, token_file)("GET", f"/v1/incidents/{_number(incident)}")
    if form == "json":
        common.print_json(story)
        return
    console = common.console(no_color=no_color)
    console.print(_table([story["incident"]]))
    if since := story["incident"].get("stale_since"):
        console.print(f"Since {_time(since)} no Alertmanager that answers knows one of its alerts: it may be over.")
    for alert in story["alerts"]:
        ended = f", ended {_time(alert['ends'])}" if alert["ends"] else ""
        console.print(f"\n{_labels(alert['labels'])}\n  since {_time(alert['starts'])}{ended}")
        console.print(*(f"  {name}: {value!r}" for name, value in sorted(alert["annotations"].items())), sep="\n")
    console.print("\nTimeline")
    for event in story["timeline"]:
        who = f" by {event['actor']}" if event["actor"] else ""
        whom = f" → {', '.join(event['targets'])}" if event["targets"] else ""
        until = f" until {_time(event['until'])}" if event["until"] else ""
        console.print(f"  {_time(event['at'])}  {event['kind'].replace('_', ' ')}{who}{whom}{until} {event['reason']}".rstrip())
    console.print("\nMessages")
    for told in story["messages"]:
        whom = f"{told['channel']} {told['recipient']}"
        console.print(f"  {_time(told['wanted'])}  {told['kind']:<8}{whom}: {told['state']} {told['reason']}".rstrip())


def _action(name: str, kind: str, words: str) -> None:
    @command.command(name, help=words)
    @click.argument("incidents", nargs=-1, required=True, metavar="INCIDENT...")
    @remote_options
    def act(incidents: tuple[str, ...], url: str | None, token_file: Path | None) -> None:
        _act(Remote(url, token_file), incidents, kind, {})


_action("ack", "acknowledge", "Take it on: nobody else is paged until the acknowledgement times out.")
_action("resolve", "resolve", "Close it by hand.")
_action("escalate", "escalate", "Page the next step now.")


@command.command("snooze")
@click.argument("incidents", nargs=-1, required=True, metavar="INCIDENT...")
@click.option(
    "--for", "duration", default="1h", show_default=True, metavar="DURATION", help="Such as 30m, 4h or 1d; from a minute to 7d."
)
@remote_options
def snooze(incidents: tuple[str, ...], duration: str, url: str | None, token_file: Path | None) -> None:
    """Put it off: it pages again when the time is over, or earlier when it gets worse."""
    wanted = seconds(duration)
    if not wanted:
        raise UsageError(f"--for {duration} is no time at all")
    _act(Remote(url, token_file), incidents, "snooze", {"seconds": wanted})


@command.command("assign")
@click.argument("incident")
@click.argument("recipient", metavar="PERSON|team/TEAM")
@remote_options
def assign(incident: str, recipient: str, url: str | None, token_file: Path | None) -> None:
    """Page a person, by their id, or a team now; the steps go on if nobody answers."""
    kind, slash, name = recipient.partition("/")
    if slash and kind not in ("person", "team"):
        raise UsageError(f"{recipient!r} is not a person's id, person/<id> or team/<name>")
    _act(Remote(url, token_file), (incident,), "reassign", {kind: name} if slash else {"person": recipient})


def _act(remote: Remote, incidents: tuple[str, ...], kind: str, body: dict[str, Any]) -> None:
    for incident in incidents:
        done = remote("POST", f"/v1/incidents/{_number(incident)}/{kind}", body)
        until = f" until {_time(done['until'])}" if done["until"] else ""
        click.echo(f"{done['reference']} is {done['state']}{until}")


def seconds(duration: str) -> int:
    """Seconds of `30m`, `4h` or `1d`.

    Raises:
        UsageError: it is no such duration.
    """
    number, unit = duration[:-1], duration[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()) or len(number) > 6:
        raise UsageError(f"{duration!r} is not a duration such as 30m, 4h or 1d")
    return int(number) * _UNITS[unit]


def _number(incident: str) -> int:
    """The id in `142`, or in `ACME-142` as people say it."""
    number = incident.rpartition("-")[2]
    if not (number.isascii() and number.isdecimal()):
        raise UsageError(f"{incident!r} is not an incident such as 142 or ACME-142")
    return int(number)


def _table(incidents: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table("incident", "state", "severity", "since", "labels", box=None, pad_edge=False, header_style="bold")
    for one in incidents:
        by = f" by {one['by']}" if one["by"] else ""
        until = f" until {_time(one['until'])}" if one["until"] else ""
        stale = ", not confirmed by Alertmanager" if one.get("stale_since") else ""
        table.add_row(
            one["reference"], f"{one['state']}{by}{until}{stale}", one["severity"], _time(one["opened"]), _labels(one["labels"])
        )
    return table


def _labels(labels: dict[str, str]) -> str:
    """Labels are hostile text: quoted, so that nothing in them reaches the terminal."""
    return " ".join(
        f"{name}={value if value.isprintable() and ' ' not in value else ascii(value)}" for name, value in sorted(labels.items())
    )


def _time(text: str) -> str:
    return dt.datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M %Z")
