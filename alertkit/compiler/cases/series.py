"""Series over time in promtool's notation, and the units that cases are packed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from alertkit.compiler.cases.feed import Demand, Series
from alertkit.compiler.cases.labels import takes
from alertkit.compiler.cases.lines import Line
from alertkit.model.cases import Alerts, Probe, Scene
from alertkit.model.quantity import Duration, plain
from alertkit.promql import Selector, quote

STEP = Duration.of(minutes=1)
FOREIGN = "-foreign"
"""Ends the name of the tenant whose series must not matter."""


_BEGINNING = {"alertkit_case_begins": "0"}
"""A series that nobody reads. promtool takes series in any order, but none that begins half a day before the first it took."""


class Unit(msgspec.Struct, frozen=True):
    """Cases that need their series and must not meet others: `selectors` are all that the rules under test read.

    Rules are evaluated every `evaluation`.
    """

    selectors: tuple[Selector, ...]
    series: dict[Series, str]
    probes: tuple[Probe, ...] = ()
    alerts: tuple[Alerts, ...] = ()
    evaluation: Duration = STEP

    @property
    def length(self) -> int:
        """When the last check is, in milliseconds."""
        return max([probe.at.ms for probe in self.probes] + [alerts.at.ms for alerts in self.alerts], default=0)


def series(name: str, labels: Mapping[str, str]) -> Series:
    """A series by its name and labels."""
    return name, tuple(sorted(labels.items()))


def foreign(one: Series, label: str, suffix: str = FOREIGN) -> Series:
    """The same series of another tenant, which must not matter."""
    return one[0], tuple((key, value + suffix if key == label else value) for key, value in one[1])


def notation(one: Series) -> str:
    """The series as promtool and PromQL write it."""
    name, labels = one
    return f"{name}{{{','.join(f'{key}={quote(value)}' for key, value in labels)}}}"


def notated(fed: Mapping[Series, str]) -> dict[str, str]:
    """Series and their values, all in promtool's notation."""
    return {notation(one): values for one, values in fed.items()}


def exactly(
    rule: str, title: str, record: str, labels: Mapping[str, str], value: float, at: Duration, *, equal: bool = True
) -> Probe:
    """Whether a recorded series, and any other of these labels, has a value but for the last digits, or (not `equal`) has not."""
    selector = ",".join(f"{name}={quote(text)}" for name, text in labels.items())
    return Probe(rule, title, f"avg(abs({record}{{{selector}}} - {value!r}) {'<' if equal else '>'} bool 0.000001)", at)


def constant(*runs: tuple[float | Decimal | None, int]) -> str:
    """Values and how many samples each lasts; None is no sample, and the series ends there at once."""
    return " ".join(_run(value, 0.0, count) for value, count in runs if count)


def over_time(demand: Demand, lengths: Sequence[int]) -> str:
    """A demand over phases of so many steps. A counter starts at 0 and goes on rising from phase to phase."""
    found, at, total = [], 0, 0.0
    step = STEP.seconds
    for line, length in zip(demand.signal, lengths, strict=True):
        if demand.counts:
            gain = (line or Line(0.0)).at * step
            found.append(_run(total + gain, gain, length))
            for _ in range(length):
                total += gain  # as promtool adds it up: a counter that is lower in its last digit would have been reset
        elif line is None:
            found.append(_run(None, 0.0, length))
        else:
            found.append(_run(line.at + line.slope * at * step, line.slope * step, length))
        at += length
    return " ".join(found)


def scenes(units: Iterable[Unit], kind: str, interval: Duration = STEP) -> tuple[Scene, ...]:
    """Units packed into as few scenes as go: promtool loads all rules once a scene. Long ones share scenes with long ones."""
    packs: list[_Pack] = []
    for unit in sorted(units, key=lambda unit: -unit.length):
        for pack in packs:
            if pack.takes(unit):
                pack.add(unit)
                break
        else:
            packs.append(_Pack())
            packs[-1].add(unit)
    return tuple(pack.scene(f"{kind} {number}", interval) for number, pack in enumerate(packs, 1))


class _Pack:
    """A scene that is being filled."""

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.series: dict[str, list[Series]] = {}
        self.selectors: dict[str, list[Selector]] = {}
        self.alertnames: set[str] = set()

    def takes(self, unit: Unit) -> bool:
        mine = any(takes(selector, *_of(one)) for one in unit.series for selector in self._selectors(one[0]))
        theirs = any(takes(selector, *_of(one)) for selector in unit.selectors for one in self._series(selector.metric))
        return not mine and not theirs and not self.alertnames & {alerts.alertname for alerts in unit.alerts}

    def add(self, unit: Unit) -> None:
        self.units.append(unit)
        self.alertnames |= {alerts.alertname for alerts in unit.alerts}
        for one in unit.series:
            self.series.setdefault(one[0], []).append(one)
        for selector in unit.selectors:
            self.selectors.setdefault(selector.metric, []).append(selector)

    def scene(self, name: str, interval: Duration) -> Scene:
        return Scene(
            name=name,
            interval=interval,
            series=(_BEGINNING if interval != STEP else {})
            | notated({one: values for unit in self.units for one, values in unit.series.items()}),
            probes=tuple(probe for unit in self.units for probe in unit.probes),
            alerts=tuple(alerts for unit in self.units for alerts in unit.alerts),
        )

    def _selectors(self, metric: str) -> list[Selector]:
        return [*self.selectors.get(metric, []), *self.selectors.get("", [])]

    def _series(self, metric: str) -> list[Series]:
        return self.series.get(metric, []) if metric else [one for found in self.series.values() for one in found]


def _of(one: Series) -> tuple[str, dict[str, str]]:
    return one[0], dict(one[1])


def _run(value: float | Decimal | None, gain: float, count: int) -> str:
    if value is None:
        return "stale" if count == 1 else f"stale _x{count - 1}"
    text = _number(value)
    if count == 1:
        return text
    sign = "-" if gain < 0 else "+"
    return f"{text}{sign}{_number(abs(gain))}x{count - 1}" if gain else f"{text}x{count - 1}"


def _number(value: float | Decimal) -> str:
    return plain(value if isinstance(value, Decimal) else Decimal(repr(value)))
