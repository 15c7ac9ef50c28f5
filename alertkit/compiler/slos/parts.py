"""What every rule of an SLO is made with: its tenant's label, the guard of its author's expressions, its words."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from alertkit import names
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.rules.words import annotation, in_language, literal
from alertkit.model.policy import AlertText, Unit
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.slo import Slo
from alertkit.promql import quote


def _no_dashboard(_: str) -> str:
    return ""


class SloContext(msgspec.Struct, frozen=True):
    """The tenant that SLOs are compiled for. `guard` isolates an author's expression; `dashboard` is a rule id's link, or "".

    Our own selectors read recorded series, which carry the tenant label under every tenancy, so they always match on it.
    """

    tenant: str
    label: str
    locale: str
    guard: Callable[[str], str]
    dashboard: Callable[[str], str] = _no_dashboard

    def own(self, **labels: str) -> str:
        """Matchers that only this tenant's recorded series with these labels satisfy."""
        pairs = {self.label: self.tenant, **labels}
        return "{" + ",".join(f"{name}={quote(value)}" for name, value in pairs.items()) + "}"


class SloRules(msgspec.Struct, frozen=True):
    """An SLO compiled. `texts` has the words of each alert by rule id, for the receiver."""

    rules: Rules
    texts: dict[str, AlertText]


class Voice(msgspec.Struct, frozen=True):
    """What an alert says and in which unit its value is."""

    summary: dict[str, str]
    unit: Unit
    description: dict[str, str]
    runbook: str


def record(name: str, expr: str, labels: dict[str, str], slo: Slo, context: SloContext) -> RecordingRule:
    """A recording rule; the tenant label comes last and overrules what the expression returns."""
    return RecordingRule(name, expr, {**labels, context.label: context.tenant}, slo.source)


def alert(tier: str, severity: str, expr: str, voice: Voice, slo: Slo, context: SloContext) -> AlertingRule:
    """An alert of an SLO, without `for`: the short window sees to it that it fires on no passing error."""
    rule_id, name = names.slo_rule(slo.name, tier), slo.alert or names.SLO_ALERT
    labels = {
        names.LABEL_SERVICE: slo.service,
        names.LABEL_SLO: slo.name,
        names.LABEL_TIER: tier,
        names.LABEL_SEVERITY: severity,
        context.label: context.tenant,
    }
    annotations = _annotations(rule_id, voice, context, {**labels, "alertname": name})
    return AlertingRule(rule_id, name, expr, labels, annotations, slo.source)


def text(rule: AlertingRule, voice: Voice, context: SloContext) -> AlertText:
    """The words of an alert for the receiver."""
    return AlertText(
        alert=rule.alert,
        unit=voice.unit,
        summary=voice.summary,
        description=voice.description,
        runbook=voice.runbook,
        dashboard=context.dashboard(rule.id),
    )


def _annotations(rule_id: str, voice: Voice, context: SloContext, own: dict[str, str]) -> dict[str, str]:
    def in_words(said: dict[str, str]) -> str:
        return annotation(in_language(said, context.locale), voice.unit, own)

    said = {names.ANNOTATION_SUMMARY: in_words(voice.summary)}
    if voice.description:
        said[names.ANNOTATION_DESCRIPTION] = in_words(voice.description)
    if voice.runbook:
        said[names.ANNOTATION_RUNBOOK] = literal(voice.runbook)
    if dashboard := context.dashboard(rule_id):
        said[names.ANNOTATION_DASHBOARD] = dashboard
    said[names.ANNOTATION_RULE] = rule_id
    said[names.ANNOTATION_VALUE] = "{{ $value }}"
    said[names.ANNOTATION_UNIT] = voice.unit
    return said
