"""Lines for people: in colours on a terminal, unless somebody asked for none. What a terminal can do, the environment says."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, Final, Protocol

import click

STYLES: Final[dict[str, dict[str, Any]]] = {
    **{colour: {"fg": colour} for colour in ("green", "yellow", "red")},
    **{weight: {weight: True} for weight in ("bold", "dim")},
}


class Printer(Protocol):
    """Prints a line of text in a style."""

    def __call__(self, text: str, style: str = "") -> None:
        """One line."""
        ...


def without_colours(no_color: bool) -> bool:
    """Whether somebody asked for no colours: with the option, with NO_COLOR, or with a terminal that has none."""
    return no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def width() -> int:
    """Characters of a line of the terminal; in a pipe as many as anybody writes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def printer(*, no_color: bool) -> Printer:
    """What prints a line in a style of `STYLES`; in a pipe without it, unless FORCE_COLOR asks for colours there.

    For commands that print nothing but lines: rich, for everything else, takes a tenth of a second to load.
    """
    colours = False if without_colours(no_color) else True if os.environ.get("FORCE_COLOR") else None

    def line(text: str, style: str = "") -> None:
        click.echo(click.style(text, **STYLES[style]) if style else text, color=colours)

    return line
