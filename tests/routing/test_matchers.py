"""The text of matchers, both ways, and what their patterns mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import PATTERNS

from alertkit.model.route import Matcher
from alertkit.routing.matchers import accepts, is_classic, ordered, parse, text

names = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,9}", fullmatch=True) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1
)
values = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.builds(Matcher, names, st.sampled_from(["=", "!="]), values))
def test_a_matcher_survives_being_written_and_read(matcher):
    assert parse(text(matcher)) == matcher
    assert "\n" not in text(matcher)


@given(st.builds(Matcher, names, st.sampled_from(["=~", "!~"]), st.sampled_from(PATTERNS)))
def test_a_pattern_survives_being_written_and_read(matcher):
    assert parse(f"  {text(matcher)}\t") == matcher


TEXTS = [
    (Matcher("severity", "=", "critical"), 'severity="critical"'),
    (Matcher("severity", "=~", "crit|warn"), 'severity=~"crit|warn"'),
    (Matcher("a", "!=", ""), 'a!=""'),
    (Matcher("a", "!~", r"10\.0\..*"), r'a!~"10\\.0\\..*"'),
    (Matcher("a", "=", 'say "hi", {{ .x }}\nbye\\'), r'a="say \"hi\", {{ .x }}\nbye\\"'),
    (Matcher("région.eu", "=", "Zürich"), '"région.eu"="Zürich"'),
    (Matcher('a"b', "=", "c"), r'"a\"b"="c"'),
]


@pytest.mark.parametrize(("matcher", "expected"), TEXTS)
def test_a_matcher_is_written_as_alertmanager_reads_it(matcher, expected):
    assert text(matcher) == expected


READ = [
    ("severity=critical", Matcher("severity", "=", "critical")),
    ("severity =~ crit|warn", Matcher("severity", "=~", "crit|warn")),
    (r'instance=~"10\.0\..*"', Matcher("instance", "=~", r"10\.0\..*")),
    (r'a="\t\\n\n\""', Matcher("a", "=", '\\t\\n\n"')),
    ("a=é", Matcher("a", "=", "é")),
    ('"a b"!="c"', Matcher("a b", "!=", "c")),
    ('a="x\ny"', Matcher("a", "=", "x\ny")),
]


@pytest.mark.parametrize(("written", "expected"), READ)
def test_definitions_may_be_lax_about_spaces_quotes_and_backslashes(written, expected):
    assert parse(written) == expected


WRONG = [
    *("", "a", "a=", "=b", 'a"b"', "a==b", 'a="b', 'a=b"', "a=b,c=d", 'a="b",c="d"', "{a=b}", "a=b c", "1a=b", "a~b", "a=~'b'"),
    *("a=b\\", 'é="x"', 'a="b"c', "a=`b`", '""="x"', "a=b\u00a0c"),
]


@pytest.mark.parametrize("written", WRONG)
def test_what_is_not_one_matcher_is_refused_with_an_example(written):
    with pytest.raises(ValueError, match=r"is not a matcher such as severity=|needs the name of a label"):
        parse(written)


def test_a_pattern_that_is_none_is_refused_with_the_reason():
    with pytest.raises(ValueError, match=r"'\(' is not a pattern in RE2's syntax, which Alertmanager reads: missing \)"):
        parse('a=~"("')


@pytest.mark.parametrize("matcher", [Matcher("a", "=", "\ud800"), Matcher("\udfff", "=", "b")])
def test_half_a_character_cannot_be_written(matcher):
    with pytest.raises(ValueError, match="half a character"):
        text(matcher)


def test_half_a_character_in_a_pattern_is_refused_and_in_a_value_read_as_go_reads_it():
    with pytest.raises(ValueError, match="half a character"):
        accepts(Matcher("a", "=~", "\ud800"))
    assert accepts(Matcher("a", "=~", "x\ufffd"))("x\ud800")
    assert not accepts(Matcher("a", "!~", "x."))("x\ud800")


MEANINGS = [
    # pattern, value, matches; each row is read differently by Python's own regular expressions or by an unanchored search
    ("crit", "critical", False),
    (r"\d", "٣", False),
    (r"\w", "é", False),
    ("x$", "x\n", False),
    (r"x\z", "x", True),
    (r"\pL", "é", True),
    (r"\Qa.b\E", "a.b", True),
    (r"\Qa.b\E", "axb", False),
    ("a|b", "ab", False),
    ("", "", True),
    ("", "x", False),
    ("(?i)k", "\u212a", True),
    (".", "\n", False),
]


@pytest.mark.parametrize(("pattern", "value", "matches"), MEANINGS)
def test_a_pattern_means_what_re2_says_and_covers_the_whole_value(pattern, value, matches):
    assert accepts(Matcher("a", "=~", pattern))(value) is matches
    assert accepts(Matcher("a", "!~", pattern))(value) is not matches


def test_a_pattern_that_keeps_python_busy_for_hours_is_answered():
    assert not accepts(Matcher("a", "=~", "(a*)*(a|aa)+b"))("a" * 5_000)


@pytest.mark.parametrize(
    ("name", "classic"), [("a_1", True), ("a:b", True), ("1a", False), ("é", False), ("a\n", False), ("", False)]
)
def test_names_that_need_quotes_are_told_from_those_that_do_not(name, classic):
    assert is_classic(name) is classic


def test_matchers_are_ordered_by_name_value_and_operator():
    written = [
        Matcher("b", "=", "a"),
        Matcher("a", "!~", "x"),
        Matcher("a", "=~", "x"),
        Matcher("a", "=", "y"),
        Matcher("a", "=", "x"),
    ]
    assert [f"{one.name}{one.op}{one.value}" for one in ordered(written)] == ["a=x", "a=~x", "a!~x", "a=y", "b=a"]
