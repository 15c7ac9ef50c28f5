"""A tenant's promtool cases, from its rules: several files, because each kind evaluates other rules, and at other times.

alerts   fed with what they read, recorded series included; the alert rules alone are loaded
moments  alerts that look back for days or wait for hours; each moment on its own
rates    records fed with raw series, and written cases that need the records; every minute
days     written cases with a sample every 15 minutes; evaluated as often
weeks    written cases with a sample every 84 hours, which compare with last week; evaluated as often
windows  the long windows of SLOs, evaluated once, after a whole period
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

import msgspec

from alertkit import names, paths
from alertkit.compiler.cases import detections as cases_detections
from alertkit.compiler.cases import slo_rates, slo_windows
from alertkit.compiler.cases import slos as cases_slos
from alertkit.compiler.cases import written as cases_written
from alertkit.compiler.cases.alerts import alert_unit
from alertkit.compiler.cases.lines import UnderivableError
from alertkit.compiler.cases.moments import APART
from alertkit.compiler.cases.records import feeds_once, follow, is_long, long_units, record_units
from alertkit.compiler.cases.series import STEP, Unit, scenes
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.slos.parts import SloContext, SloRules
from alertkit.model.cases import CaseFile, Cases, Scene
from alertkit.model.detection import Absence, Anomaly, Capacity, DetectionDefinition
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.slo import BASE, Slo
from alertkit.model.tenant import CaseDefinition

_WRITTEN: Final = {Duration.of(minutes=15): "days", Duration.of(hours=84): "weeks"}
"""Written cases with samples this far apart have a file of their own: a week of minutes would take promtool minutes."""
Compiled = Sequence[tuple[Slo, SloRules]]


class _Subjects(msgspec.Struct, frozen=True):
    """What a tenant's cases are made from; see compile_cases."""

    rules: Rules
    slos: Compiled
    written: tuple[CaseDefinition, ...]
    detections: tuple[DetectionDefinition, ...]
    context: SloContext
    isolated: bool

    @property
    def own(self) -> Matcher:
        """The tenant's matcher."""
        return Matcher(self.context.label, "=", self.context.tenant)

    @property
    def alerts(self) -> dict[str, AlertingRule]:
        """Every alert by its id."""
        every = (self.rules, *(one.rules for _, one in self.slos))
        groups = (group for rules in every for group in rules.alerts)
        return {rule.id: rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)}

    @property
    def records(self) -> list[RecordingRule]:
        """Every record that is not an SLO's."""
        return [rule for group in self.rules.records for rule in group.rules if isinstance(rule, RecordingRule)]

    @property
    def end(self) -> Duration:
        """When long windows are evaluated."""
        spans = [slo.window for slo, _ in self.slos] + [cases_detections.LEAST]
        return slo_windows.evaluation(max(spans))


class _Plan(msgspec.Struct):
    """Cases while they are being collected."""

    alerts: list[Unit] = []
    rates: list[Unit] = []
    slow: list[Unit] = []
    windows: list[Unit] = []
    burns: list[Scene] = []
    uncovered: dict[str, str] = {}

    def derive(self, rule: str, units: list[Unit], found: Iterable[Unit]) -> None:
        """Take units, or note why a rule has none."""
        try:
            units += found
        except UnderivableError as error:
            self.uncovered[rule] = str(error)


def compile_cases(
    rules: Rules,
    slos: Compiled,
    written: Iterable[CaseDefinition],
    context: SloContext,
    *,
    isolated: bool,
    detections: Iterable[DetectionDefinition] = (),
) -> Cases:
    """All cases of a tenant.

    `rules` are all that are not an SLO's, with those that `detections` became; `isolated` when raw series carry the tenant label.
    """
    subjects = _Subjects(rules, slos, tuple(written), tuple(detections), context, isolated)
    plan = _Plan()
    _written(plan, subjects)
    _derived(plan, subjects)
    plan.burns += cases_slos.alert_scenes(subjects.slos, subjects.context)
    _slo_records(plan, subjects)
    _detections(plan, subjects)
    return _cases(plan, subjects)


def _written(plan: _Plan, subjects: _Subjects) -> None:
    alerts, recorded = subjects.alerts, {rule.record for rule in subjects.records}
    for case in subjects.written:
        rule = alerts[case.alert]
        unit = cases_written.unit(case, rule, subjects.records, subjects.own if subjects.isolated else None)
        if case.interval in _WRITTEN:
            plan.slow.append(unit)
        else:
            (plan.alerts if cases_written.feeds_alert(case, rule, recorded) else plan.rates).append(unit)


def _derived(plan: _Plan, subjects: _Subjects) -> None:
    detections = {one.id: one.looks_for for one in subjects.detections}
    for rule in (rule for group in subjects.rules.alerts for rule in group.rules):
        if isinstance(rule, AlertingRule):
            plan.derive(rule.id, plan.alerts, _alert_units(rule, detections.get(rule.id), subjects.own))
    plan.rates += _record_units(plan, subjects, long=False)
    plan.windows += _record_units(plan, subjects, long=True)


def _alert_units(rule: AlertingRule, looks_for: object, own: Matcher) -> Iterator[Unit]:
    if isinstance(looks_for, Absence) and looks_for.by:
        yield cases_detections.absence_unit(rule, looks_for, own)
    elif not isinstance(looks_for, Anomaly | Capacity):
        yield alert_unit(rule, own)


def _record_units(plan: _Plan, subjects: _Subjects, *, long: bool) -> Iterator[Unit]:
    for rule in subjects.records:
        if is_long(rule) is long:
            try:
                yield from _long_units(rule, subjects) if long else record_units(rule, subjects.own, subjects.records)
            except UnderivableError as error:
                plan.uncovered[rule.record] = str(error)


def _long_units(rule: RecordingRule, subjects: _Subjects) -> list[Unit]:
    return [unit for unit in long_units(rule, subjects.own, subjects.end) if feeds_once(unit, subjects.records)]


def _slo_records(plan: _Plan, subjects: _Subjects) -> None:
    for slo, _ in subjects.slos:
        rule = names.slo_rule(slo.name, "records")
        plan.derive(rule, plan.rates, slo_rates.rate_units(slo, subjects.context))
        plan.derive(rule, plan.windows, slo_windows.window_units(slo, subjects.context, subjects.end))


def _detections(plan: _Plan, subjects: _Subjects) -> None:
    for one in subjects.detections:
        rule = subjects.alerts[one.id]
        plan.windows += cases_detections.detection_units(one, rule, subjects.own, subjects.end)
        plan.alerts += cases_detections.moment_units(one, rule, subjects.own)


def _cases(plan: _Plan, subjects: _Subjects) -> Cases:
    tenant = subjects.context.tenant
    records, rules = (_beside(file(tenant)) for file in (paths.records, paths.alerts))
    ordered = [[group.name for group in one.rules.records] for slo, one in subjects.slos if slo.compatibility == "sloth"]
    order = tuple(name for place in zip(*ordered, strict=True) for name in place)
    alerts = scenes((unit for unit in plan.alerts if unit.evaluation == STEP), "alerts")
    moments = scenes((unit for unit in plan.alerts if unit.evaluation == APART), "moments", BASE)
    rates = scenes(follow(plan.rates, subjects.records), "rates")
    windows = scenes(follow(plan.windows, subjects.records), "windows", BASE)
    slow = {step: scenes((unit for unit in plan.slow if unit.evaluation == step), kind, step) for step, kind in _WRITTEN.items()}
    files = (
        CaseFile("", (rules,), STEP, (*alerts, *plan.burns)),
        CaseFile("moments", (rules,), APART, moments),
        CaseFile("rates", (records, rules), STEP, rates),
        *(CaseFile(_WRITTEN[step], (records, rules), step, found, _in_order(subjects.rules)) for step, found in slow.items()),
        CaseFile("windows", (records, rules), subjects.end, windows, order),
    )
    covered = {probe.rule for file in files for scene in file.scenes for probe in scene.probes}
    uncovered = {rule: reason for rule, reason in plan.uncovered.items() if rule not in covered}
    missing = [rule for rule in subjects.alerts if rule not in covered and rule not in uncovered]
    uncovered |= dict.fromkeys(missing, "no case was written or derived")
    return Cases(tuple(file for file in files if file.scenes), frozenset(covered), uncovered)


def _in_order(rules: Rules) -> tuple[str, ...]:
    """Records before alerts: at this distance an alert sees only what has been recorded at the same moment."""
    return tuple(group.name for group in (*rules.records, *rules.alerts))


def _beside(rules: PurePosixPath) -> str:
    """A rule file as seen from the folder of the cases."""
    return f"../{rules}"
