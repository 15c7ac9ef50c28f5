"""A service's use of a pack becomes records, alerts and cases like any others: places filled, records kept apart by service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from alertkit import names
from alertkit.compiler.packs import places
from alertkit.compiler.packs import values as packs_values
from alertkit.model.pack import OWN_NAME, SERVICE, Pack, PackAlert, PackCase, Parameter, Value
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.sentence import Text
from alertkit.model.tenant import AlertDefinition, CaseDefinition, Project, RecordDefinition
from alertkit.promql import metric_names

Change = dict[str, Any] | Literal["off"]
"""What a tenant says about an alert of a pack, valid by the schema."""

KEEP_FIRING_SINCE: Final = (2, 42)
"""Prometheus' version from which on rules know keep_firing_for."""
ADDED_LABELS: Final = (names.LABEL_SERVICE, names.LABEL_SEVERITY, "alertname")
"""Labels that an alert of a pack has beyond those of its expression."""


class Use(msgspec.Struct, frozen=True):
    """One service's use of one pack. `values` has one for each parameter, and the service's name."""

    pack: Pack
    service: str
    values: dict[str, Value]
    changes: dict[str, Change]
    source: Source
    locale: str

    def fill(self, expr: str) -> str:
        """An expression of the pack for this service: it reads the records of this service only."""
        return places.own_records(places.fill(expr, self.values), self.pack.recorded, self.service)


def use(entry: dict[str, Any], pack: Pack, service: str, project: Project, source: Source, locale: str) -> Use:
    """The use that a checked definition asks for."""
    values = values_for(pack, entry.get("with", {}), service, relaxed=project.environment in project.relaxed)
    return Use(pack, service, values, entry.get("alerts", {}), source, locale)


def values_for(pack: Pack, written: Mapping[str, packs_values.Written], service: str, *, relaxed: bool) -> dict[str, Value]:
    """A value for each parameter: what is written, else the relaxed value where that counts, else the default."""
    values: dict[str, Value] = {SERVICE: service}
    for name, parameter in pack.parameters.items():
        if name in written:
            values[name] = packs_values.read(parameter.kind, written[name])
        else:
            values[name] = default(parameter, service, relaxed=relaxed)
    return values


def default(parameter: Parameter, service: str, *, relaxed: bool = False) -> Value:
    """What counts where a service says nothing; the sample of a parameter that it must say."""
    value = parameter.relaxed if relaxed and parameter.relaxed is not None else parameter.sample
    return service if value == OWN_NAME else value


def records(used: Use) -> Iterator[RecordDefinition]:
    """The pack's recording rules for this service, in order, in a group of their own."""
    group = names.pack_group(used.service, used.pack.name)
    for record in used.pack.records:
        labels = {names.LABEL_SERVICE: used.service}
        yield RecordDefinition(record.record, used.fill(record.expr), labels, used.source, group, record.title)


def alerts(used: Use, project: Project) -> Iterator[AlertDefinition]:
    """The pack's alerts for this service, without those that are switched off."""
    for alert in used.pack.alerts:
        change = used.changes.get(alert.name, {})
        if change != "off":
            yield _alert(used, alert, change, project)


def _alert(used: Use, alert: PackAlert, change: dict[str, Any], project: Project) -> AlertDefinition:
    keeps = project.targets.prometheus >= KEEP_FIRING_SINCE
    return AlertDefinition(
        name=alert.name,
        service=used.service,
        expr=used.fill(alert.expr),
        severity=change.get("severity", alert.severity),
        summary=_words(alert.summary, change.get("summary", {}), used.locale),
        source=used.source,
        hold=_span(change, "for", alert.hold),
        keep_firing_for=_span(change, "keep_firing_for", alert.keep_firing_for) if keeps else None,
        unit=alert.unit,
        description=_words(alert.description, change.get("description", {}), used.locale),
        runbook=change.get("runbook", runbook(project, used.pack, alert)),
        pack=used.pack.name,
    )


def _words(words: Text, own: str | Text, locale: str) -> Text:
    return words | ({locale: own} if isinstance(own, str) else own)


def _span(change: dict[str, Any], key: str, default: Duration | None) -> Duration | None:
    return Duration.parse(change[key]) if key in change else default


def runbook(project: Project, pack: Pack, alert: PackAlert) -> str:
    """Where the alert's runbook is published, or "" when the project does not say."""
    return project.runbooks.replace("{pack}", pack.name).replace("{alert}", alert.name)


def cases(used: Use) -> Iterator[CaseDefinition]:
    """The pack's cases that hold for this use: timing as the pack has it, parameters as the case was written for."""
    for case in used.pack.cases:
        alert = used.pack.alert(case.alert)
        if alert is not None and _timed_as_written(used, alert) and _holds(used, alert, case):
            yield CaseDefinition(
                alert=names.pack_rule(used.service, used.pack.name, case.alert),
                title=case.title,
                series={used.fill(series): values for series, values in case.series.items()},
                source=case.source,
                labels=case.labels,
                fires_at=case.fires_at,
                silent_at=case.silent_at,
                interval=case.interval,
            )


def _timed_as_written(used: Use, alert: PackAlert) -> bool:
    change = used.changes.get(alert.name, {})
    return change != "off" and not {"for", "keep_firing_for"} & change.keys()


def _holds(used: Use, alert: PackAlert, case: PackCase) -> bool:
    """What the alert depends on is as the case was written for; parameters that its series name adapt by themselves."""
    named = {place.name for series in case.series for place in places.find(series)}
    given = frozenset(name for series in case.series for name in metric_names(places.fill(series, used.values)))
    return all(
        used.values[name] == case.values.get(name, default(used.pack.parameters[name], used.service))
        for name in _parameters_of(used, alert.expr, given) - named - {SERVICE}
    )


def _parameters_of(used: Use, expr: str, given: frozenset[str]) -> set[str]:
    """Parameters in an expression and in the records that it reads, but for records that are given."""
    found = {place.name for place in places.find(expr)}
    read = metric_names(places.fill(expr, used.values)) - given
    return found.union(*(_parameters_of(used, record.expr, given) for record in used.pack.records if record.record in read))
