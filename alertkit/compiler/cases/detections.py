"""Cases of anomaly and capacity alerts: their recorded history, fed as it was, and one moment that is just normal or just not.

Evaluated once, like the windows of SLOs, because a history of days at one minute would take promtool minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from alertkit import names
from alertkit.compiler.cases.alerts import NEAR, firing, in_full
from alertkit.compiler.cases.feed import Series
from alertkit.compiler.cases.labels import NoExampleError, labels_for
from alertkit.compiler.cases.lines import UnderivableError
from alertkit.compiler.cases.moments import APART
from alertkit.compiler.cases.series import FOREIGN, STEP, Unit, constant, exactly, foreign, series
from alertkit.compiler.cases.trees import selectors_in
from alertkit.compiler.rules.detections import LEVEL_FACTORS, SPIKE_FACTORS
from alertkit.model.cases import Alerts, Probe
from alertkit.model.detection import Absence, Anomaly, Capacity, DetectionDefinition
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule
from alertkit.model.slo import BASE, DAY
from alertkit.promql import parse

_USUAL: Final = 100.0
_SPREAD: Final = 2.0
_HOUR: Final = 12
"""Samples of 5 minutes in an hour."""
_WEEK_AGO: Final = 7 * 24 * _HOUR
_FIRST_FIRING: Final = 1
"""The second moment of each kind is the first that fires."""
LEAST: Final = Duration.of(days=9)
"""How much history the cases need."""

History = Mapping[str, list[tuple[float | None, int]]]
"""Recorded series, oldest runs first, as values and how many 5-minute samples each lasts; they end at the moment asked about."""


def detection_units(definition: DetectionDefinition, rule: AlertingRule, own: Matcher, at: Duration) -> Iterator[Unit]:
    """One unit for each moment, evaluated at `at`, which is at least LEAST and two minutes off the samples."""
    looks_for = definition.looks_for
    moments = _anomaly(looks_for) if isinstance(looks_for, Anomaly) else _capacity() if isinstance(looks_for, Capacity) else []
    for number, (title, fires, history) in enumerate(moments):
        labels = {names.LABEL_DETECTION: definition.id, own.name: own.value}
        fed = {series(name, labels): _ending(runs, at) for name, runs in history.items()}
        fed |= _foreign(looks_for, {**labels, own.name: own.value + FOREIGN}, at)
        checks = _recorded(definition, labels, at) if number == _FIRST_FIRING else ()
        probes = (_due(rule, title, at, fires=fires), *checks)
        exact = number == _FIRST_FIRING and isinstance(looks_for, Capacity) and not _holds(rule)
        alerts = (Alerts(rule.alert, at, (in_full(rule, _time_left(history), labels),), (rule.id,)),) if exact else ()
        yield Unit(tuple(selectors_in(parse(rule.expr))), fed, probes, alerts)


def moment_units(definition: DetectionDefinition, rule: AlertingRule, own: Matcher) -> Iterator[Unit]:
    """Cases at a moment that is one of the samples: the mean of the hour before leaves out the value itself, and so do others."""
    anomaly = definition.looks_for
    if not isinstance(anomaly, Anomaly) or anomaly.mode != "spike":
        return
    labels = {names.LABEL_DETECTION: definition.id, own.name: own.value}
    limit = float(SPIKE_FACTORS[anomaly.sensitivity]) * _SPREAD
    for title, away, spread in (
        ("fires above its factor of the hour before", limit * (1 + NEAR), _SPREAD),
        ("fires beyond a hundredth of the hour before", 0.01 * (1 + NEAR) * _USUAL, 0.0001),
    ):
        history: History = {**_spiked(anomaly, away), names.DETECTION_SPREAD: [(spread, 30 * _HOUR), (1_000.0, 1)]}
        fed = {series(name, labels): _ending(runs, APART) for name, runs in history.items()}
        yield Unit(tuple(selectors_in(parse(rule.expr))), fed, (_due(rule, title, APART, fires=True),), evaluation=APART)


def _due(rule: AlertingRule, title: str, at: Duration, *, fires: bool) -> Probe:
    """Whether the alert fires when it is evaluated only once; one with a `for` can no more than wait."""
    return firing(rule, title, at.ms / STEP.ms, fires=fires, state="pending" if _holds(rule) else "firing")


def _holds(rule: AlertingRule) -> bool:
    return rule.hold is not None and rule.hold.ms > 0


def _time_left(history: History) -> float:
    """The seconds that are left, by the same arithmetic on doubles as Prometheus'."""
    (before, _), _, (now, _) = history[names.DETECTION_LOWEST]
    assert before is not None and now is not None  # noqa: S101, PT018 - the gap is the second run
    return 2 * DAY.seconds * now / (before - now)


Moment = tuple[str, bool, History]


def absence_unit(rule: AlertingRule, absence: Absence, own: Matcher) -> Unit:
    """Series that stop, for an absence told apart by labels; evaluated every minute.

    Raises:
        UnderivableError: the selector has no name, or no labels were found that it takes.
    """
    selector = next(one for one in selectors_in(parse(rule.expr)))
    if not selector.metric:
        raise UnderivableError("the selector has no name")
    try:
        labels = labels_for(selector, dict.fromkeys(absence.by, "case"))
    except NoExampleError as error:
        raise UnderivableError(str(error)) from None
    hold = (rule.hold or Duration(0)).ms // STEP.ms
    one = series(selector.metric, labels)
    fed = {one: constant((1, 10), (None, hold + 5), (1, 5))}
    if own in selector.matchers:
        fed[foreign(one, own.name)] = constant((1, hold + 20))
    probes = [firing(rule, "silent while there is data", 9, fires=False)]
    if hold > 1:
        probes.append(firing(rule, "silent before its time", 10 + hold - 1, fires=False))
    probes.append(firing(rule, "fires when a series stops", 10 + hold + 1, fires=True))
    probes.append(firing(rule, "resolved when it comes back", 10 + hold + 6, fires=False))
    return Unit((selector,), fed, tuple(probes))


def _anomaly(anomaly: Anomaly) -> list[Moment]:
    return _spike(anomaly) if anomaly.mode == "spike" else _level(anomaly)


def _spike(anomaly: Anomaly) -> list[Moment]:
    # The mean of the hour before takes in the value itself, as one of its twelve samples.
    limit = float(SPIKE_FACTORS[anomaly.sensitivity]) * _SPREAD * _HOUR / (_HOUR - 1)
    return [
        ("silent just below its factor", False, _spiked(anomaly, limit * (1 - NEAR))),
        ("fires just above its factor", True, _spiked(anomaly, limit * (1 + NEAR))),
        ("silent without a day of history", False, {**_spiked(anomaly, limit * 2), names.DETECTION_SPREAD: [(_SPREAD, _HOUR)]}),
        ("silent within a hundredth of the usual", False, _steady(anomaly, 0.01 * (1 - NEAR))),
        ("fires beyond a hundredth of the usual", True, _steady(anomaly, 0.01 * (1 + NEAR))),
        *_other_way(anomaly, _spiked(anomaly, -limit * 2)),
    ]


def _steady(anomaly: Anomaly, part: float) -> History:
    """So far from a mean that takes in the value itself that it is this part of the mean, where hardly anything ever changed."""
    away = part * _USUAL / ((_HOUR - 1) / _HOUR - _sign(anomaly) * part / _HOUR)
    return {**_spiked(anomaly, away), names.DETECTION_SPREAD: [(0.0001, 30 * _HOUR)]}


def _spiked(anomaly: Anomaly, away: float) -> History:
    return {
        names.DETECTION_INPUT: [(_USUAL, 2 * _HOUR), (_USUAL + _sign(anomaly) * away, 1)],
        names.DETECTION_SPREAD: [(_SPREAD, 30 * _HOUR)],
    }


def _level(anomaly: Anomaly) -> list[Moment]:
    limit = float(LEVEL_FACTORS[anomaly.sensitivity]) * _SPREAD
    return [
        ("silent just below its factor", False, _shifted(anomaly, limit * (1 - NEAR))),
        ("fires just above its factor", True, _shifted(anomaly, limit * (1 + NEAR))),
        ("silent when yesterday was the same", False, _shifted(anomaly, limit * 2, yesterday=limit * 2)),
        ("silent when last week was the same", False, _shifted(anomaly, limit * 2, last_week=limit * 2)),
        ("silent within a hundredth of yesterday", False, _calm(anomaly, _USUAL * 0.01 * (1 - NEAR), last_week=-limit)),
        ("silent within a hundredth of last week", False, _calm(anomaly, _USUAL * 0.01 * (1 - NEAR), yesterday=-limit)),
        ("fires beyond a hundredth of the usual", True, _calm(anomaly, _USUAL * 0.01 * (1 + NEAR))),
        *_other_way(anomaly, _shifted(anomaly, -limit * 2)),
    ]


def _shifted(anomaly: Anomaly, away: float, yesterday: float = 0.0, last_week: float = 0.0) -> History:
    now, day, week = (_USUAL + _sign(anomaly) * shift for shift in (away, yesterday, last_week))
    return {
        names.DETECTION_INPUT: [(now, 2 * _HOUR)],
        names.DETECTION_LEVEL: [
            (week, 2 * _HOUR),
            (None, _WEEK_AGO - 25 * _HOUR),
            (day, 2 * _HOUR),
            (None, 22 * _HOUR),
            (now, _HOUR),
        ],
        names.DETECTION_CHANGE: [(_SPREAD, 2 * _HOUR)],
    }


def _calm(anomaly: Anomaly, away: float, yesterday: float = 0.0, last_week: float = 0.0) -> History:
    """As `_shifted`, where no day was ever unlike another."""
    return {**_shifted(anomaly, away, yesterday, last_week), names.DETECTION_CHANGE: [(0.0001, 2 * _HOUR)]}


def _sign(anomaly: Anomaly) -> float:
    return -1.0 if anomaly.direction == "down" else 1.0


def _other_way(anomaly: Anomaly, history: History) -> list[Moment]:
    if anomaly.direction == "both":
        return [("fires the other way as well", True, history)]
    return [("silent the other way", False, history)]


def _capacity() -> list[Moment]:
    """What is left is 100: the daily low fell from three times that in two days, or 4 hours are left at the present pace."""
    slope = _USUAL / (4 * 3_600) * 300
    return [
        ("silent while the daily low lasts a day", False, _lows(3 * _USUAL * (1 - NEAR))),
        ("fires when the daily low does not last a day", True, _lows(3 * _USUAL * (1 + NEAR))),
        ("silent while the last hours leave more than four", False, _falling(slope * (1 - NEAR), 40)),
        ("fires when the last hours leave less than four", True, _falling(slope * (1 + NEAR), 40)),
        ("silent when only the last hour falls", False, _falling(slope * (1 + NEAR), _HOUR + 1)),
    ]


def _lows(before: float) -> History:
    return {
        names.DETECTION_INPUT: [(_USUAL / 2, _HOUR), (_USUAL, 24 * _HOUR)],
        names.DETECTION_LOWEST: [(before, 2 * _HOUR), (None, 46 * _HOUR), (_USUAL, _HOUR)],
    }


def _falling(step: float, samples: int) -> History:
    """Falls by so much a sample; at the moment asked about, two minutes after the last sample, 100 is left."""
    last = _USUAL + step * 2 / 5
    flat = [(last + step * (samples - 1), 4 * _HOUR)]
    falls: list[tuple[float | None, int]] = [(last + step * (samples - 1 - number), 1) for number in range(samples)]
    return {
        names.DETECTION_INPUT: [*flat, *falls],
        names.DETECTION_LOWEST: [(_USUAL, 2 * _HOUR), (None, 46 * _HOUR), (_USUAL, _HOUR)],
    }


def _recorded(definition: DetectionDefinition, labels: Mapping[str, str], at: Duration) -> Iterator[Probe]:
    """What the detection's own records make of the history, one sample each."""
    looks_for = definition.looks_for
    if not isinstance(looks_for, Anomaly):
        yield exactly(names.DETECTION_LOWEST, f"{definition.id}, lowest of a day", names.DETECTION_LOWEST, labels, _USUAL, at)
        return
    history = _anomaly(looks_for)[_FIRST_FIRING][2]
    now = history[names.DETECTION_INPUT][-1][0] or 0.0
    if looks_for.mode == "spike":
        deviation = abs(now - _USUAL) * math.sqrt(_HOUR - 1) / _HOUR
        values = {names.DETECTION_SPREAD_1H: deviation, names.DETECTION_SPREAD: deviation}
    else:
        values = {names.DETECTION_LEVEL: now, names.DETECTION_CHANGE: abs(now - _USUAL)}
    for record, value in values.items():
        yield exactly(record, f"{definition.id}, at the moment it fires", record, labels, value, at)


def _foreign(looks_for: object, labels: dict[str, str], at: Duration) -> dict[Series, str]:
    """Another tenant, whose detection of the same name fires all the time."""
    moments = _anomaly(looks_for) if isinstance(looks_for, Anomaly) else _capacity()
    history = moments[_FIRST_FIRING][2]
    return {series(name, labels): _ending(runs, at) for name, runs in history.items()}


def _ending(runs: list[tuple[float | None, int]], at: Duration) -> str:
    """The runs, placed such that the last sample is the last one before `at`."""
    before = at.ms // BASE.ms + 1 - sum(count for _, count in runs)
    parts = [f"_x{before}"]
    for value, count in runs:
        parts.append(f"_x{count}" if value is None else constant((Decimal(repr(value)), count)))
    return " ".join(parts)
