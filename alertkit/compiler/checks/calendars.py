"""Dates that exist, zones that exist, spans that end after they begin, hand-offs that fit their rotation."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Generator, Iterator
from functools import cache, lru_cache
from importlib import resources

from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.model.quantity import Duration

_SHAPES = {"hourly": "00:30", "daily": "09:00", "weekly": "Mon 09:00", "monthly": "1 09:00"}


def check(data: Data, _scope: Scope) -> Iterator[Finding]:
    """Everything about time that a pattern cannot see."""
    yield from check_zone(data, ())
    for section in ("teams", "people"):
        for index, entry in enumerate(data.get(section, [])):
            yield from check_zone(entry, (section, index))
    for index, schedule in enumerate(data.get("schedules", [])):
        yield from _schedule(schedule, ("schedules", index))
    for index, policy in enumerate(data.get("escalation", [])):
        yield from _policy(policy, ("escalation", index))
    for index, window in enumerate(data.get("maintenance", [])):
        yield from _span(window, ("maintenance", index))


def _schedule(schedule: Data, path: Path) -> Iterator[Finding]:
    yield from check_zone(schedule, path)
    for index, layer in enumerate(schedule["layers"]):
        yield from _layer(layer, (*path, "layers", index))
    for index, override in enumerate(schedule.get("overrides", [])):
        yield from _span(override, (*path, "overrides", index))


def _layer(layer: Data, path: Path) -> Iterator[Finding]:
    rotation, handoff = layer["rotation"], layer["handoff"]
    first = handoff.split(" ")[0] if " " in handoff else ""
    shape = "weekly" if first.isalpha() else "monthly" if first else "hourly or daily"
    if rotation not in shape:
        message = f"hand-off {handoff!r} does not fit a {rotation} rotation"
        yield Finding((*path, "handoff"), "AK503", message, f"write it as {_SHAPES[rotation]!r}")
    begin = yield from check_date(layer["from"], (*path, "from"))
    end = (yield from check_date(layer["until"], (*path, "until"))) if "until" in layer else None
    if begin and end and end <= begin:
        yield Finding((*path, "until"), "AK502", f"the layer ends on {end}, not after it begins on {begin}", "let it end later")


def _policy(policy: Data, path: Path) -> Iterator[Finding]:
    previous = -1
    for index, step in enumerate(policy["steps"]):
        after = Duration.parse(step.get("after", "0s")).ms // 1_000
        if after <= previous:
            message = f"step {index + 1} comes {'at the same time as' if after == previous else 'before'} the step above it"
            yield Finding(
                (*path, "steps", index),
                "AK504",
                message,
                "write steps in the order of time; put targets of one moment in one step",
            )
        previous = max(previous, after)
    active = policy.get("active", {})
    yield from check_zone(active, (*path, "active"))
    for index, day in enumerate(active.get("holidays", [])):
        yield from check_date(day, (*path, "active", "holidays", index))


def check_zone(entry: Data, path: Path) -> Iterator[Finding]:
    """The entry's `timezone`, if it has one, exists."""
    zone = entry.get("timezone")
    if zone and not zone_exists(zone):
        yield Finding(
            (*path, "timezone"), "AK501", f"there is no time zone {zone!r}", "use an IANA name such as Europe/Paris or UTC"
        )


def _span(entry: Data, path: Path) -> Iterator[Finding]:
    begin = yield from check_moment(entry["from"], (*path, "from"))
    end = yield from check_moment(entry["until"], (*path, "until"))
    if begin and end and end <= begin:
        message = f"it ends at {entry['until']}, not after it begins at {entry['from']}"
        yield Finding((*path, "until"), "AK502", message, "let it end later, or begin earlier")


def check_moment(text: str, path: Path) -> Generator[Finding, None, dt.datetime | None]:
    """A local time that the calendar has."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        yield Finding(path, "AK502", f"there is no moment {text!r}", "write it as 2026-12-24T09:00")
    return None


def check_date(text: str, path: Path) -> Generator[Finding, None, dt.date | None]:
    """A date that the calendar has."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        yield Finding(path, "AK502", f"there is no date {text!r}", "write it as 2026-12-24")
    return None


@lru_cache(maxsize=1024)
@cache
def _zones() -> frozenset[str]:
    """The names in the package tzdata, which is the same wherever a definition is read."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def zone_exists(name: str) -> bool:
    """True when the IANA database has the zone. What a machine calls `localtime` is another zone on the next machine."""
    if name not in _zones():
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
