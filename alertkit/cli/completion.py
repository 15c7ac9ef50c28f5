"""`alertkit completion`: the script that completes commands, options and names in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    - bash: add to ~/.bashrc: source <(alertkit completion bash)
    - zsh: add to ~/.zshrc, below compinit: source <(alertkit completion zsh)
    - fish: alertkit completion fish > ~/.config/fish/completions/alertkit.fish
    """
    maker = get_completion_class(shell)
    if maker is None:
        raise click.UsageError(f"no completion for {shell}")
    root = ctx.find_root()
    click.echo(maker(root.command, {}, "alertkit", "_ALERTKIT_COMPLETE").source())
