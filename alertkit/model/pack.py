"""A rule pack as it is once read: parameters with types, expressions with places for them, words, and cases that prove it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from alertkit.model.policy import Unit
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source

Kind = Literal["duration", "ratio", "rate", "bytes", "number", "integer", "text", "pattern", "metric", "label"]
"""What a parameter is: a span, a ratio (1 is 100 %), events per second, bytes, a number, a whole number; or of a selector
the exact value of a label (text), a regular expression for one (pattern), a metric's name, a label's name."""

View = Literal["technical", "security", "ai-ml", "business"]
"""The dashboard, beside the technical one, on which a pack's figures stand; those of `business` are on the executive one."""

Value = Duration | Decimal | str
"""A parameter's value: a span; a number in base units; or the text, pattern or name."""

SERVICE = "service"
"""The place that every pack has without declaring it: the name of the service that uses the pack."""
OWN_NAME = "${service}"
"""As a default: the name of the service."""


class Parameter(msgspec.Struct, frozen=True):
    """`default` is None where the service must say it. `relaxed` is the value in the project's relaxed environments."""

    name: str
    kind: Kind
    description: str
    reason: str = ""
    unit: str = ""
    default: Value | None = None
    example: Value | None = None
    relaxed: Value | None = None
    minimum: Value | None = None
    maximum: Value | None = None

    @property
    def sample(self) -> Value:
        """A value to show and to try the pack with: the default, or the example that a parameter without one has."""
        value = self.default if self.default is not None else self.example
        return value if value is not None else ""


class PackRecord(msgspec.Struct, frozen=True):
    """A recording rule with places. Its series get the label `service`. `title` is what dashboards call it, by language."""

    record: str
    expr: str
    title: dict[str, str] = {}


class PackAlert(msgspec.Struct, frozen=True):
    """An alerting rule with places. It reads the records of its own service only."""

    name: str
    expr: str
    severity: str
    summary: dict[str, str]
    description: dict[str, str]
    unit: Unit = "none"
    hold: Duration | None = None
    keep_firing_for: Duration | None = None


class PackCase(msgspec.Struct, frozen=True):
    """With these series, in promtool's notation, the alert fires at one time and is silent at another.

    `values` are the parameters that the case is written for, where they are not the defaults. `labels` are some that the
    firing alert has. `interval` is the distance of the samples.
    """

    alert: str
    title: str
    series: dict[str, str]
    source: Source
    values: dict[str, Value] = {}
    labels: dict[str, str] = {}
    fires_at: Duration | None = None
    silent_at: Duration | None = None
    interval: Duration = Duration(60_000)


class Pack(msgspec.Struct, frozen=True):
    """`origin` is where it was read from: `packs/<name>/pack.yaml` in the project, or `rules/<name>/pack.yaml` with alertkit.

    `metrics` says for each metric that the pack reads what it counts.
    """

    name: str
    title: str
    description: str
    version: str
    exporter: str
    origin: str
    parameters: dict[str, Parameter]
    metrics: dict[str, str]
    records: tuple[PackRecord, ...]
    alerts: tuple[PackAlert, ...]
    cases: tuple[PackCase, ...]
    view: View = "technical"

    def alert(self, name: str) -> PackAlert | None:
        """The alert of that name, if there is one."""
        return next((alert for alert in self.alerts if alert.name == name), None)

    @property
    def recorded(self) -> frozenset[str]:
        """Names that the pack records."""
        return frozenset(record.record for record in self.records)
