"""What holds for every schedule, in zones whose clocks misbehave."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import msgspec
from calendars import PEOPLE, handoffs, layers, near, overrides, places, schedules, written_near
from hypothesis import given, settings
from hypothesis import strategies as st

from alertkit.model.oncall import Layer, Override, Schedule
from alertkit.oncall import fairness, gaps, instant, on_call, shifts, wall, zone

HOUR = dt.timedelta(hours=1)
MOMENT = dt.timedelta(microseconds=1)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Schedule, dt.datetime, dt.datetime]:
    """A schedule and two instants in order."""
    schedule, around = draw(schedules())
    start = draw(near(around))
    return schedule, start, start + dt.timedelta(minutes=draw(st.integers(1, 8_000)))


@given(questions(), st.data())
def test_on_call_at_any_instant_agrees_with_the_shift_that_holds_it(question, data):
    schedule, start, end = question
    found = shifts(schedule, start, end)
    at = start + dt.timedelta(seconds=data.draw(st.integers(0, int((end - start).total_seconds()) - 1)))
    holding = [shift.person for shift in found if shift.start <= at < shift.end]
    assert holding == ([] if on_call(schedule, at) is None else [on_call(schedule, at)])


@given(questions())
def test_one_person_is_on_call_throughout_a_shift(question):
    schedule, start, end = question
    for shift in shifts(schedule, start, end):
        middle = shift.start + (shift.end - shift.start) / 2
        assert {on_call(schedule, at) for at in (shift.start, middle, shift.end - MOMENT)} == {shift.person}


@given(questions())
def test_shifts_and_gaps_tile_the_range(question):
    schedule, start, end = question
    pieces = sorted([(s.start, s.end) for s in shifts(schedule, start, end)] + list(gaps(schedule, start, end)))
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    assert all(left[1] == right[0] for left, right in pairwise(pieces))
    assert all(piece[0] < piece[1] for piece in pieces)
    assert all(on_call(schedule, at) is None for gap in gaps(schedule, start, end) for at in (gap[0], gap[1] - MOMENT))


@given(questions())
def test_neighbouring_shifts_are_different_shifts(question):
    schedule, start, end = question
    for left, right in pairwise(shifts(schedule, start, end)):
        assert left.end < right.start or (left.person, left.layer) != (right.person, right.layer)


@given(questions(), st.data())
def test_a_range_asked_in_two_parts_gives_the_same_answer_as_in_one(question, data):
    schedule, start, end = question
    middle = start + dt.timedelta(seconds=data.draw(st.integers(0, int((end - start).total_seconds()))))
    parts = shifts(schedule, start, middle) + shifts(schedule, middle, end)
    cut = [piece for shift in shifts(schedule, start, end) for piece in _cut(shift, middle)]
    assert list(parts) == cut


def _cut(shift, at):
    if not shift.start < at < shift.end:
        return [shift]
    return [msgspec.structs.replace(shift, end=at), msgspec.structs.replace(shift, start=at)]


@given(questions(), st.data())
def test_an_override_changes_its_own_time_alone(question, data):
    schedule, start, end = question
    override = data.draw(overrides(start))
    changed = msgspec.structs.replace(schedule, overrides=(*schedule.overrides, override))
    place = zone(schedule.timezone)
    begins, ends = instant(override.start, place), instant(override.end, place)
    at = data.draw(near(start))
    assert on_call(changed, at) == (override.person if begins <= at < ends else on_call(schedule, at))
    assert shifts(msgspec.structs.replace(changed, overrides=changed.overrides[:-1]), start, end) == shifts(schedule, start, end)


@given(schedules(), st.data())
def test_an_override_by_whoever_is_on_call_changes_nobody(question, data):
    schedule, around = question
    at = data.draw(near(around))
    if (person := on_call(schedule, at)) is not None:
        written = wall(at, zone(schedule.timezone))
        same = Override(written, written + dt.timedelta(minutes=1), person)
        changed = msgspec.structs.replace(schedule, overrides=(*schedule.overrides, same))
        assert on_call(changed, at) == person


@given(places(), handoffs, st.integers(1, 3), st.sampled_from(["hourly", "daily", "weekly", "monthly"]))
def test_members_take_turns_in_their_order(place, handoff, every, rotation):
    name, around = place
    layer = Layer(rotation, handoff, around.date() - dt.timedelta(days=40), tuple(PEOPLE), every)
    turns = shifts(Schedule(name, (layer,)), around - 3 * 24 * HOUR, around + 100 * 24 * HOUR)
    steps = {(PEOPLE.index(right.person) - PEOPLE.index(left.person)) % len(PEOPLE) for left, right in pairwise(turns)}
    # An hourly turn that falls into a gap has no length; the gap takes at most a day, and each other turn follows the last.
    assert steps <= ({1} if rotation in {"weekly", "monthly"} else {0, 1, 2, 3})
    assert sum((PEOPLE.index(r.person) - PEOPLE.index(le.person)) % len(PEOPLE) != 1 for le, r in pairwise(turns)) <= 1


def by_the_book(layer: Layer, days: int) -> list[dt.datetime]:
    """The written times of a layer's hand-offs, found by looking at every date."""
    hour, minute = map(int, layer.handoff.time.split(":"))
    dates = [layer.start + dt.timedelta(days=n) for n in range(days)]
    chosen = {
        "hourly": dates,
        "daily": dates,
        "weekly": [date for date in dates if date.weekday() == layer.handoff.weekday],
        "monthly": [date for date in dates if date.day == layer.handoff.day],
    }[layer.rotation]
    hours = range(24) if layer.rotation == "hourly" else [hour]
    return [dt.datetime.combine(date, dt.time(h, minute)) for date in chosen for h in hours][:: layer.every]


@given(places(), st.data())
def test_on_call_is_whoever_took_over_at_the_last_handoff(place, data):
    name, around = place
    layer = msgspec.structs.replace(data.draw(layers(around)), restrict=(), until=None)
    at = data.draw(near(around, days=90))
    passed = sum(instant(written, zone(name)) <= at for written in by_the_book(layer, 180))
    expected = layer.members[(passed - 1) % len(layer.members)] if passed else None
    assert on_call(Schedule(name, (layer,)), at) == expected


@given(places(), st.data())
def test_a_written_time_happens_at_the_first_instant_that_shows_it_or_later(place, data):
    name, around = place
    written, here = data.draw(written_near(around)), zone(name)
    at = instant(written, here)
    assert wall(at, here) >= written
    assert all(wall(at - n * HOUR / 4 - MOMENT, here) < written for n in range(120))


@given(places(), st.data())
def test_later_written_times_do_not_happen_earlier(place, data):
    name, around = place
    first, second = sorted(data.draw(st.lists(written_near(around), min_size=2, max_size=2)))
    assert instant(first, zone(name)) <= instant(second, zone(name))


@given(questions())
def test_everybodys_hours_add_up_to_the_time_that_is_covered(question):
    schedule, start, end = question
    loads = fairness(schedule, start, end)
    uncovered = sum((gap[1] - gap[0] for gap in gaps(schedule, start, end)), dt.timedelta())
    assert abs(sum(load.hours for load in loads.values()) - (end - start - uncovered) / HOUR) < 1e-6
    assert {shift.person for shift in shifts(schedule, start, end)} <= set(loads)


@settings(max_examples=20)
@given(schedules())
def test_an_empty_range_has_neither_shifts_nor_gaps(question):
    schedule, around = question
    assert shifts(schedule, around, around) == gaps(schedule, around, around) == ()
    assert shifts(schedule, around, around - HOUR) == gaps(schedule, around, around - HOUR) == ()
