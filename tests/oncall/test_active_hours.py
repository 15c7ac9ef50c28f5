"""When a policy pages: weekdays, hours, holidays and clocks that change."""

from __future__ import annotations

import datetime as dt

import pytest
from calendars import clock_times, near, places, weekdays
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model.oncall import ActiveHours, Restriction
from alertkit.oncall import is_active, next_opening, wall, zone

WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = ActiveHours("Europe/Paris", Restriction(WORKDAYS, "09:00", "18:00"), (dt.date(2026, 12, 25), dt.date(2027, 1, 1)))
NIGHTS = ActiveHours("Europe/Paris", Restriction(tuple(range(7)), "22:00", "06:00"), (dt.date(2026, 12, 25),))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


OPENINGS = [
    (OFFICE, "2026-11-20T12:00+01:00", "2026-11-20T12:00+01:00"),
    (OFFICE, "2026-11-20T08:59+01:00", "2026-11-20T09:00+01:00"),
    (OFFICE, "2026-11-20T18:00+01:00", "2026-11-23T09:00+01:00"),
    (OFFICE, "2026-12-24T18:00+01:00", "2026-12-28T09:00+01:00"),
    (OFFICE, "2026-12-25T12:00+01:00", "2026-12-28T09:00+01:00"),
    (OFFICE, "2026-03-28T12:00+01:00", "2026-03-30T09:00+02:00"),
    (NIGHTS, "2026-11-21T05:59+01:00", "2026-11-21T05:59+01:00"),
    (NIGHTS, "2026-11-21T06:00+01:00", "2026-11-21T22:00+01:00"),
    # The holiday is closed from midnight to midnight, whatever the window that crosses it.
    (NIGHTS, "2026-12-24T23:59+01:00", "2026-12-24T23:59+01:00"),
    (NIGHTS, "2026-12-25T00:00+01:00", "2026-12-26T00:00+01:00"),
    (NIGHTS, "2026-12-26T00:00+01:00", "2026-12-26T00:00+01:00"),
    (ActiveHours("America/Chicago", Restriction((6,), "02:30", "12:00")), "2026-03-08T00:00-06:00", "2026-03-08T03:00-05:00"),
    (ActiveHours("America/Chicago", Restriction((6,), "02:00", "03:00")), "2026-03-08T00:00-06:00", "2026-03-15T02:00-05:00"),
    (ActiveHours("Pacific/Apia", Restriction((4,), "09:00", "18:00")), "2011-12-29T12:00-10:00", "2012-01-06T09:00+14:00"),
]


@pytest.mark.parametrize(("active", "when", "expected"), OPENINGS)
def test_the_next_opening_is_now_when_open_and_else_the_first_instant_that_is(active, when, expected):
    assert next_opening(active, at(when)) == at(expected)
    assert is_active(active, at(when)) == (when == expected)


@pytest.mark.parametrize(
    ("weekdays", "holidays"),
    [((), ()), ((3,), tuple(dt.date(2026, 1, 1) + dt.timedelta(weeks=n) for n in range(600)))],
)
def test_hours_without_a_weekday_never_open_and_a_decade_of_holidays_ends(weekdays, holidays):
    active = ActiveHours("UTC", Restriction(weekdays, "09:00", "18:00"), holidays)
    assert not is_active(active, at("2026-01-01T12:00Z"))
    if weekdays:
        assert next_opening(active, at("2026-01-01T12:00Z")) == dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC) + dt.timedelta(
            weeks=600
        )
    else:
        with pytest.raises(ValueError, match="never open"):
            next_opening(active, at("2026-01-01T12:00Z"))


def test_a_question_without_an_offset_is_refused():
    for ask in (is_active, next_opening):
        with pytest.raises(ValueError, match="has no offset"):
            ask(OFFICE, at("2026-11-20T12:00"))


@st.composite
def questions(draw: st.DrawFn) -> tuple[ActiveHours, dt.datetime]:
    name, around = draw(places())
    hours = Restriction(draw(weekdays), draw(clock_times), draw(clock_times | st.just("24:00")))
    days = st.integers(-6, 6).map(lambda n: around.date() + dt.timedelta(days=n))
    return ActiveHours(name, hours, tuple(draw(st.lists(days, max_size=5)))), draw(near(around))


@given(questions())
def test_an_opening_is_open_on_no_holiday_and_nothing_before_it_is(question):
    active, when = question
    opening = next_opening(active, when)
    assert opening >= when
    assert is_active(active, opening)
    assert wall(opening, zone(active.timezone)).date() not in active.holidays
    quarter = dt.timedelta(minutes=15)
    assert not any(is_active(active, when + n * quarter) for n in range(200) if when + n * quarter < opening)


@given(questions())
def test_asking_again_at_an_opening_changes_nothing(question):
    opening = next_opening(*question)
    assert next_opening(question[0], opening) == opening
