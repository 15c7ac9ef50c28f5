from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.compiler.packs import places
from alertkit.compiler.packs import values as packs_values
from alertkit.compiler.packs.places import MisplacedError
from alertkit.model.pack import Kind, Parameter
from alertkit.model.quantity import Duration
from alertkit.promql import condition, selectors

READ = [
    ("duration", "90s", Duration(90_000), "1m30s"),
    ("duration", "300ms", Duration(300), "300ms"),
    ("ratio", "0.5%", Decimal("0.005"), "0.5%"),
    ("ratio", 0.25, Decimal("0.25"), "25%"),
    ("ratio", 1, Decimal(1), "100%"),
    ("rate", "6/m", Decimal("0.1"), "0.1/s"),
    ("rate", "100/h", Decimal(100) / 3600, "100/h"),
    ("rate", "5/d", Decimal(5) / 86400, "5/d"),
    ("bytes", "1.5KiB", Decimal(1536), "1536B"),
    ("bytes", "10GB", Decimal(10**10), "10GB"),
    ("number", 0.2, Decimal("0.2"), "0.2"),
    ("number", -3, Decimal(-3), "-3"),
    ("integer", 20, Decimal(20), "20"),
    ("text", 'a "b"', 'a "b"', 'a "b"'),
    ("pattern", "5..|429", "5..|429", "5..|429"),
    ("metric", "http_requests_total", "http_requests_total", "http_requests_total"),
    ("label", "code", "code", "code"),
]
REFUSED = [
    ("duration", 5),
    ("duration", "5 minutes"),
    ("ratio", "half"),
    ("rate", 0.1),
    ("rate", "0.1"),
    ("bytes", 512),
    ("bytes", "512MB/s"),
    ("number", "many"),
    ("number", 1e19),
    ("integer", 1.5),
    ("text", 5),
    ("text", ""),
    ("text", "two\nlines"),
    ("text", "x" * 501),
    ("pattern", "5.."[:2] + "("),
    ("metric", "http requests"),
    ("metric", 'up{job="x"}'),
    ("label", "status-code"),
    ("label", "a:b"),
]


@pytest.mark.parametrize(("kind", "written", "value", "shown"), READ)
def test_a_value_is_read_exactly_and_shown_as_a_definition_would_write_it(
    kind: Kind, written: str | float, value: object, shown: str
) -> None:
    assert packs_values.read(kind, written) == value
    assert packs_values.shown(kind, packs_values.read(kind, written)) == shown


@pytest.mark.parametrize(("kind", "written"), REFUSED)
def test_what_is_not_of_its_kind_is_refused_with_words(kind: Kind, written: str | float) -> None:
    with pytest.raises(ValueError, match=r"is not|is longer"):
        packs_values.read(kind, written)


@pytest.mark.parametrize(
    ("written", "problem"), [("4m", "less than the least"), ("5m", ""), ("2h", ""), ("3h", "more than the most")]
)
def test_bounds_belong_to_what_is_allowed(written: str, problem: str) -> None:
    parameter = Parameter("x", "duration", "?", minimum=Duration.parse("5m"), maximum=Duration.parse("2h"))
    assert problem in packs_values.outside(parameter, Duration.parse(written))
    assert bool(problem) == bool(packs_values.outside(parameter, Duration.parse(written)))


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"]), min_size=1, max_size=50))
def test_a_text_can_never_be_more_than_the_value_of_its_matcher(text: str) -> None:
    filled = places.fill('sum(rate(x{job="${job}", a="b"}[5m])) > 1', {"job": text})
    (selector,) = selectors(filled)
    assert {(matcher.name, matcher.op, matcher.value) for matcher in selector.matchers} == {("job", "=", text), ("a", "=", "b")}


@given(st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=6))
def test_a_number_in_a_rule_is_the_number_that_was_said(number: Decimal) -> None:
    filled = places.fill("x > ${limit}", {"limit": number})
    assert condition(filled).value == float(number)


FILLED = [
    ("rate(x[${span}])", {"span": Duration.parse("90s")}, "rate(x[1m30s])"),
    ("max_over_time(x[1h:${span}])", {"span": Duration.parse("5m")}, "max_over_time(x[1h:5m])"),
    ("x offset ${span}", {"span": Duration.parse("1w")}, "x offset 7d"),
    ("x > ${span}", {"span": Duration.parse("1500ms")}, "x > 1.5"),
    ("x < ${limit}", {"limit": Decimal(-5)}, "x < (-5)"),
    ("x > ${limit}", {"limit": Decimal(100) / 3600}, "x > 0.027777777777777778"),
    ('x{a =~ "${p}"}', {"p": r"\d+"}, r'x{a =~ "\\d+"}'),
    ('x{a!="${t}"}', {"t": 'say "hi"'}, r'x{a!="say \"hi\""}'),
    ("sum by (${l}) (${m}_bucket)", {"l": "zone", "m": "latency"}, "sum by (zone) (latency_bucket)"),
    ("x > 1 # more than ${limit}, or 5 $", {}, "x > 1 # more than ${limit}, or 5 $"),
    ('x{a="5 $ {b}"} > 1', {}, 'x{a="5 $ {b}"} > 1'),
]


@pytest.mark.parametrize(("text", "values", "filled"), FILLED)
def test_a_place_is_filled_with_what_fits_where_it_stands(text: str, values: dict[str, object], filled: str) -> None:
    assert places.fill(text, values) == filled  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ['x{a="pre-${job}"}', "x{a='${job}'}", "x > $limit", "x > ${Limit}", "x > ${}", "x{a=`${job}`}"])
def test_what_looks_like_a_place_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(MisplacedError):
        places.find(text)


def test_records_are_matched_by_service_and_other_metrics_are_not() -> None:
    expr = "a:b:c / on() sum(up) > 0 and a:b:c offset 1w > 1"
    own = places.own_records(expr, frozenset({"a:b:c"}), "shop")
    assert own == 'a:b:c{service="shop"} / on() sum(up) > 0 and a:b:c{service="shop"} offset 1w > 1'
