from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.compiler.reading.load import load_text
from alertkit.compiler.reading.merge import merge_sections, overlay
from alertkit.model.document import Node, Place, locate, plain


def load(text: str, name: str = "acme.yaml") -> Node:
    return load_text(text.encode(), name)


def node(value: Any, file: str = "x.yaml") -> Node:
    """A node of plain data, without places."""
    if isinstance(value, dict):
        return Node({key: node(child, file) for key, child in value.items()}, file, 1, 1)
    if isinstance(value, list):
        return Node([node(child, file) for child in value], file, 1, 1)
    return Node(value, file, 1, 1)


def laid(base: Any, partial: Any) -> Any:
    return plain(overlay(node(base), node(partial)))


# A folder


def test_sections_of_several_files_are_one_definition_and_lists_are_joined_in_order_of_the_files() -> None:
    files = [
        load("tenant: acme\nslos:\n  - name: a\nrouting: {group_by: [x]}\n", "acme/a.yaml"),
        load("alerts:\n  - name: r\nslos:\n  - name: b\n", "acme/b.yaml"),
        load("slos: [{name: c}]\nrouting:\n  routes: []\nenvironments: {staging: {title: S}}\n", "acme/c.yaml"),
    ]
    merged, problems = merge_sections(files)
    assert problems == []
    assert plain(merged) == {
        "tenant": "acme",
        "slos": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "routing": {"group_by": ["x"], "routes": []},
        "alerts": [{"name": "r"}],
        "environments": {"staging": {"title": "S"}},
    }
    assert list(plain(merged)) == ["tenant", "slos", "routing", "alerts", "environments"]
    assert locate(merged, ("slos", 1, "name")) == Place("acme/b.yaml", 4, 11)
    assert locate(merged, ("routing", "routes"), key=True) == Place("acme/c.yaml", 3, 3)


def test_one_file_is_itself() -> None:
    only = load("tenant: acme\n")
    assert merge_sections([only]) == (only, [])


def test_a_value_may_be_repeated_so_that_every_file_can_say_its_version() -> None:
    merged, problems = merge_sections([load("version: alertkit/v1\n"), load("version: alertkit/v1\n")])
    assert (plain(merged), problems) == ({"version": "alertkit/v1"}, [])


def test_contradictions_are_all_named_with_both_places() -> None:
    files = [
        load("locale: fr\nalerts: []\nrouting: {simulate: true, routes: [1]}\n", "acme/a.yaml"),
        load("title: A\nlocale: de\nalerts: 1\n", "acme/b.yaml"),
        load("routing:\n  simulate: 1\n  routes: [2]\nlocale: {x: 1}\n", "acme/c.yaml"),
    ]
    merged, problems = merge_sections(files)
    assert plain(merged) == {"locale": "fr", "alerts": [], "title": "A", "routing": {"simulate": True, "routes": [1]}}
    assert list(map(str, problems)) == [
        "acme/b.yaml:2:1: AK118 'locale' is already in acme/a.yaml:1:1 (keep one of the two)",
        "acme/b.yaml:3:1: AK118 'alerts' is already in acme/a.yaml:2:1 (keep one of the two)",
        "acme/c.yaml:2:3: AK118 'routing.simulate' is already in acme/a.yaml:3:11 (keep one of the two)",
        "acme/c.yaml:3:3: AK118 'routing.routes' is already in acme/a.yaml:3:27 (keep one of the two)",
        "acme/c.yaml:4:1: AK118 'locale' is already in acme/a.yaml:1:1 (keep one of the two)",
    ]


# An environment

TENANT = """\
title: Acme
services:
  - name: checkout
    packs:
      - use: http
        with: {job: checkout, latency: 300ms}
      - use: node
people:
  - {id: amelie, name: Amélie}
  - {id: jonas, name: Jonas}
routing:
  group_by: [alertname]
  routes: [{match: {severity: critical}, escalate: standard}]
"""
STAGING = """\
services:
  - name: checkout
    packs: [{use: http, with: {latency: 1s}}]
  - name: canary
    owner: null
people: [{id: jonas, name: null, slack: U1}]
routing: {simulate: true, group_by: [service], routes: [{match: {}, escalate: none}]}
title: null
"""


def test_an_environment_changes_what_it_names_and_nothing_else() -> None:
    assert plain(overlay(load(TENANT), load(STAGING))) == {
        "services": [
            {"name": "checkout", "packs": [{"use": "http", "with": {"job": "checkout", "latency": "1s"}}, {"use": "node"}]},
            {"name": "canary"},
        ],
        "people": [{"id": "amelie", "name": "Amélie"}, {"id": "jonas", "slack": "U1"}],
        "routing": {"group_by": ["service"], "routes": [{"match": {}, "escalate": "none"}], "simulate": True},
    }


ROUTES: list[dict[str, Any]] = [
    {"name": "night", "match": {"severity": "critical"}, "escalate": "wake"},
    {"match": {"severity": "warning"}, "escalate": "day"},
    {"name": "rest", "match": {"severity": "info"}, "escalate": "day"},
]


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        ([{"name": "night", "remove": True}], ROUTES[1:]),
        ([{"name": "rest", "escalate": "later"}], [*ROUTES[:2], {**ROUTES[2], "escalate": "later"}]),
        ([{"name": "more", "match": {}}], [*ROUTES, {"name": "more", "match": {}}]),
        ([{"name": "night", "remove": True}, {"match": {}}], [{"match": {}}]),
        ([], []),
    ],
    ids=["one leaves", "one changes", "one comes", "one without a name replaces all", "none"],
)
def test_entries_that_may_have_names_merge_when_all_that_an_environment_lists_have_them(
    partial: list[Any], expected: list[Any]
) -> None:
    assert laid({"routes": ROUTES}, {"routes": partial}) == {"routes": expected}


def test_a_value_keeps_the_place_where_it_was_written() -> None:
    merged = overlay(load(TENANT, "acme.yaml"), load(STAGING, "staging.yaml"))
    with_ = ("services", 0, "packs", 0, "with")
    assert locate(merged, (*with_, "latency")) == Place("staging.yaml", 3, 41)
    assert locate(merged, (*with_, "latency"), key=True) == Place("staging.yaml", 3, 32)
    assert locate(merged, (*with_, "job")) == Place("acme.yaml", 6, 21)
    assert locate(merged, with_) == Place("acme.yaml", 6, 15)
    assert locate(merged, ("services", 1)) == Place("staging.yaml", 4, 5)
    assert locate(merged, ("routing", "group_by"), key=True) == Place("staging.yaml", 7, 27)


@pytest.mark.parametrize(
    ("base", "partial", "wanted"),
    [
        ({"a": [{"name": "x"}]}, {"a": []}, {"a": []}),
        ({"a": []}, {"a": [{"name": "x", "y": None}]}, {"a": [{"name": "x"}]}),
        ({"a": [1, 2]}, {"a": [3, None]}, {"a": [3, None]}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "x"}, 1]}, {"a": [{"name": "x"}, 1]}),
        ({"a": [{"name": "x"}, 1]}, {"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 1}]}),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "x", "remove": True}]}, {"a": [{"name": "y"}]}),
        ({"a": [{"name": "x"}, {"name": "x"}]}, {"a": [{"name": "x", "remove": True}]}, {"a": []}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "x", "remove": True}, {"name": "x", "b": 1}]}, {"a": []}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y", "remove": True}]}, {"a": [{"name": "x"}]}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "x", "remove": None}]}, {"a": [{"name": "x"}]}),
        ({}, {"a": [{"name": "x", "remove": True}]}, {"a": []}),
        (
            {"a": [{"name": "x", "b": [{"use": "p"}]}]},
            {"a": [{"name": "x", "b": [{"use": "p", "remove": True}]}]},
            {"a": [{"name": "x", "b": []}]},
        ),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1, "c": None}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": [{"id": "x", "name": "n"}]}, {"a": [{"id": "x", "name": "m"}]}, {"a": [{"id": "x", "name": "m"}]}),
        ({"a": [{"use": "p"}]}, {"a": [{"use": "p", "name": "q"}]}, {"a": [{"use": "p"}, {"use": "p", "name": "q"}]}),
        ({"a": [{"name": "x"}, {"name": "x"}]}, {"a": [{"name": "x", "b": 1}]}, {"a": [{"name": "x", "b": 1}, {"name": "x"}]}),
        ({"a": [{"name": 1}]}, {"a": [{"name": 1, "b": 2}]}, {"a": [{"name": 1, "b": 2}]}),
    ],
)
def test_lists_merge_by_name_only_when_every_entry_has_one_and_all_else_replaces(base: Any, partial: Any, wanted: Any) -> None:
    assert laid(base, partial) == wanted


names = st.sampled_from(["a", "b", "c", "name", "use", "id"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["x", "y", "z"]))
trees = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)), max_leaves=12
)
named = st.lists(
    st.builds(
        lambda name, rest: {"name": name, **rest},
        st.sampled_from("pqrs"),
        st.dictionaries(st.sampled_from("abc"), trees, max_size=2),
    ),
    max_size=4,
    unique_by=lambda entry: entry["name"],
)
documents = st.dictionaries(names, st.one_of(trees, named), max_size=4)


@given(documents)
def test_nothing_laid_over_a_document_leaves_it_as_it_is(base: dict[str, Any]) -> None:
    assert laid(base, {}) == base


@given(documents, documents)
def test_laying_the_same_over_it_again_changes_nothing(base: dict[str, Any], partial: dict[str, Any]) -> None:
    once = laid(base, partial)
    assert laid(once, partial) == once


@given(documents, documents)
def test_keys_that_are_not_mentioned_stay_and_the_order_is_kept(base: dict[str, Any], partial: dict[str, Any]) -> None:
    merged = laid(base, partial)
    assert all(merged[key] == base[key] for key in base if key not in partial)
    removed = {key for key, value in partial.items() if value is None}
    assert list(merged) == [key for key in base if key not in removed] + [
        key for key in partial if key not in base and key not in removed
    ]


@given(named, named)
def test_entries_that_are_not_named_stay_in_order_and_new_ones_follow(base: list[Any], partial: list[Any]) -> None:
    if not partial:
        return
    merged = laid({"list": base}, {"list": partial})["list"]
    old, new = [entry["name"] for entry in base], [entry["name"] for entry in partial]
    assert [entry["name"] for entry in merged] == old + [name for name in new if name not in old]
    assert all(merged[at] == entry for at, entry in enumerate(base) if entry["name"] not in new)


@given(documents, documents)
def test_what_goes_in_is_not_changed(base: dict[str, Any], partial: dict[str, Any]) -> None:
    first, second = node(base), node(partial)
    overlay(first, second)
    assert (plain(first), plain(second)) == (base, partial)
