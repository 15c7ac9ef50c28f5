"""Which firing alerts mute another one.

The semantics are those of Alertmanager's inhibitor: source and target must have the same values of the `equal` labels, where a
label that both lack is the same; and an alert that meets both sides of a rule is not muted by another one that does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from alertkit.model.route import InhibitRule, Matcher
from alertkit.routing.matchers import accepts


class Inhibition(msgspec.Struct, frozen=True):
    """Rule number `rule` (counted from 0) mutes the target because of the firing alert `source`."""

    rule: int
    source: dict[str, str]


def inhibited_by(
    rules: Sequence[InhibitRule], target: Mapping[str, str], sources: Iterable[Mapping[str, str]]
) -> tuple[Inhibition, ...]:
    """Every reason why an alert is muted; none means that it is not. `sources` are the labels of all firing alerts.

    Raises:
        ValueError: a matcher holds a pattern that Alertmanager does not read.
    """
    firing = list(sources)
    return tuple(
        Inhibition(number, dict(source))
        for number, rule in enumerate(rules)
        if _meets(rule.target, target)
        for source in firing
        if _mutes(rule, source, target)
    )


def _mutes(rule: InhibitRule, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    return (
        _meets(rule.source, source)
        and all(source.get(name, "") == target.get(name, "") for name in rule.equal)
        and not (_meets(rule.source, target) and _meets(rule.target, source))
    )


def _meets(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(accepts(matcher)(labels.get(matcher.name, "")) for matcher in matchers)
