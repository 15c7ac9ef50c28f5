"""How duty is shared out."""

from __future__ import annotations

import datetime as dt

import pytest

from alertkit.model.oncall import Handoff, Layer, Override, Restriction, Schedule
from alertkit.oncall import Load, fairness

MONDAY = dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
WEEK = dt.timedelta(weeks=1)
WEEKLY = Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), ("ana", "ben"))


def test_two_members_who_swap_weekly_share_hours_nights_and_weekends():
    shares = fairness(Schedule("Europe/Paris", (WEEKLY,)), MONDAY, MONDAY + 4 * WEEK)
    assert shares == {"ana": Load(336.0, 14, 2), "ben": Load(336.0, 14, 2)}


def test_the_week_of_the_autumn_change_is_an_hour_longer():
    october = dt.datetime(2026, 10, 19, 7, 0, tzinfo=dt.UTC)
    shares = fairness(Schedule("Europe/Paris", (WEEKLY,)), october, october + WEEK + dt.timedelta(hours=1))
    assert sorted(load.hours for load in shares.values()) == [0.0, 169.0]


def test_a_member_without_duty_is_listed_with_zeros():
    office = Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), ("cleo",), until=dt.date(2026, 1, 1))
    assert fairness(Schedule("Europe/Paris", (WEEKLY, office)), MONDAY, MONDAY + WEEK)["cleo"] == Load(0.0, 0, 0)


def test_office_hours_cost_no_night_and_no_weekend():
    office = Layer(
        "weekly",
        Handoff("09:00", weekday=0),
        dt.date(2026, 1, 5),
        ("ana",),
        restrict=(Restriction((0, 1, 2, 3, 4), "09:00", "18:00"),),
    )
    assert fairness(Schedule("Europe/Paris", (office,)), MONDAY, MONDAY + WEEK) == {"ana": Load(45.0, 0, 0)}


def test_duty_up_to_the_night_and_from_its_end_costs_no_night():
    long_days = Layer(
        "daily", Handoff("06:00"), dt.date(2026, 1, 5), ("ana",), restrict=(Restriction((0, 1, 2, 3, 4), "06:00", "22:00"),)
    )
    night = dt.datetime(2026, 1, 5, 5, 0, tzinfo=dt.UTC)  # 06:00 in Paris
    assert fairness(Schedule("Europe/Paris", (long_days,)), night, night + WEEK) == {"ana": Load(80.0, 0, 0)}


def test_a_night_or_weekend_counts_for_everybody_who_had_a_part_of_it():
    start = dt.datetime(2026, 1, 10, 23, 0)  # noqa: DTZ001 an override is written on the wall clock
    swap = Override(start, start + dt.timedelta(hours=2), "dan")
    shares = fairness(Schedule("Europe/Paris", (WEEKLY,), (swap,)), MONDAY, MONDAY + WEEK)
    assert shares["dan"] == Load(2.0, 1, 1)
    assert shares["ana"] == Load(166.0, 7, 1)


def test_a_range_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="has no offset"):
        fairness(Schedule("Europe/Paris", (WEEKLY,)), MONDAY.replace(tzinfo=None), MONDAY)
