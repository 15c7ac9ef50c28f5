"""An SLO's recording rules and burn-rate alerts.

Recorded: events and errors a second over 5 minutes; their ratio over every window, as the ratio of their sums; the objective, the
budget and how fast it burns. Defined behaviour: no errors are a ratio of 0; no events, or a NaN, are no ratio and no alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from alertkit import names
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.slos import parts as slo_parts
from alertkit.compiler.slos import queries, sloth, words
from alertkit.compiler.slos.parts import SloContext, SloRules, Voice
from alertkit.model.quantity import Duration, plain
from alertkit.model.route import InhibitRule, Matcher
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup
from alertkit.model.slo import BASE, DAY, PAGE, TICKET, UNIT, RawRatio, Slo, Tier

LONG_INTERVAL = Duration.of(minutes=3)
"""How often windows of a day and more are evaluated: seldom, because they read much, and well within Prometheus' 5 minutes
after which a sample is stale."""

ABSENCE_HOLD = Duration.of(minutes=15)
"""How long data must be missing: three times Prometheus' lookback, so that a restart is no alert."""


def compile_slo(slo: Slo, context: SloContext) -> SloRules:
    """The rules of one SLO without mistakes, and their words.

    Raises:
        PromQLError, IsolationError: an expression of the author is none, or leaves the tenant.
    """
    if slo.compatibility == "sloth":
        return sloth.compile_slo(slo, context)
    short = [*_constants(slo, context), *_base(slo, context), *_ratios(slo, context, long=False), _burn(slo, context)]
    long = [*_ratios(slo, context, long=True)]
    (long if slo.window.ms >= DAY.ms else short).extend(_period(slo, context))
    alerts = {rule.id: (rule, voice) for rule, voice in _alerts(slo, context)}
    groups = [RuleGroup(_group(slo, context), tuple(short))]
    if long:
        groups.append(RuleGroup(_group(slo, context, "long"), tuple(long), LONG_INTERVAL))
    rules = tuple(rule for rule, _ in alerts.values())
    return SloRules(
        Rules(tuple(groups), (RuleGroup(_group(slo, context, "alerts"), rules),) if rules else ()),
        {rule_id: slo_parts.text(rule, voice, context) for rule_id, (rule, voice) in alerts.items()},
    )


def inhibit_rule(slos: Iterable[Slo], context: SloContext) -> InhibitRule | None:
    """While a page of an SLO fires, its tickets are muted; None without SLOs that have alerts of both kinds.

    One rule serves all: `group_by` labels that an SLO lacks are missing on both sides, which Alertmanager takes for equal. That
    is right here, because the slo label, which is there on both, ties the two to one SLO.
    """
    both = [slo for slo in slos if {tier.pages for tier in slo.tiers} == {True, False}]
    if not both:
        return None
    own = Matcher(context.label, "=", context.tenant)
    groups = sorted({label for slo in both for label in slo.group_by})
    slo = Matcher(names.LABEL_SLO, "=~", ".+")
    return InhibitRule(
        source=(own, slo, Matcher(names.LABEL_TIER, "=~", f"{PAGE}(-.+)?")),
        target=(own, slo, Matcher(names.LABEL_TIER, "=~", f"{TICKET}(-.+)?")),
        equal=(context.label, names.LABEL_SERVICE, names.LABEL_SLO, *groups),
    )


def windows(slo: Slo) -> tuple[Duration, ...]:
    """Every window whose ratio is recorded, the shortest first: those of the tiers, the base and the SLO's own."""
    asked = {window for tier in slo.tiers for window in (tier.long, tier.short)}
    return tuple(sorted(asked | {BASE, slo.window}))


def _group(slo: Slo, context: SloContext, part: str = "") -> str:
    return names.group(context.tenant, f"slo/{slo.name}/{part}" if part else f"slo/{slo.name}")


def _own(slo: Slo, context: SloContext) -> str:
    return context.own(slo=slo.name)


def _record(name: str, expr: str, slo: Slo, context: SloContext) -> RecordingRule:
    labels = {names.LABEL_SERVICE: slo.service, names.LABEL_SLO: slo.name}
    return slo_parts.record(name, expr, labels, slo, context)


def _constants(slo: Slo, context: SloContext) -> Iterator[RecordingRule]:
    days = Decimal(slo.window.ms) / DAY.ms
    for name, value in ((names.SLO_OBJECTIVE, slo.objective), (names.SLO_BUDGET, slo.budget), (names.SLO_PERIOD, days)):
        yield _record(name, f"vector({plain(value)})", slo, context)


def _base(slo: Slo, context: SloContext) -> Iterator[RecordingRule]:
    """The 5-minute rates that everything else divides. `>= 0` drops NaN, which would poison every sum for as long as it lasts."""
    if isinstance(slo.sli, RawRatio):
        return
    found = queries.counts(slo.sli, slo.group_by, BASE)
    events = f"{names.SLO_EVENTS}{_own(slo, context)}"
    on = f"on ({', '.join(slo.group_by)})"
    yield _record(names.SLO_EVENTS, context.guard(f"{found.total} >= 0"), slo, context)
    part = f"{context.guard(f'{found.errors or found.good} >= 0')}\nor {on} 0 * {events}"
    errors = part if found.errors else f"clamp_min({events} - {on} (\n  {part.replace(chr(10), chr(10) + '  ')}\n), 0)"
    yield _record(names.SLO_ERRORS, errors, slo, context)


def _ratios(slo: Slo, context: SloContext, *, long: bool) -> Iterator[RecordingRule]:
    for window in windows(slo):
        if (window.ms >= DAY.ms) is long:
            yield _record(names.slo_ratio(window), _ratio(slo, context, window), slo, context)


def _ratio(slo: Slo, context: SloContext, window: Duration) -> str:
    """Errors per event over a window; nothing where there were no events."""
    if isinstance(slo.sli, RawRatio):
        return context.guard(f"{queries.ratio(slo.sli, slo.group_by, window)} >= 0")
    own = _own(slo, context)
    if window == BASE:
        return f"{names.SLO_ERRORS}{own} / ({names.SLO_EVENTS}{own} > 0)"
    return f"sum_over_time({names.SLO_ERRORS}{own}[{window}])\n/\n(sum_over_time({names.SLO_EVENTS}{own}[{window}]) > 0)"


def _burn(slo: Slo, context: SloContext) -> RecordingRule:
    return _record(names.SLO_BURN, f"{names.slo_ratio(BASE)}{_own(slo, context)} / {plain(slo.budget)}", slo, context)


def _period(slo: Slo, context: SloContext) -> Iterator[RecordingRule]:
    own = _own(slo, context)
    yield _record(names.SLO_PERIOD_BURN, f"{names.slo_ratio(slo.window)}{own} / {plain(slo.budget)}", slo, context)
    yield _record(names.SLO_REMAINING, f"1 - {names.SLO_PERIOD_BURN}{own}", slo, context)


def _alerts(slo: Slo, context: SloContext) -> Iterator[tuple[AlertingRule, Voice]]:
    voice = Voice(words.burn(slo), UNIT, dict(slo.description), slo.runbook)
    for tier in slo.reachable:
        yield slo_parts.alert(tier.name, tier.severity, _tier_expr(slo, tier, context), voice, slo, context), voice
    if slo.absence:
        voice = Voice(words.absence(), "none", {}, slo.runbook)
        yield _absence(slo, voice, context), voice


def _tier_expr(slo: Slo, tier: Tier, context: SloContext) -> str:
    """Both windows above the threshold. The value is the time in which a whole budget is gone: budget_seconds / ratio."""
    own, limit = _own(slo, context), plain(slo.threshold(tier))
    parts = [
        f"{plain(slo.budget_seconds)} / ({names.slo_ratio(tier.long)}{own} > {limit})",
        f"({names.slo_ratio(tier.short)}{own} > {limit})",
    ]
    if slo.min_rate is not None:
        parts.append(f"(avg_over_time({names.SLO_EVENTS}{own}[{tier.long}]) >= {plain(slo.min_rate)})")
    return "\nand\n".join(parts)


def _absence(slo: Slo, voice: Voice, context: SloContext) -> AlertingRule:
    series = names.slo_ratio(BASE) if isinstance(slo.sli, RawRatio) else names.SLO_EVENTS
    severity = slo.tiers[-1].severity if slo.tiers else names.SEVERITIES[1]
    expr = f"absent({series}{_own(slo, context)})"
    rule = slo_parts.alert(names.TIER_ABSENCE, severity, expr, voice, slo, context)
    return msgspec.structs.replace(rule, alert=names.SLO_ABSENCE, hold=ABSENCE_HOLD)
