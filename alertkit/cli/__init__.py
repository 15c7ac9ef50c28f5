"""The command line: flags in, one library call, exit code out. Exit codes: 0 fine, 1 problems or stale files, 2 usage."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Any

import click

from alertkit import __version__
from alertkit.errors import AlertkitError, MissingTool, UsageError

COMMANDS = {
    "apply": "Put generated files where servers read them, and reload.",
    "completion": "Print the completion script for a shell.",
    "demo": "Run the whole way on this machine, with a page that breaks things.",
    "doctor": "Ask a running Prometheus whether the rules have their data.",
    "explain": "Say where an alert goes, who is told when, and what they read.",
    "generate": "Compile definitions into rules, routes, dashboards and policies.",
    "incidents": "List incidents of a running receiver, and act on them.",
    "init": "Start a project that generates and passes.",
    "locales": "Check, extract and count the catalogs of words.",
    "packs": "List the rule packs there are, or explain one.",
    "oncall": "Draw who is on call when, with gaps and shares.",
    "preview": "Draw the messages of an alert, in the terminal or as a gallery.",
    "schema": "Print a JSON Schema, or write all of them.",
    "send": "Render a sample message and send it, or show it with --dry-run.",
    "serve": "Run the receiver that Alertmanager posts to.",
    "test": "Prove that alerts fire above their thresholds and reach whom they should.",
    "token": "Make a bearer token for the receiver.",
    "validate": "Report everything that is wrong with the definitions.",
}
"""Name and one line of every command. A command lives in the module of its name, which is imported when it is used."""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says of which no file is told: it is full, or broken."""


class Commands(click.Group):
    """Imports a command when it is asked for, so that `--version` does not wait for the compiler."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"alertkit.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, with a hint at the nearest command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what alertkit raises on purpose becomes one message and an exit code."""
        try:
            return super().invoke(ctx)
        except AlertkitError as error:
            click.echo(f"alertkit: {error}", err=True)
            ctx.exit(2 if isinstance(error, (UsageError, MissingTool)) else 1)
        except OSError as error:
            if error.filename is None and error.errno not in _FULL:
                raise
            click.echo(f"alertkit: {error.filename or 'the output'}: {error.strerror}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", prog_name="alertkit", message="%(prog)s %(version)s")
def cli() -> None:
    """Alerting as code for platforms that serve many tenants."""


def main() -> None:
    """Entry point of the console script."""
    try:
        cli(prog_name="alertkit")
    except BrokenPipeError:
        # Whoever read the output has left (`alertkit … | head`); nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
