"""Calendars for hypothesis: zones whose clocks misbehave, at the times at which they do."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from alertkit.model.oncall import Handoff, Layer, Override, Restriction, Schedule

# Zone and an instant near which its clocks change, or its date does.
CHANGES = [
    ("America/Chicago", "2026-03-08T08:00+00:00"),
    ("America/Chicago", "2026-11-01T07:00+00:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00+00:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30+00:00"),
    ("Europe/Paris", "2026-03-29T01:00+00:00"),
    ("Europe/Paris", "2026-10-25T01:00+00:00"),
    ("Pacific/Apia", "2011-12-30T10:00+00:00"),
    ("Pacific/Kwajalein", "1993-08-21T12:00+00:00"),
    ("America/St_Johns", "2010-11-07T02:31+00:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00+00:00"),
    ("Africa/Casablanca", "2026-02-15T02:00+00:00"),
    ("Antarctica/Troll", "2026-03-29T01:00+00:00"),
    ("Asia/Kathmandu", "2026-06-01T00:00+00:00"),
    ("UTC", "2024-02-29T00:00+00:00"),
]
PEOPLE = ["ana", "ben", "cleo", "dan"]

clock_times = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
weekdays = st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple)
restrictions = st.builds(Restriction, weekdays, clock_times, clock_times | st.just("24:00"))
handoffs = st.builds(Handoff, clock_times, weekday=st.integers(0, 6), day=st.integers(1, 28))


@st.composite
def places(draw: st.DrawFn) -> tuple[str, dt.datetime]:
    """A zone and an instant near a change of its clocks."""
    name, change = draw(st.sampled_from(CHANGES))
    return name, dt.datetime.fromisoformat(change)


def near(around: dt.datetime, days: int = 4) -> st.SearchStrategy[dt.datetime]:
    """Instants, to the minute, around one: half of them within two hours."""
    minutes = st.integers(-120, 120) | st.integers(-days * 1_440, days * 1_440)
    return minutes.map(lambda n: around + dt.timedelta(minutes=n))


def written_near(around: dt.datetime, days: int = 4) -> st.SearchStrategy[dt.datetime]:
    """Wall-clock times, to the minute, around an instant's UTC time."""
    return near(around, days).map(lambda at: at.replace(tzinfo=None))


@st.composite
def layers(draw: st.DrawFn, around: dt.datetime) -> Layer:
    start = around.date() + dt.timedelta(days=draw(st.integers(-60, 2)))
    return Layer(
        rotation=draw(st.sampled_from(["hourly", "daily", "weekly", "monthly"])),
        handoff=draw(handoffs),
        start=start,
        members=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5))),
        every=draw(st.integers(1, 3)),
        until=draw(st.none() | st.integers(0, 70).map(lambda n: start + dt.timedelta(days=n))),
        restrict=tuple(draw(st.lists(restrictions, max_size=2))),
    )


@st.composite
def overrides(draw: st.DrawFn, around: dt.datetime) -> Override:
    start = draw(written_near(around))
    return Override(start, start + dt.timedelta(minutes=draw(st.integers(1, 4_000))), draw(st.sampled_from([*PEOPLE, "eve"])))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, dt.datetime]:
    """A schedule and the instant around which it is interesting."""
    name, around = draw(places())
    return (
        Schedule(
            timezone=name,
            layers=tuple(draw(st.lists(layers(around), max_size=4))),
            overrides=tuple(draw(st.lists(overrides(around), max_size=3))),
        ),
        around,
    )
