"""Alerts that say what they look for instead of how: absence, anomaly and capacity. They become plain records and an alert."""

from __future__ import annotations

from typing import Literal

import msgspec

from alertkit import names
from alertkit.model.policy import Unit
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.sentence import Text


class Absence(msgspec.Struct, frozen=True, tag="absence"):
    """Series that stopped: all that `selector` selects, or with `by` any combination of these labels seen within the last day."""

    selector: str
    by: tuple[str, ...] = ()


class Anomaly(msgspec.Struct, frozen=True, tag="anomaly"):
    """A value unlike itself. `spike`: unlike its last hour; `level`: its last hour unlike yesterday's and last week's."""

    mode: Literal["spike", "level"]
    expr: str
    sensitivity: Literal["low", "medium", "high"] = "medium"
    direction: Literal["both", "up", "down"] = "both"


class Capacity(msgspec.Struct, frozen=True, tag="capacity"):
    """Something that runs out. `expr` is what is left, in any unit."""

    expr: str


class DetectionDefinition(msgspec.Struct, frozen=True):
    """A detection as its author meant it. `unit` is that of an anomaly's value. An empty `summary` is alertkit's own."""

    name: str
    service: str
    severity: str
    looks_for: Absence | Anomaly | Capacity
    source: Source
    hold: Duration | None = None
    labels: dict[str, str] = {}
    unit: Unit = "none"
    summary: Text = {}
    description: Text = {}
    runbook: str = ""
    pack: str = ""

    @property
    def id(self) -> str:
        """The rule's id, stable and unique in the tenant."""
        return names.pack_rule(self.service, self.pack, self.name) if self.pack else self.name
