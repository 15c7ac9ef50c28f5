"""Which routes take an alert, and with which settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trees import label_sets, trees

from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, Route
from alertkit.routing import Tree, match
from alertkit.routing.matchers import accepts


def route(name: str, *written: tuple[str, str, str], **more: object) -> Route:
    return Route(tuple(Matcher(*one) for one in written), name, **more)


def receivers(root: Route, **labels: str) -> list[str]:
    return [path.receiver for path in match(root, labels)]


PAGES = route("pages", ("severity", "=", "critical"))
AUDIT = route("audit", ("severity", "=~", "critical|warning"), follow=True)
ACME = route("acme", ("tenant", "=", "acme"), routes=(AUDIT, PAGES, route("mail", ("severity", "!=", "info"))))
ROOT = route("platform", routes=(ACME, route("globex", ("tenant", "=", "globex")), route("none", ("tenant", "=", ""))))

DECISIONS = [
    ({"tenant": "acme", "severity": "critical"}, ["audit", "pages"]),
    ({"tenant": "acme", "severity": "warning"}, ["audit", "mail"]),
    ({"tenant": "acme", "severity": "ticket"}, ["mail"]),
    ({"tenant": "acme", "severity": "info"}, ["acme"]),
    ({"tenant": "acme"}, ["mail"]),
    ({"tenant": "globex", "severity": "critical"}, ["globex"]),
    ({"tenant": "initech", "severity": "critical"}, ["platform"]),
    ({"severity": "critical"}, ["none"]),
    ({"tenant": ""}, ["none"]),
    ({}, ["none"]),
]


@pytest.mark.parametrize(("labels", "expected"), DECISIONS)
def test_the_deepest_routes_that_match_take_the_alert(labels, expected):
    assert receivers(ROOT, **labels) == expected


def test_siblings_after_a_match_are_tried_only_when_it_continues():
    same = ("a", "=", "1")
    assert receivers(route("root", routes=(route("first", same), route("second", same))), a="1") == ["first"]
    assert receivers(route("root", routes=(route("first", same, follow=True), route("second", same))), a="1") == [
        "first",
        "second",
    ]


def test_a_route_that_continues_stops_nothing_even_when_a_route_below_does_not_continue():
    outer = route("outer", ("a", "=", "1"), follow=True, routes=(route("inner", ("b", "=", "1")),))
    assert receivers(route("root", routes=(outer, route("last"))), a="1", b="1") == ["inner", "last"]


def test_a_route_with_no_receiver_group_or_timing_has_its_parents():
    child = Route((Matcher("a", "=", "1"),))
    own = Route((Matcher("a", "=", "2"),), "own", ("x",), Duration.of(seconds=0), Duration.of(minutes=2), Duration.of(hours=1))
    parent = Route(
        (), "parent", ("tenant",), Duration.of(seconds=10), Duration.of(minutes=1), Duration.of(minutes=30), routes=(child, own)
    )
    (inherited,) = match(parent, {"a": "1"})
    assert (inherited.receiver, inherited.group_by) == ("parent", ("tenant",))
    assert (str(inherited.group_wait), str(inherited.group_interval), str(inherited.repeat_interval)) == ("10s", "1m", "30m")
    (set_here,) = match(parent, {"a": "2"})
    assert (set_here.receiver, set_here.group_by) == ("own", ("x",))
    assert (str(set_here.group_wait), str(set_here.group_interval), str(set_here.repeat_interval)) == ("0s", "2m", "1h")


def test_a_tree_that_says_nothing_has_alertmanagers_defaults():
    (path,) = match(Route(receiver="r"), {"a": "1"})
    assert path.group_by == ()
    assert (str(path.group_wait), str(path.group_interval), str(path.repeat_interval)) == ("30s", "5m", "4h")


def test_a_path_knows_its_way_and_its_key():
    (path,) = match(ROOT, {"tenant": "acme", "severity": "ticket"})
    assert path.position == (0, 2)
    assert path.routes == (ROOT, ACME, ACME.routes[2])
    assert path.route is path.routes[-1]
    assert path.key == '{}/{tenant="acme"}/{severity!="info"}'


def test_a_tree_whose_first_route_refuses_takes_nothing():
    assert match(ACME, {"tenant": "globex"}) == ()


def test_a_tree_without_a_default_receiver_is_refused():
    with pytest.raises(ValueError, match="needs a receiver"):
        Tree(Route(routes=(PAGES,)))


def test_a_pattern_that_is_none_is_refused_when_the_tree_is_made():
    with pytest.raises(ValueError, match="is not a pattern"):
        Tree(route("root", routes=(route("a", ("a", "=~", "(")),)))


def by_the_book(one: Route, labels: dict[str, str]) -> list[Route]:
    """The definition of a match, with no index."""
    if not all(accepts(matcher)(labels.get(matcher.name, "")) for matcher in one.matchers):
        return []
    found: list[Route] = []
    for child in one.routes:
        taken = by_the_book(child, labels)
        found += taken
        if taken and not child.follow:
            break
    return found or [one]


@given(trees(), st.lists(label_sets, min_size=1, max_size=8))
def test_the_index_changes_no_decision(root, asked):
    tree = Tree(root)
    for labels in asked:
        assert [path.route for path in tree.match(labels)] == by_the_book(root, labels)
