from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model import sentence
from alertkit.model.sentence import Field

names = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
parts = st.lists(st.one_of(st.text(min_size=1, max_size=8), names.map(Field)), max_size=6)


def written(found: list[str | Field]) -> str:
    return "".join(f"{{{one.name}}}" if isinstance(one, Field) else one.replace("{", "{{").replace("}", "}}") for one in found)


def joined(found: list[str | Field]) -> list[str | Field]:
    """Texts beside each other are one."""
    result: list[str | Field] = []
    for one in found:
        if isinstance(one, str) and result and isinstance(result[-1], str):
            result[-1] += one
        else:
            result.append(one)
    return result


@given(parts)
def test_a_sentence_is_read_as_the_parts_it_was_written_from(found: list[str | Field]) -> None:
    assert list(sentence.parse(written(found))) == joined(found)


@given(st.text(max_size=40))
def test_any_text_is_a_sentence_or_is_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        sentence.parse(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("{value}", (Field("value"),)),
        ("{a}{b}", (Field("a"), Field("b"))),
        ("It is {value} old", ("It is ", Field("value"), " old")),
        ("{{value}}", ("{value}",)),
        ("{{{value}}}", ("{", Field("value"), "}")),
        ("100 %\n{x_1}", ("100 %\n", Field("x_1"))),
    ],
)
def test_braces_make_fields_and_double_braces_stand_for_themselves(text: str, read: tuple[str | Field, ...]) -> None:
    assert sentence.parse(text) == read


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "'{' at character 1"),
        ("a }", "'}' at character 3"),
        ("{ value }", "'{' at character 1"),
        ("{1}", "'{' at character 1"),
        ("{a-b}", "'{' at character 1"),
        ("{é}", "'{' at character 1"),
        ("{}", "'{' at character 1"),
        ("{{a}", "'}' at character 4"),
        ("{value!r}", "'{' at character 1"),
        ("{value:.2f}", "'{' at character 1"),
        ("{a.b}", "'{' at character 1"),
        ("{" + "a" * 64 + "}", "'{' at character 1"),
    ],
)
def test_a_lone_brace_and_whatever_is_no_name_is_refused_at_its_character(text: str, place: str) -> None:
    with pytest.raises(ValueError, match="a lone") as error:
        sentence.parse(text)
    assert place in str(error.value)


def test_fields_are_known_by_name() -> None:
    assert sentence.fields("{value} of {job} and {job}, not {{this}}") == {"value", "job"}
