from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_strategies import expressions

from alertkit.errors import PromQLError
from alertkit.promql import condition, conditions


def found(expr):
    return [(c.left, c.op, c.value) if c.kind == "threshold" else c.kind for c in conditions(expr)]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("up > 1", [("up", ">", 1)]),
        ("a > 0.05 and b > 1", [("a", ">", 0.05), ("b", ">", 1)]),
        ("(a > 0.05) AND on (job) (5 < b)", [("a", ">", 0.05), ("b", ">", 5)]),
        ("((a > 1 and b > 2))", [("a", ">", 1), ("b", ">", 2)]),
        ("a > 1 and b > 2 and ignoring(x) c < 3", [("a", ">", 1), ("b", ">", 2), ("c", "<", 3)]),
        ("a > 1 and (b > 2 and c > 3)", [("a", ">", 1), ("b", ">", 2), ("c", ">", 3)]),
        ("a > 1 unless b > 2", [("a", ">", 1)]),
        ("a > 1 unless b > 2 and c > 3", [("a", ">", 1), ("c", ">", 3)]),
        ("a > 1 or b > 2", ["filter"]),
        ("a > 1 and b > c", [("a", ">", 1), "filter"]),
        ("absent(up) and b > 1", ["filter", ("b", ">", 1)]),
        ("sum by (and) (a) > 1 and b > 2", [("sum by (and) (a)", ">", 1), ("b", ">", 2)]),
        ('a{x=" and "} > 1 and b > 2 # and c', [('a{x=" and "}', ">", 1), ("b", ">", 2)]),
        ("10 / (a > 2) and (b > 3)", ["filter", ("b", ">", 3)]),
        ("up", ["none"]),
    ],
)
def test_each_condition_that_must_hold_is_found_in_order(expr, expected):
    assert found(expr) == expected


@pytest.mark.parametrize("expr", ["up > 1", "up", "a > 1 or b > 1", "absent(up)"])
def test_an_expression_that_joins_nothing_has_its_one_condition(expr):
    assert conditions(expr) == (condition(expr),)


@given(expressions, expressions, st.sampled_from(["and", "AND on (job)", "and ignoring(zone)"]))
def test_the_conditions_of_a_join_are_those_of_its_two_sides(left, right, join):
    assert found(f"({left}\n) {join} ({right}\n)") == found(left) + found(right)


@given(expressions, expressions)
def test_what_takes_series_away_is_no_condition(left, right):
    assert found(f"({left}\n) unless ({right}\n)") == found(left)


@pytest.mark.parametrize("expr", ["a > 0.05 and b > 1", "(a > 2 * 3) and ((b <= 7))", "x and 5 < a"])
def test_thresholds_are_found_at_their_place_in_the_whole_expression(expr):
    for c in conditions(expr):
        if c.threshold:
            assert expr[c.start : c.end] == c.threshold


def test_what_is_no_promql_is_refused():
    with pytest.raises(PromQLError):
        conditions("a > 1 and")
