"""`alertkit demo`: the whole way on this machine."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from alertkit.errors import MissingTool

if TYPE_CHECKING:
    from alertkit.demo.stage import Stage

_LOOK = 0.3
"""Seconds between two looks at what has been told."""


@click.command("demo")
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser; its address is printed.")
@click.option("--break-after", type=click.FloatRange(min=0), metavar="SECONDS", help="Break a tenant's payments by itself.")
@click.option("--seconds", type=click.FloatRange(min=0), metavar="SECONDS", help="End by itself. Default: Ctrl-C ends it.")
def command(no_browser: bool, break_after: float | None, seconds: float | None) -> None:
    """Run everything on this machine: two tenants' metrics, Prometheus, Alertmanager, the receiver and a Slack look-alike.

    Opens a page with a button that breaks a service, and the messages that follow, whose buttons work. Without Prometheus and
    Alertmanager the demo posts in their place. Everything listens on the loopback only, and nothing is left behind.
    """
    try:
        from alertkit.demo import programs
        from alertkit.demo.page import Page
        from alertkit.demo.stage import stage
    except ModuleNotFoundError as error:
        raise MissingTool(f"demo needs {error.name}: pip install 'alertkit[receiver]'") from error
    if absent := programs.missing():
        click.echo(f"Not installed: {', '.join(absent)}. The demo posts in their place; for the whole way:")
        click.echo(f"  sudo apt-get install {' '.join(absent)}")
    click.echo("Starting …")
    with _stopped_by_signals(), stage() as running, Page(running) as page:
        for name, url in {"page": page.origin, **running.urls}.items():
            click.echo(f"  {name:<13} {url}")
        click.echo("Break something on the page. Ctrl-C ends the demo.")
        if not no_browser:
            click.launch(page.origin)
        _watch(running, break_after, seconds)
    click.echo("Stopped; nothing is left behind.")


def _watch(running: Stage, break_after: float | None, seconds: float | None) -> None:
    """Say who is told what, until it ends."""
    began, told = time.monotonic(), dict[tuple[str, str], int]()
    with contextlib.suppress(KeyboardInterrupt):
        while seconds is None or time.monotonic() - began < seconds:
            if break_after is not None and time.monotonic() - began >= break_after:
                click.echo("Breaking payments of Acme Music …")
                running.break_("acme")
                break_after = None
            for line in _news(running, told):
                click.echo(line)
            time.sleep(_LOOK)


def _news(running: Stage, told: dict[tuple[str, str], int]) -> Iterator[str]:
    """Messages that are new or have changed since `told`, which is brought up to date."""
    from alertkit.demo.cast import ROOMS

    for room in ROOMS:
        for message in running.slack.messages_in(room.address):
            key, edits = (message.channel, message.ts), len(message.edits)
            if told.get(key) != edits:
                yield f"  {'→' if key not in told else '↻'} {room.title}: {' · '.join(message.shown.split(chr(10))[:2])}"
            told[key] = edits


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """A closed terminal and `kill` end the demo as Ctrl-C does, so that its programs end with it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {wanted: signal.signal(wanted, interrupt) for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for wanted, handler in before.items():
            signal.signal(wanted, handler)
