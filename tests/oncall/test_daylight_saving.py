"""Hand-offs, turns and windows where the clocks change, as tables. All offsets are written out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from alertkit.model.oncall import ActiveHours, Handoff, Layer, Override, Restriction, Schedule
from alertkit.oncall import gaps, instant, is_active, on_call, shifts, zone

EVERY_DAY = tuple(range(7))
HOUR = dt.timedelta(hours=1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


WRITTEN = [
    # zone, written, the instant by the zone's own clock
    ("America/Chicago", "2026-03-08T01:59", "2026-03-08T01:59-06:00"),
    ("America/Chicago", "2026-03-08T02:00", "2026-03-08T03:00-05:00"),
    ("America/Chicago", "2026-03-08T02:30", "2026-03-08T03:00-05:00"),
    ("America/Chicago", "2026-03-08T03:00", "2026-03-08T03:00-05:00"),
    ("America/Chicago", "2026-11-01T00:59", "2026-11-01T00:59-05:00"),
    ("America/Chicago", "2026-11-01T01:00", "2026-11-01T01:00-05:00"),
    ("America/Chicago", "2026-11-01T01:30", "2026-11-01T01:30-05:00"),
    ("America/Chicago", "2026-11-01T02:00", "2026-11-01T02:00-06:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:30+11:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-04T02:30+11:00"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45+11:00"),
    ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-05T02:00+10:30"),
    ("Europe/Paris", "2026-03-29T02:30", "2026-03-29T03:00+02:00"),
    ("Europe/Paris", "2026-10-25T02:30", "2026-10-25T02:30+02:00"),
    ("Europe/Paris", "2026-10-25T03:00", "2026-10-25T03:00+01:00"),
    ("Pacific/Apia", "2011-12-29T23:59", "2011-12-29T23:59-10:00"),
    ("Pacific/Apia", "2011-12-30T00:00", "2011-12-31T00:00+14:00"),
    ("Pacific/Apia", "2011-12-30T23:59", "2011-12-31T00:00+14:00"),
    ("Pacific/Apia", "2011-12-31T00:01", "2011-12-31T00:01+14:00"),
    ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T01:00-02:00"),
    ("America/St_Johns", "2010-11-07T00:00", "2010-11-07T00:00-02:30"),
    ("Antarctica/Troll", "2026-03-29T02:30", "2026-03-29T03:00+02:00"),
]


@pytest.mark.parametrize(("name", "written", "expected"), WRITTEN)
def test_a_skipped_time_happens_after_the_gap_and_a_repeated_one_the_first_time(name, written, expected):
    assert instant(at(written), zone(name)) == at(expected)


TURNS = [
    # zone, rotation, hand-off, hand-offs in a row by the zone's own clock
    (
        "America/Chicago", "daily", "02:30",
        ["2026-03-07T02:30-06:00", "2026-03-08T03:00-05:00", "2026-03-09T02:30-05:00"],
    ),
    (
        "America/Chicago", "daily", "01:30",
        ["2026-10-31T01:30-05:00", "2026-11-01T01:30-05:00", "2026-11-02T01:30-06:00"],
    ),
    (
        "America/Chicago", "hourly", "00:00",
        ["2026-11-01T00:00-05:00", "2026-11-01T01:00-05:00", "2026-11-01T02:00-06:00", "2026-11-01T03:00-06:00"],
    ),
    (
        "America/Chicago", "hourly", "00:30",
        ["2026-03-08T00:30-06:00", "2026-03-08T01:30-06:00", "2026-03-08T03:00-05:00", "2026-03-08T03:30-05:00"],
    ),
    (
        "America/Chicago", "hourly", "00:00",
        ["2026-03-08T00:00-06:00", "2026-03-08T01:00-06:00", "2026-03-08T03:00-05:00", "2026-03-08T04:00-05:00"],
    ),
    (
        "Australia/Lord_Howe", "daily", "02:15",
        ["2026-10-03T02:15+10:30", "2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
    ),
    (
        "Australia/Lord_Howe", "daily", "01:45",
        ["2026-04-04T01:45+11:00", "2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"],
    ),
    (
        "Australia/Lord_Howe", "hourly", "00:45",
        ["2026-04-05T00:45+11:00", "2026-04-05T01:45+11:00", "2026-04-05T02:45+10:30"],
    ),
    (
        "Europe/Paris", "weekly", "Sun 02:30",
        ["2026-03-22T02:30+01:00", "2026-03-29T03:00+02:00", "2026-04-05T02:30+02:00"],
    ),
    (
        "Europe/Paris", "monthly", "25 02:30",
        ["2026-09-25T02:30+02:00", "2026-10-25T02:30+02:00", "2026-11-25T02:30+01:00"],
    ),
    (
        "Pacific/Apia", "daily", "09:00",
        ["2011-12-29T09:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T09:00+14:00", "2012-01-01T09:00+14:00"],
    ),
    (
        "Pacific/Apia", "hourly", "00:00",
        ["2011-12-29T22:00-10:00", "2011-12-29T23:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T01:00+14:00"],
    ),
]  # fmt: skip


def handoff(text: str) -> Handoff:
    day, _, time = text.rpartition(" ")
    if day.isdigit():
        return Handoff(time, day=int(day))
    return Handoff(time, weekday=6 if day else None)


@pytest.mark.parametrize(("name", "rotation", "text", "expected"), TURNS)
def test_turns_begin_and_end_by_the_clock_on_the_wall(name, rotation, text, expected):
    begins = [at(one) for one in expected]
    members = tuple(f"person-{n}" for n in range(97))
    layer = Layer(rotation, handoff(text), begins[0].date() - dt.timedelta(days=50), members)
    found = shifts(Schedule(name, (layer,)), begins[0], begins[-1])
    assert [shift.start for shift in found] == begins[:-1]
    assert [shift.end for shift in found] == begins[1:]


REPEATED_HOURS = [
    # zone, hand-off of a daily rotation, an instant in the repeated hour, the turn it belongs to began on
    ("America/Chicago", "01:30", "2026-11-01T01:29-05:00", 31),
    ("America/Chicago", "01:30", "2026-11-01T01:30-05:00", 1),
    ("America/Chicago", "01:30", "2026-11-01T01:00-06:00", 1),
    ("America/Chicago", "01:30", "2026-11-01T01:29-06:00", 1),
    ("America/Chicago", "01:30", "2026-11-01T01:59-06:00", 1),
    ("Australia/Lord_Howe", "01:45", "2026-04-05T01:44+11:00", 4),
    ("Australia/Lord_Howe", "01:45", "2026-04-05T01:44+10:30", 5),
    ("America/St_Johns", "00:00", "2010-11-06T23:30-03:30", 7),
]


@pytest.mark.parametrize(("name", "time", "when", "day"), REPEATED_HOURS)
def test_the_second_time_round_nothing_is_handed_back(name, time, when, day):
    first = at(when).date().replace(day=1) - dt.timedelta(days=31)
    days = tuple(str(first + dt.timedelta(days=n)) for n in range(92))
    layer = Layer("daily", Handoff(time), first, days)
    assert on_call(Schedule(name, (layer,)), at(when))[-2:] == f"{day:02}"


def test_a_window_that_began_at_midnight_goes_on_when_the_clock_goes_back_over_midnight():
    sunday = Layer("daily", Handoff("00:00"), dt.date(2010, 1, 1), ("ana",), restrict=(Restriction((6,), "00:00", "06:00"),))
    schedule = Schedule("America/St_Johns", (sunday,))
    assert on_call(schedule, at("2010-11-06T23:59-02:30")) is None
    assert on_call(schedule, at("2010-11-07T00:00-02:30")) == "ana"
    assert on_call(schedule, at("2010-11-06T23:30-03:30")) == "ana"
    assert is_active(ActiveHours("America/St_Johns", sunday.restrict[0]), at("2010-11-06T23:30-03:30"))


LENGTHS = [
    ("America/Chicago", "daily", "09:00", "2026-03-07T09:00-06:00", 23),
    ("America/Chicago", "daily", "09:00", "2026-10-31T09:00-05:00", 25),
    ("America/Chicago", "weekly", "Sun 00:00", "2026-03-08T00:00-06:00", 167),
    ("America/Chicago", "weekly", "Sun 00:00", "2026-11-01T00:00-05:00", 169),
    ("America/Chicago", "hourly", "00:00", "2026-11-01T01:00-05:00", 2),
    ("Australia/Lord_Howe", "daily", "09:00", "2026-10-03T09:00+10:30", 23.5),
    ("Australia/Lord_Howe", "daily", "09:00", "2026-04-04T09:00+11:00", 24.5),
    ("Europe/Paris", "monthly", "1 00:00", "2026-03-01T00:00+01:00", 31 * 24 - 1),
    ("Europe/Paris", "monthly", "1 00:00", "2026-10-01T00:00+02:00", 31 * 24 + 1),
    ("Pacific/Apia", "weekly", "Sun 00:00", "2011-12-25T00:00-10:00", 6 * 24),
]


@pytest.mark.parametrize(("name", "rotation", "text", "start", "hours"), LENGTHS)
def test_a_turn_is_as_long_as_the_clock_says_not_as_long_as_usual(name, rotation, text, start, hours):
    layer = Layer(rotation, handoff(text), at(start).date(), ("ana", "ben"))
    first = shifts(Schedule(name, (layer,)), at(start), at(start) + dt.timedelta(days=40))[0]
    assert first.start == at(start)
    assert (first.end - first.start) / HOUR == hours


WINDOWS = [
    # zone, restriction, between, hours on duty
    ("America/Chicago", ("22:00", "06:00"), "2026-03-07T12:00-06:00", 7),
    ("America/Chicago", ("22:00", "06:00"), "2026-10-31T12:00-05:00", 9),
    ("America/Chicago", ("02:00", "03:00"), "2026-03-07T12:00-06:00", 0),
    ("America/Chicago", ("01:00", "02:00"), "2026-10-31T12:00-05:00", 2),
    ("America/Chicago", ("02:30", "04:00"), "2026-03-07T12:00-06:00", 1),
    ("Australia/Lord_Howe", ("01:00", "03:00"), "2026-10-03T12:00+10:30", 1.5),
    ("Australia/Lord_Howe", ("01:00", "03:00"), "2026-04-04T12:00+11:00", 2.5),
    ("Pacific/Apia", ("08:00", "18:00"), "2011-12-29T20:00-10:00", 10),
    ("Europe/Paris", ("00:00", "24:00"), "2026-03-28T23:00+01:00", 24),
]


@pytest.mark.parametrize(("name", "hours", "start", "expected"), WINDOWS)
def test_a_restriction_holds_by_the_clock_on_the_wall(name, hours, start, expected):
    layer = Layer("daily", Handoff("00:00"), dt.date(2011, 1, 1), ("ana",), restrict=(Restriction(EVERY_DAY, *hours),))
    found = shifts(Schedule(name, (layer,)), at(start), at(start) + 24 * HOUR)
    assert sum((shift.end - shift.start for shift in found), dt.timedelta()) / HOUR == expected


def test_a_weekday_that_the_calendar_skipped_has_no_duty():
    friday = Restriction((4,), "00:00", "24:00")
    layer = Layer("daily", Handoff("00:00"), dt.date(2011, 1, 1), ("ana",), restrict=(friday,))
    start, end = at("2011-12-24T00:00-10:00"), at("2012-01-05T00:00+14:00")
    assert shifts(Schedule("Pacific/Apia", (layer,)), start, end) == ()
    assert gaps(Schedule("Pacific/Apia", (layer,)), start, end) == ((start, end),)


def test_an_override_is_written_in_the_zone_of_the_schedule():
    layer = Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), ("ana", "ben"))
    swap = Override(at("2026-03-28T20:00"), at("2026-03-29T08:00"), "cleo")
    schedule = Schedule("Europe/Paris", (layer,), (swap,))
    found = [shift for shift in shifts(schedule, at("2026-03-28T00:00Z"), at("2026-03-30T00:00Z")) if shift.layer == "override"]
    assert [(shift.start, shift.end) for shift in found] == [(at("2026-03-28T19:00Z"), at("2026-03-29T06:00Z"))]
    assert on_call(schedule, at("2026-03-29T05:59Z")) == "cleo"
    assert on_call(schedule, at("2026-03-29T06:00Z")) != "cleo"


def test_an_override_that_the_clock_skips_changes_nobody():
    layer = Layer("daily", Handoff("09:00"), dt.date(2026, 1, 5), ("ana",))
    skipped = Override(at("2026-03-29T02:10"), at("2026-03-29T02:50"), "cleo")
    found = shifts(Schedule("Europe/Paris", (layer,), (skipped,)), at("2026-03-28T00:00Z"), at("2026-03-30T00:00Z"))
    assert {shift.person for shift in found} == {"ana"}
