"""Prometheus rules as values: what a rule file holds, before it is text."""

from __future__ import annotations

import msgspec

from alertkit.model.quantity import Duration


class Source(msgspec.Struct, frozen=True, order=True):
    """The line of the definition that asked for a rule. `file` is relative to the project, `line` counts from 1."""

    file: str
    line: int


class RecordingRule(msgspec.Struct, frozen=True, gc=False):
    """`labels` end with the tenant label, which no definition can overrule."""

    record: str
    expr: str
    labels: dict[str, str]
    source: Source


class AlertingRule(msgspec.Struct, frozen=True, gc=False):
    """`id` is stable and unique in the tenant; it travels as an annotation and finds the rule's words in the receiver."""

    id: str
    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]
    source: Source
    hold: Duration | None = None
    """`for`: how long the expression must hold."""
    keep_firing_for: Duration | None = None


Rule = RecordingRule | AlertingRule


class RuleGroup(msgspec.Struct, frozen=True, gc=False):
    """Rules that are evaluated in order, every `interval` (None: Prometheus' own default)."""

    name: str
    rules: tuple[Rule, ...]
    interval: Duration | None = None
