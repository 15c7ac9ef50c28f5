"""Escalation policies: whom each step notifies."""

from __future__ import annotations

from alertkit.compiler.resolve.definition import Definition
from alertkit.compiler.resolve.schedules import active_hours
from alertkit.compiler.scope import Data
from alertkit.model.oncall import EscalationPolicy, Step, Target
from alertkit.model.quantity import Duration


def policies(definition: Definition) -> dict[str, EscalationPolicy]:
    """Policies by name."""
    return {entry["name"]: _policy(definition, entry) for entry in definition.data.get("escalation", [])}


def _policy(definition: Definition, entry: Data) -> EscalationPolicy:
    steps = (
        Step(_seconds(step.get("after", "0s")), tuple(_target(definition, target) for target in step["notify"]))
        for step in entry["steps"]
    )
    return EscalationPolicy(
        steps=tuple(steps),
        repeat=entry.get("repeat", 0),
        acknowledge_timeout=_seconds(entry.get("acknowledge_timeout", "0s")),
        active=active_hours(definition, entry["active"]) if "active" in entry else None,
    )


def _target(definition: Definition, target: dict[str, str]) -> Target:
    ((kind, name),) = target.items()
    if kind == "channel":
        found = definition.scope.channel_named(definition.data, name)
        return Target(channel=found[0] if found else "")
    return Target(person=name) if kind == "person" else Target(**{kind: definition.key(f"{kind}s", name)})


def _seconds(text: str) -> int:
    return Duration.parse(text).ms // 1_000
