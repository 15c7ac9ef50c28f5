"""Who is on call when: schedules with their layers, hours of the week, windows of maintenance."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Final

from alertkit.compiler.resolve.definition import Definition, Home
from alertkit.compiler.scope import Data
from alertkit.model.oncall import ActiveHours, Handoff, Layer, Maintenance, Override, Restriction, Schedule

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVERY_DAY: Final = (0, 1, 2, 3, 4, 5, 6)


def schedules(definition: Definition) -> dict[str, Schedule]:
    """Schedules by name."""
    return {home.key(entry["name"]): _schedule(home, entry) for home, entry in definition.entries("schedules")}


def _schedule(home: Home, entry: Data) -> Schedule:
    return Schedule(
        timezone=home.said(entry, "timezone"),
        layers=tuple(_layer(home, layer) for layer in entry["layers"]),
        overrides=tuple(
            Override(
                dt.datetime.fromisoformat(override["from"]),
                dt.datetime.fromisoformat(override["until"]),
                home.key(override["person"]),
            )
            for override in entry.get("overrides", [])
        ),
    )


def _layer(home: Home, layer: Data) -> Layer:
    return Layer(
        rotation=layer["rotation"],
        handoff=_handoff(layer["handoff"]),
        start=dt.date.fromisoformat(layer["from"]),
        members=tuple(map(home.key, layer["members"])),
        every=layer.get("every", 1),
        until=dt.date.fromisoformat(layer["until"]) if "until" in layer else None,
        restrict=tuple(restriction(entry) for entry in layer.get("restrict", [])),
    )


def _handoff(text: str) -> Handoff:
    day, _, time = text.rpartition(" ")
    if not day:
        return Handoff(time)
    return Handoff(time, day=int(day)) if day.isdigit() else Handoff(time, weekday=_WEEKDAYS.index(day))


def active_hours(definition: Definition, written: Data) -> ActiveHours:
    """When a policy escalates."""
    return ActiveHours(
        timezone=definition.own.said(written, "timezone"),
        hours=restriction(written),
        holidays=tuple(dt.date.fromisoformat(day) for day in written.get("holidays", [])),
    )


def maintenance(definition: Definition) -> tuple[Maintenance, ...]:
    """Windows in which nobody is told, as instants."""
    zone = definition.data["timezone"]
    return tuple(
        Maintenance(_instant(window["from"], zone), _instant(window["until"], zone), window["match"], window["reason"])
        for window in definition.data.get("maintenance", [])
    )


def _instant(local: str, zone: str) -> dt.datetime:
    return dt.datetime.fromisoformat(local).replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)


def restriction(written: Data) -> Restriction:
    """Hours of some days of the week, or of every day."""
    start, end = written["hours"].split("-")
    return Restriction(_weekdays(written["weekdays"]) if "weekdays" in written else _EVERY_DAY, start, end)


def _weekdays(text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        begin, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        days.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return tuple(sorted(days))
