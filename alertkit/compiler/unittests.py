"""A tenant's promtool cases, from its rules: three files, because each kind evaluates other rules, and at other times.

alerts   fed with what they read, recorded series included; the alert rules alone are loaded
rates    records fed with raw series, and written cases that need the records; every minute
windows  the long windows of SLOs, evaluated once, after a whole period
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from alertkit import names
from alertkit.compiler import cases_slo_rates, cases_slo_windows, cases_slos, cases_written
from alertkit.compiler.cases_alerts import alert_unit
from alertkit.compiler.cases_lines import UnderivableError
from alertkit.compiler.cases_records import record_unit
from alertkit.compiler.cases_series import STEP, Unit, scenes
from alertkit.compiler.rules import Rules
from alertkit.compiler.slo_parts import SloContext, SloRules
from alertkit.model.cases import CaseFile, Cases, Scene
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.slo import BASE, Slo
from alertkit.model.tenant import CaseDefinition

Compiled = Sequence[tuple[Slo, SloRules]]


class _Plan(msgspec.Struct):
    """Cases while they are being collected."""

    own: Matcher
    alerts: list[Scene] = []
    rates: list[Scene] = []
    windows: list[Scene] = []
    uncovered: dict[str, str] = {}


def compile_cases(
    rules: Rules, slos: Compiled, written: Iterable[CaseDefinition], context: SloContext, *, isolated: bool
) -> Cases:
    """All cases of a tenant. `rules` are those that are not an SLO's; `isolated` when raw series carry the tenant label."""
    plan = _Plan(Matcher(context.label, "=", context.tenant))
    own_alerts = {rule.id: rule for rule in _alerts(rules)}
    slo_alerts = {rule.id: rule for _, one in slos for rule in _alerts(one.rules)}
    _written(plan, {**own_alerts, **slo_alerts}, written, plan.own if isolated else None)
    _derived(plan, own_alerts.values(), [rule for group in rules.records for rule in group.rules])
    plan.alerts += cases_slos.alert_scenes(slos, context)
    _slo_records(plan, slos, context)
    return _cases(plan, slos, context, {**own_alerts, **slo_alerts})


def _alerts(rules: Rules) -> Iterator[AlertingRule]:
    for group in rules.alerts:
        yield from (rule for rule in group.rules if isinstance(rule, AlertingRule))


def _written(plan: _Plan, alerts: dict[str, AlertingRule], written: Iterable[CaseDefinition], own: Matcher | None) -> None:
    for case in written:
        rule = alerts[case.alert]
        direct = cases_written.feeds_alert(case, rule)
        (plan.alerts if direct else plan.rates).append(cases_written.scene(case, rule, own))


def _derived(plan: _Plan, alerts: Iterable[AlertingRule], records: Iterable[object]) -> None:
    alert_units, record_units = [], []
    for rule in alerts:
        try:
            alert_units.append(alert_unit(rule, plan.own))
        except UnderivableError as error:
            plan.uncovered[rule.id] = str(error)
    for record in records:
        if isinstance(record, RecordingRule):
            try:
                record_units.append(record_unit(record, plan.own))
            except UnderivableError as error:
                plan.uncovered[record.record] = str(error)
    plan.alerts += scenes(alert_units, "alerts")
    plan.rates += scenes(record_units, "records")


def _slo_records(plan: _Plan, slos: Compiled, context: SloContext) -> None:
    rate_units: list[Unit] = []
    window_units: list[Unit] = []
    at = cases_slo_windows.evaluation([slo for slo, _ in slos]) if slos else STEP
    for slo, _ in slos:
        for found, units in (
            (rate_units, cases_slo_rates.rate_units(slo, context)),
            (window_units, cases_slo_windows.window_units(slo, context, at)),
        ):
            try:
                found += units
            except UnderivableError as error:
                plan.uncovered[names.slo_rule(slo.name, "records")] = str(error)
    plan.rates += scenes(rate_units, "rates of SLOs")
    plan.windows += scenes(window_units, "windows of SLOs", BASE)


def _cases(plan: _Plan, slos: Compiled, context: SloContext, alerts: dict[str, AlertingRule]) -> Cases:
    records, rules = (_beside(file(context.tenant)) for file in (names.records_file, names.alerts_file))
    at = cases_slo_windows.evaluation([slo for slo, _ in slos]) if slos else STEP
    ordered = [[group.name for group in one.rules.records] for slo, one in slos if slo.compatibility == "sloth"]
    order = tuple(name for place in zip(*ordered, strict=True) for name in place)
    files = (
        CaseFile("", (rules,), STEP, tuple(plan.alerts)),
        CaseFile("rates", (records, rules), STEP, tuple(plan.rates)),
        CaseFile("windows", (records,), at, tuple(plan.windows), order),
    )
    covered = {probe.rule for file in files for scene in file.scenes for probe in scene.probes}
    uncovered = {rule: reason for rule, reason in plan.uncovered.items() if rule not in covered}
    uncovered |= {rule: "no case was written or derived" for rule in alerts if rule not in covered and rule not in uncovered}
    return Cases(tuple(file for file in files if file.scenes), frozenset(covered), uncovered)


def _beside(rules: PurePosixPath) -> str:
    """A rule file as seen from the folder of the cases."""
    return f"../{rules}"
