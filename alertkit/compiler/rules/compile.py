"""A tenant's recording and alerting rules: isolated, labelled, with annotations that find their words in the receiver."""

from __future__ import annotations

import msgspec

from alertkit import names
from alertkit.compiler.rules.guard import Guard
from alertkit.compiler.rules.links import panel_url
from alertkit.compiler.rules.words import annotation, in_language, literal
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup
from alertkit.model.sentence import Text
from alertkit.model.tenant import AlertDefinition, Project, RecordDefinition, Tenant


class Rules(msgspec.Struct, frozen=True):
    """Records and alerts go to two files, because a promtool case that feeds recorded series needs the alerts alone."""

    records: tuple[RuleGroup, ...]
    alerts: tuple[RuleGroup, ...]


def compile_rules(tenant: Tenant, project: Project, guard: Guard) -> Rules:
    """The tenant's rule groups. Records of a group keep their order, because one may read another; alerts group by service."""
    by_group: dict[str, list[RecordingRule]] = {}
    for record in tenant.records:
        by_group.setdefault(record.group, []).append(_record(record, tenant, project, guard))
    by_service: dict[str, list[AlertingRule]] = {}
    for definition in tenant.alerts:
        by_service.setdefault(definition.service, []).append(_alert(definition, tenant, project, guard))
    return Rules(
        records=tuple(RuleGroup(names.group(tenant.name, group), tuple(rules)) for group, rules in by_group.items()),
        alerts=tuple(RuleGroup(names.group(tenant.name, service), tuple(rules)) for service, rules in by_service.items()),
    )


def _record(definition: RecordDefinition, tenant: Tenant, project: Project, guard: Guard) -> RecordingRule:
    labels = {**definition.labels, project.label: tenant.name}
    return RecordingRule(definition.record, guard(definition.expr), labels, definition.source)


def _alert(definition: AlertDefinition, tenant: Tenant, project: Project, guard: Guard) -> AlertingRule:
    # The tenant label is a static one and comes last: it overrules whatever label the expression returns.
    labels = {
        **definition.labels,
        names.LABEL_SERVICE: definition.service,
        names.LABEL_SEVERITY: definition.severity,
        project.label: tenant.name,
    }
    return AlertingRule(
        id=definition.id,
        alert=definition.name,
        expr=guard(definition.expr),
        labels={name: literal(value) for name, value in labels.items()},
        annotations=_annotations(definition, tenant, project, {**labels, "alertname": definition.name}),
        source=definition.source,
        hold=definition.hold,
        keep_firing_for=definition.keep_firing_for,
    )


def _annotations(definition: AlertDefinition, tenant: Tenant, project: Project, own: dict[str, str]) -> dict[str, str]:
    def in_words(text: Text) -> str:
        return annotation(in_language(text, tenant.locale), definition.unit, own)

    annotations = {names.ANNOTATION_SUMMARY: in_words(definition.summary)}
    if definition.description:
        annotations[names.ANNOTATION_DESCRIPTION] = in_words(definition.description)
    if definition.runbook:
        annotations[names.ANNOTATION_RUNBOOK] = literal(definition.runbook)
    dashboard = panel_url(tenant, project, definition.id)
    if dashboard:
        annotations[names.ANNOTATION_DASHBOARD] = dashboard
    annotations[names.ANNOTATION_RULE] = definition.id
    annotations[names.ANNOTATION_VALUE] = "{{ $value }}"
    annotations[names.ANNOTATION_UNIT] = definition.unit
    return annotations
