from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml_texts import seen_texts

from alertkit.compiler.reading.load import load_text
from alertkit.compiler.reading.places import inside
from alertkit.compiler.writing.emit import emit
from alertkit.model.document import Node, Place


def value(source: str) -> Node:
    document = load_text(source.encode(), "x.yaml")
    assert isinstance(document.value, dict)
    return document.value["a"]


def character_at(source: str, place: Place) -> str:
    return source.removeprefix("\ufeff").split("\n")[place.line - 1][place.column - 1]


@pytest.mark.parametrize(
    "source",
    [
        "a: up == ?0\n",
        "a: 'up{x=\"y\"} == ?0'\n",
        'a: "up == ?0"\n',
        "x: 1\na: |\n  up\n    == ?0\nb: 1\n",
        "a: |-  # why\n\n  up == ?0\n",
        "a: |4+\n      up\n    == ?0\n\n",
        "a: |\r\n  up\r\n    == ?0\r\n",
        "\ufeffa: up == ?0\n",
        "a: u ?0\n  + 1\n",
    ],
)
def test_a_character_of_a_text_is_found_in_the_file(source: str) -> None:
    node = value(source)
    assert isinstance(node.value, str)
    place = inside(node, node.value.index("?"), source)
    assert character_at(source, place) == "?"


@pytest.mark.parametrize("source", ["a: >\n  up\n  == ?0\n", 'a: "\\x41 == ?0"\n', "a: 'it''s ?'\n", "a: up\n  == ?0\n"])
def test_in_a_form_that_hides_the_character_its_place_is_that_of_the_value(source: str) -> None:
    node = value(source)
    assert isinstance(node.value, str)
    assert inside(node, node.value.index("?"), source) == node.place


def test_a_value_that_is_no_text_is_its_own_place() -> None:
    assert inside(value("a: 1\n"), 0, "a: 1\n") == Place("x.yaml", 1, 4)


def test_a_source_that_has_changed_meanwhile_gives_the_place_of_the_value() -> None:
    for source in ("a: |\n  up\n  down\n", "a: up or down\n"):
        node = value(source)
        for other in ("", "a: x\n", "a: |\n", "a: |\n  other\n"):
            assert inside(node, 4, other) == node.place


@given(seen_texts.filter(bool), st.data())
def test_a_found_place_holds_the_character(text: str, data: st.DataObject) -> None:
    source = emit({"a": text})
    node = value(source)
    offset = data.draw(st.integers(0, len(text) - 1))
    place = inside(node, offset, source)
    if place != node.place and text[offset] != "\n":
        assert character_at(source, place) in (text[offset], "\\")  # or the beginning of its escape
