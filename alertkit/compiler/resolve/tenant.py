"""The tenant that is compiled: its own rules, those of the packs that its services use, and everybody who is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alertkit.compiler.finding import Places
from alertkit.compiler.packs import use as packs_use
from alertkit.compiler.packs.use import Use
from alertkit.compiler.resolve.definition import Definition, duration
from alertkit.compiler.resolve.detections import resolve_detection
from alertkit.compiler.resolve.escalation import policies
from alertkit.compiler.resolve.people import channels, people, teams
from alertkit.compiler.resolve.routing import routing
from alertkit.compiler.resolve.schedules import maintenance, schedules
from alertkit.compiler.resolve.slos import resolve_slo
from alertkit.compiler.rules import health
from alertkit.compiler.rules.detections import Lowered, lower
from alertkit.compiler.scope import Data, Scope
from alertkit.model.detection import DetectionDefinition
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import Source
from alertkit.model.sentence import Text
from alertkit.model.tenant import AlertDefinition, CaseDefinition, PackUse, RecordDefinition, Service, Tenant


def tenant(data: Data, scope: Scope, places: Places) -> Tenant:
    """The tenant that is compiled, from a definition without problems."""
    definition = Definition(data, scope, places)
    uses = tuple(_uses(definition))
    detections = tuple(resolve_detection(entry, definition.locale, at) for entry, at in definition.written("detections"))
    lowered = tuple(_lowered(definition, detections))
    return Tenant(
        name=data["tenant"],
        title=data["title"],
        locale=data["locale"],
        timezone=data["timezone"],
        services=_services(definition),
        records=_records(definition, uses, lowered),
        alerts=_alerts(definition, uses, lowered),
        slos=tuple(resolve_slo(entry, definition.locale, at) for entry, at in definition.written("slos")),
        people=people(definition),
        teams=teams(definition),
        schedules=schedules(definition),
        channels=channels(definition),
        policies=policies(definition),
        routing=routing(definition),
        maintenance=maintenance(definition),
        dashboards=_dashboards(definition, uses),
        cases=_cases(definition, uses),
        detections=detections,
        uses=tuple(PackUse(used.service, used.pack.name, used.pack.title, used.pack.view) for used in uses),
    )


def _services(definition: Definition) -> tuple[Service, ...]:
    return tuple(
        Service(entry["name"], definition.key("teams", entry["owner"]), tuple(used["use"] for used in entry.get("packs", [])))
        for entry in definition.data.get("services", [])
    )


def _uses(definition: Definition) -> Iterator[Use]:
    scope = definition.scope
    for index, service in enumerate(definition.data.get("services", [])):
        for place, entry in enumerate(service.get("packs", [])):
            reading = scope.packs.find(entry["use"])
            if reading and reading.pack:  # as it is: the definition has been checked
                source = definition.places(("services", index, "packs", place))
                yield packs_use.use(entry, reading.pack, service["name"], scope.project, source, definition.locale)


def _lowered(definition: Definition, detections: Iterable[DetectionDefinition]) -> Iterator[Lowered]:
    project = definition.scope.project
    own = Matcher(project.label, "=", definition.scope.tenant)
    return (lower(one, own, project.targets.prometheus) for one in detections)


def _records(definition: Definition, uses: Iterable[Use], lowered: Iterable[Lowered]) -> tuple[RecordDefinition, ...]:
    own = (_record(definition, entry, at) for entry, at in definition.written("records"))
    packed = (record for used in uses for record in packs_use.records(used))
    return (*own, *packed, *(record for one in lowered for record in one.records))


def _record(definition: Definition, entry: Data, source: Source) -> RecordDefinition:
    title = _text(definition, entry.get("title", {}))
    return RecordDefinition(entry["record"], entry["expr"], entry.get("labels", {}), source, title=title)


def _alerts(definition: Definition, uses: Iterable[Use], lowered: Iterable[Lowered]) -> tuple[AlertDefinition, ...]:
    project = definition.scope.project
    own = (_alert(definition, entry, at) for entry, at in definition.written("alerts"))
    packed = (alert for used in uses for alert in packs_use.alerts(used, project))
    watching = health.alerts(project) if definition.scope.is_platform else ()
    return (*own, *packed, *(one.alert for one in lowered), *watching)


def _alert(definition: Definition, entry: Data, source: Source) -> AlertDefinition:
    return AlertDefinition(
        name=entry["name"],
        service=entry["service"],
        expr=entry["expr"],
        severity=entry["severity"],
        summary=_text(definition, entry["summary"]),
        source=source,
        hold=duration(entry.get("for")),
        keep_firing_for=duration(entry.get("keep_firing_for")),
        labels=entry.get("labels", {}),
        unit=entry.get("unit", "none"),
        description=_text(definition, entry.get("description", {})),
        runbook=entry.get("runbook", ""),
    )


def _text(definition: Definition, text: str | dict[str, str]) -> Text:
    return {definition.locale: text} if isinstance(text, str) else text


def _cases(definition: Definition, uses: Iterable[Use]) -> tuple[CaseDefinition, ...]:
    own = (
        _case(case, alert["name"], definition.places(("alerts", index, "tests", place)))
        for index, alert in enumerate(definition.data.get("alerts", []))
        for place, case in enumerate(alert.get("tests", []))
    )
    return (*own, *(case for used in uses for case in packs_use.cases(used)))


def _case(entry: Data, alert: str, source: Source) -> CaseDefinition:
    return CaseDefinition(
        alert=alert,
        title=entry.get("name", ""),
        series=entry["series"],
        source=source,
        labels=entry.get("labels", {}),
        fires_at=duration(entry.get("fires_at")),
        silent_at=duration(entry.get("silent_at")),
        interval=Duration.parse(entry.get("interval", "1m")),
    )


def _dashboards(definition: Definition, uses: Iterable[Use]) -> tuple[str, ...]:
    """What is written; else technical, executive and slo with SLOs, those that packs feed, and the platform's own."""
    data = definition.data
    if "dashboards" in data:
        return tuple(data["dashboards"])
    packed = {use.pack.view for use in uses}
    wanted = {
        "technical": True,
        "executive": bool(data.get("slos")),
        "slo": bool(data.get("slos")),
        "security": "security" in packed,
        "ai-ml": "ai-ml" in packed,
        "fleet": definition.scope.is_platform,
    }
    return tuple(view for view, fed in wanted.items() if fed)
