"""Absence, anomaly and capacity as plain PromQL: at most three recorded series an input, no experimental function.

Every detection becomes records and one alert as an author could have written them. What each rule promises, and how that was
measured, is in docs/explanation/detection.md.
"""

from __future__ import annotations

from typing import Final

import msgspec

from alertkit import names
from alertkit.model.detection import Absence, Anomaly, Capacity, DetectionDefinition
from alertkit.model.policy import Unit
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.sentence import Text
from alertkit.model.tenant import AlertDefinition, RecordDefinition, Version
from alertkit.promql import quote

ABSENCE_HOLD: Final = Duration.of(minutes=15)
"""Three times Prometheus' lookback, so that a restart is no alert."""
DEBOUNCE: Final = Duration.of(minutes=15)
"""An anomaly that flickers stays one alert."""
SPIKE_FACTORS: Final = {"low": "10", "medium": "7", "high": "5"}
"""How many usual deviations of an hour a value must lie from the last hour's mean; measured by benchmarks/detections.py."""
LEVEL_FACTORS: Final = {"low": "6", "medium": "4", "high": "3"}
"""How many usual changes from day to day the last hour must lie from yesterday and from last week; measured likewise."""
FLOOR: Final = "0.01"
"""A deviation below one hundredth of the usual value is none, however steady the series was."""

_KEEP_FIRING_SINCE: Final[Version] = (2, 42)


class Lowered(msgspec.Struct, frozen=True):
    """What a detection becomes; the records belong into one group, in order."""

    records: tuple[RecordDefinition, ...]
    alert: AlertDefinition


def lower(definition: DetectionDefinition, own: Matcher, prometheus: Version) -> Lowered:
    """The rules of a detection. `own` is the tenant's matcher, `prometheus` the oldest version that must read them."""
    match definition.looks_for:
        case Absence() as absence:
            return Lowered((), _alert(definition, _absence(absence), "none", ABSENCE_HOLD))
        case Anomaly() as anomaly:
            exprs, expr = _ANOMALIES[anomaly.mode](anomaly, _Names(definition, own))
            alert = _alert(definition, expr, definition.unit, None)
            if prometheus >= _KEEP_FIRING_SINCE:
                alert = msgspec.structs.replace(alert, keep_firing_for=DEBOUNCE)
            return Lowered(_records(definition, exprs), alert)
        case Capacity() as capacity:
            exprs, expr = _capacity(capacity, _Names(definition, own))
            return Lowered(_records(definition, exprs), _alert(definition, expr, "duration", None))


class _Names:
    """The recorded series of one detection, as selectors."""

    def __init__(self, definition: DetectionDefinition, own: Matcher) -> None:
        self._matchers = f"{{{own.name}={quote(own.value)},{names.LABEL_DETECTION}={quote(definition.id)}}}"

    def __call__(self, name: str, span: str = "") -> str:
        return f"{name}{self._matchers}{span}"


def _records(definition: DetectionDefinition, exprs: dict[str, str]) -> tuple[RecordDefinition, ...]:
    labels, group = {names.LABEL_DETECTION: definition.id}, f"detection/{definition.id}"
    return tuple(RecordDefinition(name, expr, labels, definition.source, group) for name, expr in exprs.items())


def _alert(definition: DetectionDefinition, expr: str, unit: Unit, hold: Duration | None) -> AlertDefinition:
    return AlertDefinition(
        name=definition.name,
        service=definition.service,
        expr=expr,
        severity=definition.severity,
        summary=definition.summary or _sentences(definition),
        source=definition.source,
        hold=definition.hold if definition.hold is not None else hold,
        labels=definition.labels,
        unit=unit,
        description=definition.description,
        runbook=definition.runbook,
        pack=definition.pack,
    )


def _absence(absence: Absence) -> str:
    if not absence.by:
        return f"absent({absence.selector.strip()})"
    group = f"group by ({', '.join(absence.by)})"
    return f"{group} (present_over_time({absence.selector.strip()}[1d]))\nunless\n{group} ({absence.selector.strip()})"


def _spike(anomaly: Anomaly, series: _Names) -> tuple[dict[str, str], str]:
    """The value against the mean of its last hour, in units of the mean deviation within an hour over the last day."""
    value, spread = series(names.DETECTION_INPUT), series(names.DETECTION_SPREAD)
    records = {
        names.DETECTION_INPUT: anomaly.expr,
        names.DETECTION_SPREAD_1H: f"stddev_over_time({series(names.DETECTION_INPUT, '[1h]')})",
        names.DETECTION_SPREAD: f"avg_over_time({series(names.DETECTION_SPREAD_1H, '[1d]')})",
    }
    mean = f"avg_over_time({series(names.DETECTION_INPUT, '[1h]')} offset 1m)"
    away = _away(value, mean, anomaly.direction)
    parts = [
        value,
        f"{away} > {SPIKE_FACTORS[anomaly.sensitivity]} * ({spread} offset 1m)",
        f"{away} > {FLOOR} * abs({mean})",
        f"present_over_time({series(names.DETECTION_SPREAD, '[6h]')} offset 18h)",
    ]
    return records, "\nand\n".join(parts)


def _level(anomaly: Anomaly, series: _Names) -> tuple[dict[str, str], str]:
    """The last hour's mean against the same hour of yesterday and of last week, in units of its usual change in a day."""
    value, level, change = (series(name) for name in (names.DETECTION_INPUT, names.DETECTION_LEVEL, names.DETECTION_CHANGE))
    records = {
        names.DETECTION_INPUT: anomaly.expr,
        names.DETECTION_LEVEL: f"avg_over_time({series(names.DETECTION_INPUT, '[1h]')})",
        names.DETECTION_CHANGE: f"avg_over_time(abs({level} - {level} offset 1d)[1w:1h])",
    }
    parts = [value]
    for past in ("1d", "1w"):
        away = _away(level, f"({level} offset {past})", anomaly.direction)
        parts.append(f"{away} > {LEVEL_FACTORS[anomaly.sensitivity]} * ({change} offset 1h)")
        parts.append(f"{away} > {FLOOR} * abs({level} offset {past})")
    return records, "\nand\n".join(parts)


_ANOMALIES: Final = {"spike": _spike, "level": _level}


def _away(value: str, usual: str, direction: str) -> str:
    if direction == "up":
        return f"({value} - {usual})"
    return f"({usual} - {value})" if direction == "down" else f"abs({value} - {usual})"


def _capacity(capacity: Capacity, series: _Names) -> tuple[dict[str, str], str]:
    """The daily low falls so fast that it is empty in a day, or the last hour and the last three agree on four hours.

    The value is the seconds that are left.
    """
    left, lowest = series(names.DETECTION_INPUT), series(names.DETECTION_LOWEST)
    records = {
        names.DETECTION_INPUT: capacity.expr,
        names.DETECTION_LOWEST: f"min_over_time({series(names.DETECTION_INPUT, '[1d]')})",
    }
    hour, hours = series(names.DETECTION_INPUT, "[1h]"), series(names.DETECTION_INPUT, "[3h]")
    slow = (
        f"  172800 * {lowest} / clamp_min({lowest} offset 2d - {lowest}, 0.000000001)\n"
        f"  and {lowest} + 0.5 * ({lowest} - {lowest} offset 2d) <= 0\n"
    )
    fast = (
        f"  {left} / clamp_min(-deriv({hour}), 0.000000001)\n"
        f"  and predict_linear({hour}, 14400) <= 0\n"
        f"  and predict_linear({hours}, 14400) <= 0\n"
    )
    return records, f"(\n{slow})\nor\n(\n{fast})"


def _sentences(definition: DetectionDefinition) -> Text:
    looks_for = definition.looks_for
    kind = looks_for.mode if isinstance(looks_for, Anomaly) else "capacity" if isinstance(looks_for, Capacity) else "absence"
    groups = ", ".join(f"{{{label}}}" for label in looks_for.by) if isinstance(looks_for, Absence) else ""
    subject = f"{{alertname}} ({groups})" if groups else "{alertname}"
    return {language: text.replace("{subject}", subject) for language, text in _SENTENCES[kind].items()}


_SENTENCES: Final = {
    "absence": {
        "en": "{subject}: no data any more",
        "fr": "{subject} : plus aucune donnée",
        "de": "{subject}: keine Daten mehr",
        "es": "{subject}: ya no hay datos",
        "it": "{subject}: nessun dato",
    },
    "spike": {
        "en": "{subject}: {value} is unlike the last hour",
        "fr": "{subject} : {value}, sans rapport avec la dernière heure",
        "de": "{subject}: {value} passt nicht zur letzten Stunde",
        "es": "{subject}: {value} se aparta de la última hora",
        "it": "{subject}: {value} si discosta dall’ultima ora",
    },
    "level": {
        "en": "{subject}: {value}, and the last hour is unlike yesterday’s and last week’s",
        "fr": "{subject} : {value} ; la dernière heure s’écarte de celles d’hier et de la semaine dernière",
        "de": "{subject}: {value}; die letzte Stunde gleicht weder der gestrigen noch der vor einer Woche",
        "es": "{subject}: {value}; la última hora se aparta de las de ayer y de hace una semana",
        "it": "{subject}: {value}; l’ultima ora si discosta da quelle di ieri e di una settimana fa",
    },
    "capacity": {
        "en": "{subject}: used up in {value} at this rate",
        "fr": "{subject} : à ce rythme, épuisé dans {value}",
        "de": "{subject}: reicht bei diesem Tempo noch {value}",
        "es": "{subject}: a este ritmo se agota en {value}",
        "it": "{subject}: a questo ritmo si esaurisce in {value}",
    },
}
