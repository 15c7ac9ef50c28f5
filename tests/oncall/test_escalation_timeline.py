"""When each step of a policy is due."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model.oncall import ActiveHours, EscalationPolicy, Restriction, Step, Target
from alertkit.oncall import cycle_length, is_active, timeline

TEAM = (Target(team="payments"),)
OFFICE = ActiveHours("Europe/Paris", Restriction((0, 1, 2, 3, 4), "09:00", "18:00"))
OPENED = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def policy(*after: int, **more: object) -> EscalationPolicy:
    return EscalationPolicy(tuple(Step(seconds, TEAM) for seconds in after), **more)


def minutes(found, since: dt.datetime = OPENED) -> list[float]:
    return [(one.due - since) / dt.timedelta(minutes=1) for one in found]


def test_steps_are_due_after_the_incident_opened_and_repeat_in_cycles():
    found = timeline(policy(0, 600, 1_200, repeat=2), OPENED)
    assert [(one.cycle, one.step) for one in found] == [(cycle, step) for cycle in range(3) for step in range(3)]
    assert minutes(found) == [0, 10, 20, 30, 40, 50, 60, 70, 80]


@pytest.mark.parametrize(
    ("after", "seconds"),
    [((0,), 1_800), ((300,), 600), ((0, 600), 1_200), ((0, 600, 900), 1_200), ((0, 600, 600), 1_200), ((0, 0), 1_800)],
)
def test_the_last_step_is_given_as_much_time_as_the_one_before(after, seconds):
    assert cycle_length(policy(*after)) == seconds


def test_a_step_that_is_due_outside_the_active_hours_waits_and_the_next_keep_their_distance():
    friday = dt.datetime(2026, 11, 20, 16, 55, tzinfo=dt.UTC)  # 17:55 in Paris
    found = timeline(policy(0, 600, 1_200, active=OFFICE), friday)
    monday = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
    assert [one.due for one in found] == [friday, monday, monday + dt.timedelta(minutes=10)]


def test_an_incident_that_opens_at_night_is_escalated_step_by_step_in_the_morning():
    night = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
    monday = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
    assert minutes(timeline(policy(0, 600, repeat=1, active=OFFICE), night), monday) == [0, 10, 20, 30]


def test_a_policy_without_steps_has_nothing_due():
    assert timeline(policy(repeat=3), OPENED) == ()


def test_an_incident_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="has no offset"):
        timeline(policy(0), OPENED.replace(tzinfo=None))


@given(
    st.lists(st.integers(0, 200_000), min_size=1, max_size=6).map(sorted),
    st.integers(0, 5),
    st.sampled_from([None, OFFICE]),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31), timezones=st.just(dt.UTC)),  # noqa: DTZ001 bounds are naive
)
def test_steps_never_come_early_out_of_order_or_closer_than_written(after, repeat, active, opened):
    written = policy(*after, repeat=repeat, active=active)
    found = timeline(written, opened)
    assert len(found) == len(after) * (repeat + 1)
    offsets = [one.cycle * cycle_length(written) + after[one.step] for one in found]
    for one, offset in zip(found, offsets, strict=True):
        assert one.due >= opened + dt.timedelta(seconds=offset)
        assert active is None or is_active(active, one.due)
    for index in range(1, len(found)):
        assert found[index].due - found[index - 1].due >= dt.timedelta(seconds=offsets[index] - offsets[index - 1])
