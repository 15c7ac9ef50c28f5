"""promtool's unit tests as values: scenes of series over time, and what must hold at which moment."""

from __future__ import annotations

from typing import Final

import msgspec

from alertkit.model.quantity import Duration

MARK: Final = "# case: "
"""Precedes a probe's name in its expression: promtool repeats the expression, not the scene, when one fails."""


class Probe(msgspec.Struct, frozen=True):
    """An expression without labels that must be `value` at a time. `rule` is the id of the alert or the name of the record."""

    rule: str
    title: str
    expr: str
    at: Duration
    value: int = 1

    @property
    def name(self) -> str:
        """What the probe is called in reports."""
        return f"{self.rule}: {self.title}"

    @property
    def text(self) -> str:
        """The expression as promtool gets it, with its name in a comment."""
        return f"{self.expr} {MARK}{self.name}"


class Firing(msgspec.Struct, frozen=True):
    """One alert in full, as promtool compares it: every label but alertname, every annotation expanded."""

    labels: dict[str, str]
    annotations: dict[str, str]


class Alerts(msgspec.Struct, frozen=True):
    """All alerts of one name that fire at a time, and no others. `rules` are the ids that this covers."""

    alertname: str
    at: Duration
    firing: tuple[Firing, ...]
    rules: tuple[str, ...]


class Scene(msgspec.Struct, frozen=True):
    """Series in promtool's notation, one sample every `interval`, and what must hold."""

    name: str
    interval: Duration
    series: dict[str, str]
    probes: tuple[Probe, ...] = ()
    alerts: tuple[Alerts, ...] = ()


class CaseFile(msgspec.Struct, frozen=True):
    """One file for promtool: rules are evaluated every `evaluation`. `rule_files` are relative to the file itself.

    `order` are groups that must be evaluated in this order; promtool takes the others in any.
    """

    kind: str
    rule_files: tuple[str, ...]
    evaluation: Duration
    scenes: tuple[Scene, ...]
    order: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all that is checked, in order: probes by theirs, exact alerts by scene and alert."""
        found = []
        for scene in self.scenes:
            found += [probe.name for probe in scene.probes]
            found += [exact_name(scene.name, alerts.alertname) for alerts in scene.alerts]
        return tuple(found)


class Cases(msgspec.Struct, frozen=True):
    """All cases of a tenant. `covered` are ids of rules that a case can break; `uncovered` says why the others have none."""

    files: tuple[CaseFile, ...]
    covered: frozenset[str]
    uncovered: dict[str, str]


def exact_name(scene: str, alertname: str) -> str:
    """The name of a comparison of alerts in full."""
    return f"{scene}: {alertname} with all labels and annotations"
