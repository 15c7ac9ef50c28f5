"""Inhibit rules that mute something, and never everything: a circle of rules would mute all alerts in it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alertkit import names
from alertkit.compiler.checks import conditions
from alertkit.compiler.checks.conditions import Conditions
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.model.route import InhibitRule
from alertkit.routing import inhibited_by

Labels = dict[str, str]


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
    mutes = {
        name: {other: rule for other, target in alerts.items() if other != name and (rule := _muting(rules, source, target))}
        for name, source in alerts.items()
    }
    reported: set[Path] = set()
    for name in alerts:
        circle = _way_back(name, mutes)
        rule = mutes[circle[-1]][name] if circle else None
        if rule is not None and not reported & {mutes[a][b].path for a, b in _pairs(circle)}:
            reported |= {mutes[a][b].path for a, b in _pairs(circle)}
            message = f"these rules mute in a circle: {' → '.join((*circle, name))}; when all fire, nobody is told of any"
            yield Finding(rule.path, "AK608", message, "let the cause mute its effects, and no effect its cause")


def _muting(rules: list[Rule], source: Labels, target: Labels) -> Rule | None:
    """The rule by which one alert surely mutes the other, if labels of `equal` have the same values."""
    known = {label for labels in (source, target) for label in labels}
    for rule in rules:
        decided = all(matcher.name in known for matcher in (*rule.value.source, *rule.value.target))
        if decided and inhibited_by([rule.value], target, [source]):
            return rule
    return None


def _way_back(start: str, mutes: dict[str, dict[str, Rule]]) -> tuple[str, ...]:
    """The shortest circle through an alert; empty when there is none."""
    ways, seen = [(start,)], {start}
    for way in ways:
        for following in mutes[way[-1]]:
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def _pairs(circle: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return zip(circle, (*circle[1:], circle[0]), strict=True)
