"""Sets of time, compared with sets of minutes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alertkit.oncall.intervals import Interval, intersect, subtract, union

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def interval(start: int, end: int) -> Interval:
    return START + start * MINUTE, START + end * MINUTE


written = st.lists(st.builds(interval, st.integers(0, 30), st.integers(0, 30)), max_size=8)
sets = written.map(union)


def minutes(intervals: list[Interval]) -> set[int]:
    return {n for n in range(31) for start, end in intervals if start <= START + n * MINUTE < end}


def is_tidy(intervals: list[Interval]) -> bool:
    return all(start < end for start, end in intervals) and all(left[1] <= right[0] for left, right in pairwise(intervals))


@given(written)
def test_a_union_holds_every_minute_once_and_leaves_no_seam(intervals):
    joined = union(intervals)
    assert minutes(joined) == minutes(intervals)
    assert is_tidy(joined)
    assert all(left[1] < right[0] for left, right in pairwise(joined))


@given(sets, sets)
def test_an_intersection_holds_what_is_in_both(left, right):
    assert minutes(intersect(left, right)) == minutes(left) & minutes(right)
    assert is_tidy(intersect(left, right))


@given(sets, sets)
def test_a_difference_holds_what_is_in_the_first_alone(left, right):
    assert minutes(subtract(left, right)) == minutes(left) - minutes(right)
    assert is_tidy(subtract(left, right))
