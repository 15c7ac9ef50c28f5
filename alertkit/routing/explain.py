"""Why an alert goes where it goes: every route of the tree with what decided about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from alertkit.model.route import Matcher, Route
from alertkit.routing.tree import Node, Path, Position, Tree

Outcome = Literal["taken", "entered", "refused", "not reached"]


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one route.

    taken        it takes the alert
    entered      it matches, and routes below it take the alert
    refused      it does not match: `decided_by` is the first matcher that the labels do not meet
    not reached  the sibling at `stopped_at` took the alert before and does not continue

    `routes` are the verdicts below an entered route; what lies below a refused or unreached one shares its fate.
    """

    position: Position
    route: Route
    outcome: Outcome
    decided_by: Matcher | None = None
    stopped_at: Position | None = None
    routes: tuple[Verdict, ...] = ()

    def walk(self) -> Iterator[Verdict]:
        """This verdict and all below it, depth first."""
        yield self
        for verdict in self.routes:
            yield from verdict.walk()


class Decision(msgspec.Struct, frozen=True):
    """Where an alert with these labels goes (`paths`), and the verdict on the whole tree."""

    labels: dict[str, str]
    paths: tuple[Path, ...]
    verdict: Verdict


def explain(tree: Tree | Route, labels: Mapping[str, str]) -> Decision:
    """Decide as `Tree.match` does, and keep why.

    Raises:
        ValueError: the first route names no receiver, or a matcher holds a pattern that Alertmanager does not read.
    """
    tree = tree if isinstance(tree, Tree) else Tree(tree)
    return Decision(dict(labels), tree.match(labels), _verdict(tree.root, labels))


def _verdict(node: Node, labels: Mapping[str, str]) -> Verdict:
    position, route = node.path.position, node.path.route
    refused_by = node.refused_by(labels)
    if refused_by is not None:
        return Verdict(position, route, "refused", decided_by=refused_by)
    below = tuple(_below(node, labels))
    entered = any(verdict.outcome in {"taken", "entered"} for verdict in below)
    return Verdict(position, route, "entered" if entered else "taken", routes=below)


def _below(node: Node, labels: Mapping[str, str]) -> Iterator[Verdict]:
    stopped_at: Position | None = None
    for child in node.children:
        if stopped_at is not None:
            yield Verdict(child.path.position, child.path.route, "not reached", stopped_at=stopped_at)
            continue
        verdict = _verdict(child, labels)
        if verdict.outcome != "refused" and not child.follow:
            stopped_at = verdict.position
        yield verdict
