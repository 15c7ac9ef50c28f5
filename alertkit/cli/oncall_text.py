"""An on-call calendar as people read it: a line for each turn, drawn to scale, then everybody's share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alertkit.explain.duty import Calendar, Turn

_COLOURS = ("cyan", "magenta", "green", "blue", "yellow", "bright_cyan", "bright_magenta", "bright_green")
_WIDTH = 14
"""Characters of a bar; a calendar with usual names then fits into 80."""


def draw(calendar: Calendar) -> Iterator[RenderableType]:
    """The whole calendar."""
    span = f"{_moment(calendar.start)} – {_moment(calendar.end)} {calendar.timezone}"
    yield Text.assemble((calendar.schedule, "bold"), f"  {span}")
    table = Table.grid(padding=(0, 2))
    colours = _colours(calendar)
    for turn in calendar.turns:
        who, style = (turn.name, colours[turn.person]) if turn.person else ("nobody", "bold red")
        times = f"{turn.start:%a %d %b %H:%M} – {turn.end:%d %b %H:%M}"
        table.add_row(
            Text(times, no_wrap=True),
            Text(_bar(calendar, turn), style),
            Text(who, style),
            Text(_length(turn)),
            Text(turn.by, "dim"),
        )
    yield table
    yield from _verdict(calendar)
    yield _shares(calendar, colours)
    yield Text()


def draw_moment(calendar: Calendar) -> Iterator[RenderableType]:
    """Who is on call when the calendar begins."""
    turn = calendar.turns[0]
    who = Text(turn.name, style="bold green") if turn.person else Text("nobody", style="bold red")
    until = _moment(turn.end) if turn.end < calendar.end else f"{_moment(calendar.end)} or later"
    by = f" ({turn.by})" if turn.by else ""
    yield Text.assemble(
        (calendar.schedule, "bold"), f"  {_moment(calendar.start)} {calendar.timezone}: ", who, f"{by} until {until}"
    )


def _verdict(calendar: Calendar) -> Iterator[Text]:
    gaps = [turn for turn in calendar.turns if not turn.person]
    if gaps:
        hours = sum(turn.hours for turn in gaps)
        yield Text(f"{_many(len(gaps), 'gap')}, {hours:g} hours in all with nobody on call", style="bold red")
    else:
        yield Text("no gaps", style="green")


def _shares(calendar: Calendar, colours: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for share in calendar.shares:
        table.add_row(
            Text(share.name, style=colours.get(share.person, "dim")),
            Text("█" * round(share.part * _WIDTH), style=colours.get(share.person, "dim")),
            f"{share.hours:g} h",
            f"{share.part:.0%}",
            _many(share.nights, "night"),
            _many(share.weekends, "weekend"),
        )
    return table


def _colours(calendar: Calendar) -> dict[str, str]:
    return {share.person: _COLOURS[place % len(_COLOURS)] for place, share in enumerate(calendar.shares)}


def _bar(calendar: Calendar, turn: Turn) -> str:
    """The turn's place in the whole time, at least one mark wide."""
    whole = (calendar.end - calendar.start) / _WIDTH
    start = min(round((turn.start - calendar.start) / whole), _WIDTH - 1)
    end = max(round((turn.end - calendar.start) / whole), start + 1)
    return "·" * start + "━" * (end - start) + "·" * (_WIDTH - end)


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _length(turn: Turn) -> str:
    days, hours = divmod(turn.hours, 24)
    return " ".join(part for part in (f"{days:g} d" if days else "", f"{hours:g} h" if hours else "") if part)


def _moment(at: dt.datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"
