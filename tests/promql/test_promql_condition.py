from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_strategies import expressions

from alertkit.errors import PromQLError
from alertkit.promql import condition, parse
from alertkit.promql.syntax import Binary, Paren

THRESHOLDS = [
    # expression, the vector, operator as seen from it, written threshold, its value
    ("up == 0", "up", "==", "0", 0),
    ("up{job='>'} != 1", "up{job='>'}", "!=", "1", 1),
    ("0.5 < up", "up", ">", "0.5", 0.5),
    ("0.5 >= up", "up", "<=", "0.5", 0.5),
    ("-1 == up", "up", "==", "-1", -1),
    ("(up > 5)", "up", ">", "5", 5),
    ("+((up > 5))", "up", ">", "5", 5),
    ("+(up > 5) > +3", "+(up > 5)", ">", "+3", 3),
    ("( ( up ) > (5) )", "( up )", ">", "(5)", 5),
    ("time() - last > 26 * 3600", "time() - last", ">", "26 * 3600", 93_600),
    ("ratio > 14.4 * (1 - 0.999)", "ratio", ">", "14.4 * (1 - 0.999)", 14.4 * (1 - 0.999)),
    ("a > 7 % 4 + 2 ^ 3 / 4", "a", ">", "7 % 4 + 2 ^ 3 / 4", 5),
    ("a > -(2)", "a", ">", "-(2)", -2),
    ("a > 1e-3", "a", ">", "1e-3", 0.001),
    ("a > 0x10", "a", ">", "0x10", 16),
    ("a > Inf", "a", ">", "Inf", math.inf),
    ("a + 1 > 2", "a + 1", ">", "2", 2),
    ("max(a > 5) > 3", "max(a > 5)", ">", "3", 3),
    ("a > bool 5 == 1", "a > bool 5", "==", "1", 1),
    ("sum(a) # > 9\n  > # not 8\n 7 # nor 6", "sum(a)", ">", "7", 7),
    ("a / on (x) group_left b >= 0.99", "a / on (x) group_left b", ">=", "0.99", 0.99),
]

OTHERS = [
    ("a > 1 and b > 2", "filter"),
    ("a > 1 or b > 2", "filter"),
    ("a > b", "filter"),
    ("a > scalar(b)", "filter"),
    ("vector(time()) > time() - 5", "filter"),
    ("a > 1 / 0", "filter"),
    ("a > (-1) ^ 0.5", "filter"),
    ("a and b", "filter"),
    ("a unless b", "filter"),
    ("absent(up)", "filter"),
    ("absent_over_time(up[5m])", "filter"),
    ("count(up == 0)", "filter"),
    ("-(up == 0)", "filter"),
    ("topk(scalar(count(up == 0)), up)", "filter"),
    ("max_over_time((up == 0)[5m:1m])", "filter"),
    ("a > bool 5", "bool"),
    ("(a > bool b)", "bool"),
    ("1 > bool 2", "bool"),
    ("up", "none"),
    ("up or down", "none"),
    ("sum(rate(errors_total[5m]))", "none"),
    ("(a > bool 5) * 2", "none"),
    ("vector(1)", "none"),
    ("time()", "none"),
]


@pytest.mark.parametrize(("expr", "left", "op", "threshold", "value"), THRESHOLDS)
def test_a_threshold_is_taken_apart_as_the_author_wrote_it(expr: str, left: str, op: str, threshold: str, value: float) -> None:
    found = condition(expr)
    assert (found.kind, found.left, found.op, found.threshold) == ("threshold", left, op, threshold)
    assert found.value == pytest.approx(value)
    assert expr[found.start : found.end] == threshold


@pytest.mark.parametrize(("expr", "kind"), OTHERS)
def test_what_is_not_one_threshold_is_said_to_be_something_else(expr: str, kind: str) -> None:
    assert condition(expr).kind == kind


@pytest.mark.parametrize("expr", ["time() / 7 > 0", "1 > 2", "scalar(a) == 1"])
def test_a_comparison_of_plain_numbers_is_refused_as_prometheus_does(expr: str) -> None:
    with pytest.raises(PromQLError, match="plain numbers"):
        condition(expr)


@given(expressions, st.sampled_from(["==", "!=", "<", ">", "<=", ">="]), st.floats(-1e6, 1e6))
def test_a_threshold_can_be_replaced_in_place(expr: str, op: str, value: float) -> None:
    alert = f"({expr}\n) {op} {value!r}"
    found = condition(alert)
    assert found.kind == "threshold"
    assert found.value == value
    replaced = parse(alert[: found.start] + "42" + alert[found.end :])
    assert isinstance(replaced, Binary)
    assert isinstance(replaced.left, Paren)
    assert replaced == parse(f"({expr}\n) {op} 42")


@given(expressions)
def test_the_vector_of_a_threshold_is_an_expression_of_its_own(expr: str) -> None:
    found = condition(expr)
    if found.kind == "threshold":
        assert parse(found.left)
        assert expr[found.start : found.end] == found.threshold
