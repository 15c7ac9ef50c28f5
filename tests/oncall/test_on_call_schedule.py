"""Schedules as a team writes them: layers, restrictions and overrides."""

from __future__ import annotations

import datetime as dt

import pytest

from alertkit.model.oncall import Handoff, Layer, Override, Restriction, Schedule
from alertkit.oncall import gaps, on_call, shifts, zone

WORKDAYS = (0, 1, 2, 3, 4)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def weekly(*members: str, **more: object) -> Layer:
    return Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), members, **more)


def paris(*layers: Layer, overrides: tuple[Override, ...] = ()) -> Schedule:
    return Schedule("Europe/Paris", layers, overrides)


@pytest.mark.parametrize(
    ("when", "person"),
    [
        ("2026-01-05T08:59+01:00", None),
        ("2026-01-05T09:00+01:00", "amelie"),
        ("2026-01-12T08:59+01:00", "amelie"),
        ("2026-01-12T09:00+01:00", "jonas"),
        ("2026-01-19T09:00+01:00", "amelie"),
        ("2026-06-15T08:59+02:00", "amelie"),
        ("2026-06-15T09:00+02:00", "jonas"),
    ],
)
def test_a_week_goes_to_the_next_member_at_the_handoff(when, person):
    assert on_call(paris(weekly("amelie", "jonas")), at(when)) == person


ROTATIONS = [
    # rotation, every, hand-off, the first day, beginnings of the first three turns
    ("hourly", 1, Handoff("17:30"), "2026-01-05", ["2026-01-05T00:30Z", "2026-01-05T01:30Z", "2026-01-05T02:30Z"]),
    ("hourly", 6, Handoff("00:00"), "2026-01-05", ["2026-01-05T00:00Z", "2026-01-05T06:00Z", "2026-01-05T12:00Z"]),
    ("daily", 1, Handoff("08:15"), "2026-01-05", ["2026-01-05T08:15Z", "2026-01-06T08:15Z", "2026-01-07T08:15Z"]),
    ("daily", 3, Handoff("08:15"), "2026-02-27", ["2026-02-27T08:15Z", "2026-03-02T08:15Z", "2026-03-05T08:15Z"]),
    ("weekly", 1, Handoff("09:00", weekday=2), "2026-01-05", ["2026-01-07T09:00Z", "2026-01-14T09:00Z", "2026-01-21T09:00Z"]),
    ("weekly", 2, Handoff("09:00", weekday=0), "2026-01-06", ["2026-01-12T09:00Z", "2026-01-26T09:00Z", "2026-02-09T09:00Z"]),
    ("monthly", 1, Handoff("09:00", day=28), "2026-01-28", ["2026-01-28T09:00Z", "2026-02-28T09:00Z", "2026-03-28T09:00Z"]),
    ("monthly", 1, Handoff("09:00", day=1), "2026-01-31", ["2026-02-01T09:00Z", "2026-03-01T09:00Z", "2026-04-01T09:00Z"]),
    ("monthly", 5, Handoff("09:00", day=15), "2026-12-16", ["2027-01-15T09:00Z", "2027-06-15T09:00Z", "2027-11-15T09:00Z"]),
]


@pytest.mark.parametrize(("rotation", "every", "handoff", "start", "begins"), ROTATIONS)
def test_the_first_turn_begins_at_the_first_handoff_on_or_after_the_start(rotation, every, handoff, start, begins):
    layer = Layer(rotation, handoff, dt.date.fromisoformat(start), ("ana", "ben", "cleo"), every)
    found = shifts(Schedule("UTC", (layer,)), at("2026-01-01T00:00Z"), at("2028-01-01T00:00Z"))
    assert [(shift.person, shift.start) for shift in found[:3]] == list(zip(layer.members, map(at, begins), strict=True))


@pytest.mark.parametrize(
    ("when", "person"),
    [
        ("2026-01-15T08:59Z", None),
        ("2026-01-15T09:00Z", "ana"),
        ("2026-02-01T00:00Z", "ana"),
        ("2026-02-15T08:59Z", "ana"),
        ("2026-02-15T09:00Z", "ben"),
        ("2026-12-31T23:59Z", "ben"),
        ("2027-01-15T09:00Z", "ana"),
    ],
)
def test_a_month_ends_at_the_handoff_and_not_with_the_calendars_month(when, person):
    layer = Layer("monthly", Handoff("09:00", day=15), dt.date(2026, 1, 1), ("ana", "ben"))
    assert on_call(Schedule("UTC", (layer,)), at(when)) == person


def test_a_layer_ends_when_the_date_of_until_begins():
    schedule = paris(weekly("ana", until=dt.date(2026, 3, 1)))
    assert on_call(schedule, at("2026-02-28T23:59:59+01:00")) == "ana"
    assert on_call(schedule, at("2026-03-01T00:00:00+01:00")) is None


def test_a_layer_that_ends_before_its_first_turn_is_never_on_duty():
    schedule = paris(weekly("ana", until=dt.date(2026, 1, 5)))
    assert shifts(schedule, at("2026-01-01T00:00Z"), at("2026-02-01T00:00Z")) == ()


def test_a_later_layer_replaces_the_earlier_ones_while_it_is_on_duty():
    office = weekly("olivia", restrict=(Restriction(WORKDAYS, "09:00", "18:00"),))
    found = shifts(paris(weekly("ana"), office), at("2026-01-09T12:00+01:00"), at("2026-01-12T12:00+01:00"))
    assert [(shift.person, shift.layer, shift.end) for shift in found] == [
        ("olivia", 1, at("2026-01-09T18:00+01:00")),
        ("ana", 0, at("2026-01-12T09:00+01:00")),
        ("olivia", 1, at("2026-01-12T12:00+01:00")),
    ]


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins():
    friday_night = paris(weekly("ana", restrict=(Restriction((4,), "22:00", "06:00"),)))
    assert on_call(friday_night, at("2026-01-10T05:59+01:00")) == "ana"
    assert on_call(friday_night, at("2026-01-10T06:00+01:00")) is None
    assert on_call(friday_night, at("2026-01-09T05:00+01:00")) is None


def test_a_window_that_ends_when_it_begins_lasts_until_the_next_day():
    monday = paris(weekly("ana", restrict=(Restriction((0,), "09:00", "09:00"),)))
    found = shifts(monday, at("2026-01-11T00:00Z"), at("2026-01-18T00:00Z"))
    assert [(shift.start, shift.end) for shift in found] == [(at("2026-01-12T09:00+01:00"), at("2026-01-13T09:00+01:00"))]


def test_windows_that_overlap_are_one():
    layer = weekly("ana", restrict=(Restriction((0,), "09:00", "14:00"), Restriction((0, 1), "12:00", "18:00")))
    found = shifts(paris(layer), at("2026-01-12T00:00Z"), at("2026-01-13T00:00Z"))
    assert [(shift.start, shift.end) for shift in found] == [(at("2026-01-12T09:00+01:00"), at("2026-01-12T18:00+01:00"))]


def test_where_no_layer_is_on_duty_there_is_a_gap():
    nights = weekly("ana", restrict=(Restriction(WORKDAYS, "18:00", "09:00"),))
    days = weekly("ben", restrict=(Restriction(WORKDAYS, "09:00", "18:00"),))
    found = gaps(paris(nights, days), at("2026-01-06T00:00Z"), at("2026-01-13T00:00Z"))
    assert found == ((at("2026-01-10T09:00+01:00"), at("2026-01-12T09:00+01:00")),)


def test_of_two_overrides_at_once_the_later_in_the_list_holds():
    first = Override(at("2026-01-13T08:00"), at("2026-01-13T20:00"), "ben")
    second = Override(at("2026-01-13T12:00"), at("2026-01-13T14:00"), "cleo")
    found = shifts(paris(weekly("ana"), overrides=(first, second)), at("2026-01-13T00:00+01:00"), at("2026-01-14T00:00+01:00"))
    assert [shift.person for shift in found] == ["ana", "ben", "cleo", "ben", "ana"]
    assert [shift.layer for shift in found] == [0, "override", "override", "override", 0]


def test_an_override_fills_a_gap_and_works_without_any_layer():
    schedule = paris(overrides=(Override(at("2026-01-13T08:00"), at("2026-01-13T20:00"), "ben"),))
    assert on_call(schedule, at("2026-01-13T12:00Z")) == "ben"
    assert on_call(schedule, at("2026-01-14T12:00Z")) is None


def test_turns_of_one_member_are_one_shift():
    found = shifts(paris(weekly("ana", "ana", "ben")), at("2026-01-05T09:00+01:00"), at("2026-01-26T09:00+01:00"))
    assert [(shift.person, (shift.end - shift.start).days) for shift in found] == [("ana", 14), ("ben", 7)]


def test_any_offset_is_understood_and_answers_are_in_utc():
    schedule = paris(weekly("ana"))
    tokyo = dt.datetime(2026, 1, 12, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    found = shifts(schedule, tokyo, tokyo + dt.timedelta(days=1))
    assert on_call(schedule, tokyo) == "ana"
    assert {shift.start.tzinfo for shift in found} == {dt.UTC}


def test_a_question_without_an_offset_is_refused():
    naive = at("2026-01-12T12:00")
    for ask in (on_call, lambda s, t: shifts(s, t, t), lambda s, t: gaps(s, t, t)):
        with pytest.raises(ValueError, match="has no offset"):
            ask(paris(weekly("ana")), naive)


@pytest.mark.parametrize("name", ["Europe/Pariss", "Europe", "../etc/passwd", "/etc/localtime", "", "x" * 5_000, "a\0b"])
def test_a_zone_that_does_not_exist_is_named_in_the_error(name):
    with pytest.raises(ValueError, match="is not a time zone; expected an IANA name"):
        zone(name)


@pytest.mark.parametrize("time", ["9:00", "24:01", "09:60", "-1:00", "0900", "09:00:00", "٠٩:٠٠", ""])
def test_a_time_of_day_that_does_not_exist_is_named_in_the_error(time):
    layer = Layer("daily", Handoff(time), dt.date(2026, 1, 1), ("ana",))
    with pytest.raises(ValueError, match="is not a time of day"):
        on_call(paris(layer), at("2026-01-12T12:00Z"))


@pytest.mark.parametrize(("rotation", "field"), [("weekly", "weekday"), ("monthly", "day")])
def test_a_handoff_without_its_day_is_refused(rotation, field):
    layer = Layer(rotation, Handoff("09:00"), dt.date(2026, 1, 1), ("ana",))
    with pytest.raises(ValueError, match=f"a {rotation} rotation needs the {field} of its hand-off"):
        on_call(paris(layer), at("2026-01-12T12:00Z"))
