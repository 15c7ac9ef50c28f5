from __future__ import annotations

import datetime as dt
import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_strategies import expressions

from alertkit.errors import PromQLError
from alertkit.model.route import Matcher
from alertkit.promql import metric_names, parse, quote, selectors
from alertkit.promql.lexer import MAX_DEPTH, MAX_LENGTH, MAX_OPERATORS, is_plain, lex
from alertkit.promql.parser import _MATCHED, _parse, _Walk
from alertkit.promql.regexes import MAX_COST, cost
from alertkit.promql.syntax import (
    Aggregation,
    Binary,
    Call,
    Matching,
    Negation,
    Number,
    Paren,
    Range,
    Selector,
    Subquery,
    Text,
    children,
)

MINUTE = dt.timedelta(minutes=1)

TREES = [
    ("1e3", Number(1000.0)),
    ("NaN", parse("nan")),
    ('"a\\"b"', Text('a"b')),
    ("`\\d`", Text("\\d")),
    ('up{a!="b",c=~`\\d`}', Selector("up", (Matcher("a", "!=", "b"), Matcher("c", "=~", "\\d")))),
    ('{"x.y"}', Selector("x.y", (Matcher("__name__", "=", "x.y"),))),
    ("up offset -1m @ 5", Selector("up", (), -MINUTE, "@ 5.000")),
    ("up[1m]", Range(Selector("up", ()), MINUTE)),
    ("up[5m:]", Subquery(Selector("up", ()), 5 * MINUTE, None, None, "")),
    ("up[5m:1m] @ end() offset 1m", Subquery(Selector("up", ()), 5 * MINUTE, MINUTE, MINUTE, "@ end()")),
    ("-(up)", Negation(Paren(Selector("up", ())))),
    ("round(up, 5)", Call("round", (Selector("up", ()), Number(5.0)))),
    ("topk by (x) (3, up)", Aggregation("topk", Selector("up", ()), Number(3.0), "by", ("x",))),
    ("sum(up) without (x, y)", Aggregation("sum", Selector("up", ()), None, "without", ("x", "y"))),
    ("up > bool 1", Binary(">", Selector("up", ()), Number(1.0), True, None)),
    (
        "a * on (x) group_left (y) b",
        Binary("*", Selector("a", ()), Selector("b", ()), False, Matching(True, ("x",), "left", ("y",))),
    ),
    (
        "a * ignoring (x) group_right () b",
        Binary("*", Selector("a", ()), Selector("b", ()), False, Matching(False, ("x",), "right")),
    ),
    ("a + fill_left(1) b", Binary("+", Selector("a", ()), Selector("b", ()), False, Matching(fill=(1.0, None)))),
]

MISTAKES = [
    # what people really write, where it is wrong, and what they are told
    ("", 0, "expected a metric, a number, a function or '('"),
    ("# only a comment", 0, "but the expression ends"),
    ("up >", 4, "expected a metric, a number, a function or '(', but the expression ends"),
    ("> up", 0, "found '>'"),
    ("up up", 3, "expected an operator or the end, found 'up'"),
    ("up = 1", 3, "expected '==' to compare"),
    ("up && down", 3, "write `and`"),
    ("up || down", 3, "write `or`"),
    ("!up", 0, "write `unless`"),
    ("sum(up", 3, "'(' is never closed: expected ')'"),
    ("up)", 2, "')' closes nothing"),
    ("rate(up[5m)", 10, "expected ']' for the '[' at character 8, found ')'"),
    ("sum up", 4, "expected '(' or 'by' after sum"),
    ("sum by job (up)", 7, "expected '(' and label names, found 'job'"),
    ("sum by (job instance) (up)", 12, "expected ',' or ')', found 'instance'"),
    ("sum by (5) (up)", 8, "expected a label name, found '5'"),
    ("max(a b)", 6, "expected ',' or ')', found 'b'"),
    ("up{job=api}", 7, "expected a quoted value, found 'api'"),
    ("up{job:'api'}", 7, "expected '=', '!=', '=~' or '!~' after the label name"),
    ("up{job}", 6, "expected '=', '!=', '=~' or '!~' after the label name"),
    ('up{job="api" zone="eu"}', 13, "expected ',' or '}', found 'zone'"),
    ('up{job="api}', 7, 'the string that " opens is never closed'),
    ('up{job=~"("}', 8, "'(' is not a regular expression"),
    ('up{job="\\d"}', None, "write it twice"),
    ("{}", None, "a selector needs a metric name or a matcher that is not empty"),
    ("rate(up[5min])", 8, "expected a duration such as 30s, 5m or 1h30m, found '5min'"),
    ("up > 5%", 6, "'%' is the remainder of a division; 5 % is written 0.05"),
    ("up > 5 % and x", 7, "5 % is written 0.05"),
    ("up > 10GB", 5, "expected a number such as 0.05 or 2e9, or a duration such as 5m, found '10G"),
    ("rate(up[5 m])", 10, "expected ']', found 'm'"),
    ("rate(up[])", 8, "expected a duration such as 5m, found ']'"),
    ("up[5m:1m:1m]", 8, "expected ']', found ':'"),
    ("up offset", 9, "expected a duration such as 5m, but the expression ends"),
    ("up @ yesterday", 5, "expected a Unix time, start() or end()"),
    ("up @ end(1)", 9, "expected ')', found '1'"),
    ("rate(up[5m]) offset 1h", None, "`offset` stands directly after"),
    ("rate(sum(up)[5m])", None, "a subquery: [5m:1m]"),
    ("up[0s]", None, "expected a duration greater than 0"),
    ("rate(up)", 0, "rate() expects a range (metric[5m]), found an instant vector (metric)"),
    ("1 + abs(up[5m])", 4, "abs() expects an instant vector (metric), found a range (metric[5m])"),
    ("1 + sum(up[5m])", None, "an aggregation expects an instant vector (metric), found a range (metric[5m])"),
    ("a + on x b", 7, "'(' and label names"),
    ("a + on (x) group_left (1) b", 23, "a label name, found '1'"),
    ("a + ignoring (x) group_right", 28, "but the expression ends"),
    ("topk(up)", None, "wrong number of arguments for aggregate expression"),
    ("round(up, 1, 2)", 0, "round() expects"),
    ("rat(up[5m])", 0, "there is no function rat(): did you mean rate()?"),
    ("frobnicate(up)", 0, "there is no function frobnicate()"),
    ("time() / 7 > 0", None, "both sides of the comparison are plain numbers"),
    ("up + 'x'", None, "an operator stands between numbers and instant vectors"),
    ("up or 1", None, "not allowed in binary scalar expression"),
    ('{a="b" or c="d"}', None, "write two selectors joined by `or`"),
    ("rate(up[$__rate_interval])", 8, "variables are for dashboards"),
    ("café", 3, "unexpected character 'é'"),
    ("up\u00a0> 1", 2, "U+00A0"),
    ("up\r\n> 1", 2, "U+000D"),
    ("up > 1 \u202e", 7, "U+202E is invisible"),
]


@pytest.mark.parametrize(("expr", "tree"), TREES)
def test_every_kind_of_expression_becomes_a_plain_value(expr: str, tree: object) -> None:
    assert parse(expr) == tree
    assert parse(f" {expr} # comment") == tree


@pytest.mark.parametrize(("expr", "offset", "message"), MISTAKES)
def test_a_mistake_is_reported_where_it_is_with_what_was_expected(expr: str, offset: int | None, message: str) -> None:
    with pytest.raises(PromQLError) as caught:
        parse(expr)
    assert message in str(caught.value)
    assert caught.value.offset == offset


def refusal(expr: str) -> PromQLError | None:
    try:
        parse(expr)
    except PromQLError as error:
        return error
    return None


@given(expressions, st.data())
def test_a_broken_expression_is_refused_with_a_place_inside_it_or_none(expr: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(expr)))
    noise = data.draw(st.sampled_from(["", ")", "=", '"', "by", "[", "{", "}", ",", "$", "é", "up"]))
    error = refusal(expr[:at] + noise + expr[at + 1 :])
    assert error is None or error.offset is None or 0 <= error.offset <= len(expr) + len(noise)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    error = refusal(text)
    assert error is None or len(str(error)) > 10


@given(expressions)
def test_the_tokens_stand_where_they_say(expr: str) -> None:
    assert all(expr[start : start + len(text)] == text for text, start in lex(expr))


@given(st.text())
def test_any_text_can_be_quoted_and_is_read_back(text: str) -> None:
    assert parse(quote(text)) == Text(text)


@given(expressions)
def test_the_selectors_are_those_of_the_tree(expr: str) -> None:
    def inside(tree: object) -> list[Selector]:
        return [tree] if isinstance(tree, Selector) else [found for child in children(tree) for found in inside(child)]  # type: ignore[arg-type]

    assert list(selectors(expr)) == inside(parse(expr))


def test_metric_names_are_the_exact_ones() -> None:
    expr = 'topk(scalar(a), b{x="y"}) + {"c.d"} + {__name__="e"} + {__name__=~"f.*"} + {x="y"} + rate(g[5m])'
    assert metric_names(expr) == {"a", "b", "c.d", "e", "g"}


def test_a_panic_of_the_library_is_an_error_like_any_other() -> None:
    with pytest.raises(PromQLError, match="out of range"):
        _parse("up[1e400]", [])


def test_a_kind_of_expression_that_is_not_known_is_refused() -> None:
    with pytest.raises(PromQLError, match="unknown kind of expression: object"):
        _Walk(None).expr(object())


HOSTILE = {
    "20,000 parentheses": "(" * 10_000 + "a" + ")" * 9_000,
    "40,000 parentheses": "(" * 20_000 + "a" + ")" * 20_000,
    "nested calls": "abs(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
    "nested subqueries": "a" + "[1m:1m]" * 2_000,
    "minus signs": "-" * 19_000 + "a",
    "a chain of sums": "+".join(["a"] * (MAX_OPERATORS + 2)),
    "a chain of powers": "^".join(["a"] * 5_000),
    "a chain of words": " or ".join(["a"] * 4_000),
    "too long": "a" * (MAX_LENGTH + 1),
    "a duration that overflows": "a[1e400]",
    "an offset that overflows": "a offset 1e30",
    "a negative offset that overflows": "a offset - 1e30",
    "an infinite offset": "a offset Inf",
    "a range that is no number": "a[NaN]",
    "a long number as a duration": "a[" + "9" * 400 + "]",
    "a timestamp that overflows": "a @ 1e400",
    "one costly regular expression": 'a{x=~"\\\\w{1000}"}',
    "many costly regular expressions": "a{" + ",".join(['x=~"\\\\w{100}"'] * 1_000) + "}",
    "costly ones over many selectors": "+".join(['a{x=~"\\\\pL{20}"}'] * 199),
    "a repetition without a lower bound": 'a{x=~"\\\\w{,900}"}',
    "a repetition of a named class": 'a{x=~"\\\\p{Greek}{900}"}',
    "a repetition hidden in escapes": 'a{x=~"\\\\w\\x7b1000\\x7d"}',
    "a repetition hidden in a class": 'a{x=~"[[x]\\\\w(]{1000}"}',
    "a repetition hidden in a comment": 'a{x!~"(?x)(\\\\w #)\\n ){900}"}',
    "repetitions of repetitions": 'a{x=~"(((a{99}){99}){99}){99}"}',
    "repetitions without groups": 'a{x=~"\\\\w{9}{9}{9}"}',
    "a repetition of a repeated class": 'a{x=~"(\\\\w+{30}){30}"}',
    "a repetition after the group that the parser adds": 'a{x=~"\\\\w){900}|(?:b"}',
    "many classes": 'a{x=~"' + "\\\\PL" * 4_000 + '"}',
    "a lone surrogate": 'a{x="\ud800"}',
    "unclosed strings": '"' * 19_999,
}


@pytest.mark.parametrize("expr", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_refused_before_it_can_hurt(expr: str) -> None:
    with pytest.raises(PromQLError):
        parse(expr)


def test_text_at_the_limits_is_accepted() -> None:
    assert parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
    assert parse("+".join(["a"] * MAX_OPERATORS))
    assert parse("a # ".ljust(MAX_LENGTH, "x"))


def test_text_at_the_limits_fits_the_stack_of_a_thread() -> None:
    done: list[object] = []
    deep = "abs(" * (MAX_DEPTH - 1) + "^".join(["a"] * MAX_OPERATORS) + ")" * (MAX_DEPTH - 1)
    thread = threading.Thread(target=lambda: done.append(parse(deep)))
    thread.start()
    thread.join()
    assert done


ORDINARY = [
    "5..",
    "(GET|POST)",
    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "\\w{1,63}(\\.\\w{1,63})?",
    "[[:alpha:]]+",
    "[]x]",
]


ORDINARY = [
    "5..",
    "(GET|POST)",
    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "\\w{1,63}(\\.\\w{1,63})?",
    "[[:alpha:]]+",
    "[]x]",
    "a)|(b",
]


@pytest.mark.parametrize("regex", ORDINARY)
def test_regular_expressions_that_people_write_are_cheap(regex: str) -> None:
    assert cost(regex) < MAX_COST
    assert parse(f"a{{x=~{quote(regex)}}}")


def test_a_repetition_costs_what_it_repeats() -> None:
    nothing = cost("")
    assert cost("(ab){10}") - nothing >= 10 * (cost("ab") - nothing)
    assert cost("(ab){2,10}") == cost("(ab){10}")
    assert cost("((ab){10}){10}") - nothing >= 10 * (cost("(ab){10}") - nothing)
    assert cost("(a|b)[xy]{10}") < cost("(a|b){10}[xy]{10}")


@pytest.mark.parametrize("comment", ["#x" * 9_000, "# " * 9_000, " #\n" * 6_000])
def test_comments_before_a_regular_expression_take_no_time(comment: str) -> None:
    assert parse(f"a{{b=~{comment}\n'c.'}}") == parse("a{b=~'c.'}")
    with pytest.raises(PromQLError):
        parse(f"a{{b=~{comment}\n}}")


@given(expressions)
def test_regular_expressions_are_found_where_the_lexer_finds_them(expr: str) -> None:
    tokens = lex(expr)
    expected = [after for before, after in itertools.pairwise(tokens) if before[0] in ("=~", "!~")]
    assert [(match["text"], match.start("text")) for match in _MATCHED.finditer(expr) if match["operator"]] == expected


PLAIN_PIECES = (
    *("x", "sum", "by", "offset", "nan", "and", ":", "5", "5m", "1.5", "1e3", ".5", "0x1", "9" * 13),
    *("(", ")", "[", "]", "[5m]", "[1h:5m]", "[1h:]", "[5]", "[nan]", "{", "}", ",", '{a="b"}', "{a=~'b.'}", "{a='(['}"),
    *("+", "-", "*", "/", "%", "^", "=", "==", "!=", "!", "=~", "!~", "<", "<=", ">", ">=", "@", "$", "~", "'a'", '"', "`"),
    *(" ", "\n", "\t", "# )\n", "#", "\r", "\\", "\u00a0", "\u200b", "\u00e9"),
)


@given(st.lists(st.sampled_from(PLAIN_PIECES), max_size=25).map("".join) | expressions)
def test_what_is_plain_and_parses_is_what_the_lexer_lets_through(text: str) -> None:
    try:
        tree = parse(text) if is_plain(text) else None
    except PromQLError:
        return
    if tree is not None:
        assert lex(text)


@pytest.mark.parametrize("short", ["{}", "sum by (job) (rate({}[5m])) / 2 > 0.5", "a and on (job) {} # it's (", "{}\n  == 0"])
def test_what_most_people_write_is_plain(short: str) -> None:
    assert is_plain(short.replace("{}", "errors_total{job=\"a\",code=~'5..'}"))


@pytest.mark.parametrize(
    "text", ["(" * 60 + "x" + ")" * 60, "-" * 250 + "x", "+" * 120 + "x" + "-x" * 90, "x" + "+x" * 250, "x[1e400]", "x offset 5m"]
)
def test_what_may_harm_the_parser_is_never_plain(text: str) -> None:
    assert not is_plain(text)
