"""Inhibit rules that mute something, and never everything: a circle of rules would mute all alerts in it."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from alertkit import names
from alertkit.compiler.checks import conditions
from alertkit.compiler.checks.conditions import Conditions
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.model.route import InhibitRule, Matcher
from alertkit.routing.matchers import accepts

Labels = dict[str, str]
Sides = tuple[int, int]
"""The rules of which an alert is a source, and those of which it is a target: bit n stands for rule n."""


class Rule(msgspec.Struct, frozen=True):
    """A rule at its place in the definition."""

    path: Path
    value: InhibitRule


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Conditions, rules without effect, and circles."""
    held, rules = Conditions.of(data, scope), []
    for index, written in enumerate(data.get("routing", {}).get("inhibit", [])):
        path: Path = ("routing", "inhibit", index)
        for side in ("source", "target"):
            yield from held.check(written[side], (*path, side))
        if scope.project.label in written.get("equal", []):
            message = f"label {scope.project.label!r} is always equal: alertkit adds it"
            yield Finding((*path, "equal"), "AK404", message, "remove it")
        source, target = conditions.read(written["source"]), conditions.read(written["target"])
        if source is None or target is None:
            continue
        if set(source) == set(target):
            message = "source and target match the same alerts, and none of those can mute another"
            yield Finding(path, "AK603", message, "tell them apart by a label such as severity")
        rules.append(Rule(path, InhibitRule(source, target, ())))
    yield from _circles(rules, _known_alerts(data))


def _known_alerts(data: Data) -> dict[str, Labels]:
    """The labels that a definition's alerts surely have, by name."""
    return {
        alert["name"]: {
            **alert.get("labels", {}),
            "alertname": alert["name"],
            names.LABEL_SEVERITY: alert["severity"],
            names.LABEL_SERVICE: alert["service"],
        }
        for alert in data.get("alerts", [])
    }


def _circles(rules: list[Rule], alerts: dict[str, Labels]) -> Iterator[Finding]:
    """Alertmanager mutes by alerts that are muted themselves, so in a circle nobody is told of anything."""
    sides: dict[Sides, str] = {}
    for name, labels in alerts.items():
        sides.setdefault(_sides(rules, labels), name)
    muted_by = {target: {source for source in sides if _muting(source, target)} for target in sides}
    while circle := _circle(muted_by):
        closing, number = max(((pair, _first(_muting(*pair))) for pair in pairwise(circle)), key=lambda found: found[1])
        start = circle.index(closing[1])
        ordered = [*circle[start:-1], *circle[:start], closing[1]]
        message = (
            f"these rules mute in a circle: {' → '.join(sides[one] for one in ordered)}; when all fire, nobody is told of any"
        )
        yield Finding(rules[number].path, "AK608", message, "let the cause mute its effects, and no effect its cause")
        muted_by = {target: sources - {closing[1]} for target, sources in muted_by.items() if target != closing[1]}


def _first(rules: int) -> int:
    """The first rule of several."""
    return (rules & -rules).bit_length() - 1


def _sides(rules: list[Rule], labels: Labels) -> Sides:
    """The rules of which an alert surely is a source, and those of which it surely is a target."""
    source = sum(1 << number for number, rule in enumerate(rules) if _surely(rule.value.source, labels))
    target = sum(1 << number for number, rule in enumerate(rules) if _surely(rule.value.target, labels))
    return source, target


def _surely(found: tuple[Matcher, ...], labels: Labels) -> bool:
    return all(matcher.name in labels and accepts(matcher)(labels[matcher.name]) for matcher in found)


def _muting(source: Sides, target: Sides) -> int:
    """The rules by which one alert mutes another, if labels of `equal` have the same values: one that meets both sides is not
    muted by another one that does."""
    both = source[0] & source[1] & target[0] & target[1]
    return source[0] & target[1] & ~both


def _circle(muted_by: dict[Sides, set[Sides]]) -> list[Sides]:
    """One circle, in which each mutes the next and the last is the first; empty when there is none."""
    try:
        graphlib.TopologicalSorter(muted_by).prepare()
    except graphlib.CycleError as error:
        found: list[Sides] = error.args[1]
        return found
    return []
