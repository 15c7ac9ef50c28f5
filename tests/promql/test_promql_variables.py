from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_strategies import expressions

from alertkit.errors import AlertkitError, IsolationError
from alertkit.promql import isolate, isolate_query

KNOWN = frozenset({"job", "window"})

ISOLATED = [
    ("rate(x[$__rate_interval])", 'rate(x{tenant="a"}[$__rate_interval])'),
    ("rate(x[${__rate_interval}])", 'rate(x{tenant="a"}[${__rate_interval}])'),
    ("max_over_time(x[$__range:$__interval])", 'max_over_time(x{tenant="a"}[$__range:$__interval])'),
    ("x offset $window + x offset -$window", 'x{tenant="a"} offset $window + x{tenant="a"} offset -$window'),
    ("increase(x[$__range]) / $__range_s", 'increase(x{tenant="a"}[$__range]) / $__range_s'),
    ("rate(x[5m]) * ${__interval_ms}", 'rate(x{tenant="a"}[5m]) * ${__interval_ms}'),
    ('x{job=~"$job"}', 'x{tenant="a",job=~"$job"}'),
    ('x{job=~"a-${job:regex}.*"}', 'x{tenant="a",job=~"a-${job:regex}.*"}'),
    ("x{job=`[[job]]`, z!='$job'}", "x{tenant=\"a\",job=`[[job]]`, z!='$job'}"),
    ('{__name__="$job"}', '{tenant="a",__name__="$job"}'),
    ('x{path=~"/(a|b)$"}', 'x{tenant="a",path=~"/(a|b)$"}'),
    ('label_replace(x, "y", "$1-${name}", "z", "(.*)")', 'label_replace(x{tenant="a"}, "y", "$1-${name}", "z", "(.*)")'),
    ("x # costs $5 a $month", 'x{tenant="a"} # costs $5 a $month'),
    ('shared{job="$job"} + x', 'shared{job="$job"} + x{tenant="a"}'),
]

REFUSED = [
    ("x[$nope]", 2, "unknown variable $nope: expected one of $__interval"),
    ('x{job="$nope"}', 6, "unknown variable $nope"),
    ('x{job="${nope:regex}"}', 6, "unknown variable ${nope:regex}"),
    ("$job", 0, "as a whole duration"),
    ("topk($window, x)", 5, "as a whole duration"),
    ("sum by ($job) (x)", 8, "as a whole duration"),
    ('x{$job="a"}', 2, "as a whole duration"),
    ("x[5$window]", 2, "as a whole duration"),
    ("x[${window}5m]", 2, "as a whole duration"),
    ("x[${window}${window}]", 2, "as a whole duration"),
    ("x$window", 0, "as a whole duration"),
    ("rate(x[5m]) * $__interval", 14, "as a whole duration"),
    ("x[$__range_s]", 2, "as a whole duration"),
    ("x @ $window", 4, "as a whole duration"),
    ('x{"$job"="a"}', 2, "in the value of a matcher only"),
    ('label_replace(x, "$job", "", "", "")', 17, "in the value of a matcher only"),
    ('count_values("$job", x)', 13, "in the value of a matcher only"),
    ("x # $job", 2, "may not stand in a comment"),
    ("x # [[job]]", 2, "may not stand in a comment"),
    ('x{tenant="$job"}', 0, "already matches on tenant"),
    ('x{tenant="a$job"}', 0, "already matches on tenant"),
    ('x{tenant=~"$job"}', 0, "already matches on tenant"),
    ("info(max_over_time(x[$__range]))", 0, "info() cannot be isolated"),
]


def query(expr: str, value: str = "a") -> str:
    return isolate_query(expr, "tenant", value, frozenset({"shared"}), KNOWN)


@pytest.mark.parametrize(("expr", "isolated"), ISOLATED)
def test_variables_stand_in_the_isolated_query_as_they_stood_before(expr: str, isolated: str) -> None:
    assert query(expr) == isolated
    assert query(isolated) == isolated


@pytest.mark.parametrize(("expr", "offset", "message"), REFUSED)
def test_a_variable_elsewhere_is_refused_with_its_place(expr: str, offset: int, message: str) -> None:
    with pytest.raises(IsolationError, match=re.escape(message)) as caught:
        query(expr)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "expr", ["x[$]", "x{job=$job}", "[[job]]", "x[$__range", "$(x)", "x[${job:csv}]", "x{job='$job}", "x{job='" + "${a" * 40_000]
)
def test_broken_queries_are_refused(expr: str) -> None:
    with pytest.raises(AlertkitError):
        query(expr)


@pytest.mark.parametrize("value", ["$job", "a$b", "[[job]]", "¤¤¤¤", "¤"])
def test_a_tenant_that_grafana_or_hiding_could_mistake_for_a_variable_is_refused(value: str) -> None:
    with pytest.raises(IsolationError, match="Grafana would read a variable"):
        query('x{tenant="$job"}', value)


@given(expressions)
def test_without_variables_a_query_is_isolated_like_a_rule(expr: str) -> None:
    assert isolate_query(expr, "tenant", "acme", frozenset(), frozenset()) == isolate(expr, "tenant", "acme")


@given(expressions, st.sampled_from(["$window", "${window}", "$__rate_interval", "${__range}", "$__interval"]))
def test_a_query_with_a_variable_is_isolated_like_one_with_a_duration(expr: str, variable: str) -> None:
    text = re.sub(r"(?<=\[)\s*(?:5m|1h)\s*(?=\])", "7m", expr)
    isolated = isolate_query(text.replace("[7m]", f"[{variable}]"), "tenant", "acme", frozenset(), KNOWN)
    assert isolated.replace(f"[{variable}]", "[7m]") == isolate(text, "tenant", "acme")
