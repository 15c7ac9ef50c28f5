"""Alertmanager's routing tree: which routes take a label set, and with which settings.

The semantics are those of Alertmanager's `dispatch.Route`: depth first, children before their parent, siblings in order up to
the first one that matches without `continue`; a route without an own receiver, group_by or timing has its parent's. Time
intervals are not inherited. A missing label counts as empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, Route
from alertkit.routing import matchers

GROUP_BY_ALL: Final = "..."
Position = tuple[int, ...]


class Path(msgspec.Struct, frozen=True):
    """The way to a route, and the settings that hold there.

    `position` counts children from the root, so () is the root. `key` is Alertmanager's name of the route, not always unique.
    """

    position: Position
    routes: tuple[Route, ...]
    key: str
    receiver: str
    group_by: tuple[str, ...]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration

    @property
    def route(self) -> Route:
        """The route at the end of the way."""
        return self.routes[-1]


class Node:
    """A route made ready: compiled matchers, inherited settings, and its children behind an index."""

    __slots__ = ("_by_value", "_checks", "_label", "_others", "children", "follow", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.follow = path.route.follow
        self._checks = [(matcher, matchers.accepts(matcher)) for matcher in matchers.ordered(path.route.matchers)]
        self.children = tuple(Node(_child(path, index, route)) for index, route in enumerate(path.route.routes))
        self._label = _label_to_index(self.children)
        self._by_value, self._others = _index(self.children, self._label)

    def refused_by(self, labels: Mapping[str, str]) -> Matcher | None:
        """The first matcher that the labels do not meet; None when the route matches."""
        for matcher, accepts in self._checks:
            if not accepts(labels.get(matcher.name, "")):
                return matcher
        return None

    def collect(self, labels: Mapping[str, str], found: list[Path]) -> bool:
        """Append what this route or those below it take; False when it does not match."""
        if self.refused_by(labels) is not None:
            return False
        before = len(found)
        for child in self._by_value.get(labels.get(self._label, ""), self._others):
            if child.collect(labels, found) and not child.follow:
                break
        if len(found) == before:
            found.append(self.path)
        return True


class Tree:
    """A routing tree that answers many questions: made once, it finds the few routes that may match behind an index.

    Raises:
        ValueError: the first route names no receiver, or a matcher holds a pattern that Alertmanager does not read.
    """

    def __init__(self, route: Route) -> None:
        self.root = Node(_root(route))

    def match(self, labels: Mapping[str, str]) -> tuple[Path, ...]:
        """The routes that take an alert with these labels, in the order in which Alertmanager notifies them."""
        found: list[Path] = []
        self.root.collect(labels, found)
        return tuple(found)


def match(route: Route, labels: Mapping[str, str]) -> tuple[Path, ...]:
    """The routes that take an alert with these labels. For many questions make a `Tree` once.

    Raises:
        ValueError: the first route names no receiver, or a matcher holds a pattern that Alertmanager does not read.
    """
    return Tree(route).match(labels)


def _root(route: Route) -> Path:
    if route.receiver is None:
        raise ValueError("the first route of a tree needs a receiver: Alertmanager refuses a default route without one")
    return Path(
        position=(),
        routes=(route,),
        key=_key(route),
        receiver=route.receiver,
        group_by=route.group_by,
        group_wait=_own(route.group_wait, Duration.of(seconds=30)),
        group_interval=_own(route.group_interval, Duration.of(minutes=5)),
        repeat_interval=_own(route.repeat_interval, Duration.of(hours=4)),
    )


def _child(parent: Path, index: int, route: Route) -> Path:
    return Path(
        position=(*parent.position, index),
        routes=(*parent.routes, route),
        key=f"{parent.key}/{_key(route)}",
        receiver=parent.receiver if route.receiver is None else route.receiver,
        group_by=route.group_by or parent.group_by,
        group_wait=_own(route.group_wait, parent.group_wait),
        group_interval=_own(route.group_interval, parent.group_interval),
        repeat_interval=_own(route.repeat_interval, parent.repeat_interval),
    )


def _own(value: Duration | None, inherited: Duration) -> Duration:
    return inherited if value is None else value


def _key(route: Route) -> str:
    return "{" + ",".join(map(matchers.text, matchers.ordered(route.matchers))) + "}"


def _equalities(node: Node) -> dict[str, str]:
    """The labels that must have one certain value."""
    return {matcher.name: matcher.value for matcher in node.path.route.matchers if matcher.op == "="}


def _label_to_index(children: Sequence[Node]) -> str:
    """The label that most children pin to a value; "" when none does."""
    counts = Counter(name for child in children for name in _equalities(child))
    return counts.most_common(1)[0][0] if counts else ""


def _index(children: Sequence[Node], label: str) -> tuple[dict[str, tuple[Node, ...]], tuple[Node, ...]]:
    """For each value that a child pins: the children that may match it, in order. Beside it those that pin none."""
    pinned = [_equalities(child).get(label) for child in children]
    values = dict.fromkeys(value for value in pinned if value is not None)
    by_value: dict[str, list[Node]] = {value: [] for value in values}
    for child, value in zip(children, pinned, strict=True):
        for candidates in by_value.values() if value is None else (by_value[value],):
            candidates.append(child)
    others = tuple(child for child, value in zip(children, pinned, strict=True) if value is None)
    return {value: tuple(candidates) for value, candidates in by_value.items()}, others
