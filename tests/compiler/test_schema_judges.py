"""Two libraries read the schemas; the quick one must not let through what the thorough one refuses."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit import resources
from alertkit.compiler.reading import schema
from alertkit.compiler.reading.load import load_text
from alertkit.model.document import plain

TOP = Path(__file__).resolve().parents[2]
FILES = {
    "project": [TOP / "examples" / "streaming-platform" / "alertkit.yaml"],
    "tenant": sorted((TOP / "examples" / "streaming-platform" / "tenants").rglob("*.yaml")),
    "pack": sorted((TOP / "rules").glob("*/pack.yaml")),
}
WHOLE = [(kind, plain(load_text(file.read_bytes(), file.name))) for kind, files in FILES.items() for file in files]
DEFINITIONS = [(kind, data) for kind, data in WHOLE if schema.examine(kind, data) == []]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.sampled_from([0.0, 1.0, 2.0, 2.5, 1e300]),
    st.sampled_from(["", "a", "web\n", "5m", "5m\n", "99.9%", "#ops", "http://x/\u00a0", "2026-01-05", "Ünï", "x" * 2000]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.just([]),
    st.just({}),
    st.just(["a", "a"]),
    st.just([1, True, 1.0]),
    st.just({"name": "web"}),
)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(found for key, value in inner for found in paths(value, (*path, key)))]


def changed(data: Any, path: tuple[Any, ...], value: Any, how: str) -> Any:
    """A copy with the value at the path replaced, removed, or with another beside it."""
    top = [copy.deepcopy(data)]
    *above, last = (0, *path)
    home: Any = top
    for key in above:
        home = home[key]
    if how == "remove" and path:
        del home[last]
    elif how == "beside" and isinstance(home[last], list):
        home[last].append(value)
    elif how == "beside" and isinstance(home[last], dict):
        home[last]["name" if isinstance(value, str) else "extra"] = value
    else:
        home[last] = value
    return top[0]


def test_the_definitions_to_begin_with_are_of_every_kind() -> None:
    assert {kind for kind, _ in DEFINITIONS} == set(FILES)


@given(st.data())
def test_what_the_quick_judge_lets_through_has_nothing_wrong(data: st.DataObject) -> None:
    kind, definition = data.draw(st.sampled_from(DEFINITIONS))
    path = data.draw(st.sampled_from(paths(definition)))
    wrong = changed(definition, path, data.draw(VALUES), data.draw(st.sampled_from(["replace", "remove", "beside"])))
    if schema.is_valid(kind, wrong):
        assert schema.examine(kind, wrong) == []


@pytest.mark.parametrize("name", resources.SCHEMAS)
def test_both_libraries_read_every_schema(name: str) -> None:
    assert not schema.is_valid(name, {})
    assert schema.examine(name, {})
