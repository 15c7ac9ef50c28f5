"""`compatibility: sloth`: an SLO as Sloth writes it, so that dashboards made for Sloth go on working.

Names, labels, groups and expressions are those of Sloth 0.16. What differs: every selector of the author carries the tenant, and
the alerts have alertkit's labels and annotations beside Sloth's, so that routes, texts and inhibition find them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.slos import parts, queries, words
from alertkit.compiler.slos.parts import SloContext, SloRules, Voice
from alertkit.model.quantity import Duration, plain
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup
from alertkit.model.slo import BASE, DAY, PAGE, TICKET, RawRatio, Slo, Tier

RATIO: Final = "slo:sli_error:ratio_rate"
INFO: Final = "sloth_slo_info"
_WEEK: Final = Duration.of(days=7)
_JOIN: Final = "on(sloth_id, sloth_slo, sloth_service) group_left"


def compile_slo(slo: Slo, context: SloContext) -> SloRules:
    """The SLO's 17 rules in Sloth's three groups.

    Raises:
        PromQLError, IsolationError: an expression of the author is none, or leaves the tenant.
    """
    alerts = tuple(_alerts(slo, context))
    return SloRules(
        Rules(
            (
                RuleGroup(f"sloth-slo-sli-recordings-{_id(slo)}", tuple(_ratios(slo, context))),
                RuleGroup(f"sloth-slo-meta-recordings-{_id(slo)}", tuple(_metadata(slo, context))),
            ),
            (RuleGroup(f"sloth-slo-alerts-{_id(slo)}", tuple(rule for rule, _ in alerts)),),
        ),
        {rule.id: parts.text(rule, voice, context) for rule, voice in alerts},
    )


def span(window: Duration) -> str:
    """A window as Prometheus prints it, and so Sloth names its series: 28 days are 4w."""
    return f"{window.ms // _WEEK.ms}w" if window.ms % _WEEK.ms == 0 else str(window)


def windows(slo: Slo) -> tuple[Duration, ...]:
    """The windows of the tiers, the shortest first; the SLO's own comes after them."""
    return tuple(sorted({BASE, *(window for tier in slo.tiers for window in (tier.long, tier.short))} - {slo.window}))


def _id(slo: Slo) -> str:
    return f"{slo.service}-{slo.name}"


def _labels(slo: Slo) -> dict[str, str]:
    return {"sloth_id": _id(slo), "sloth_service": slo.service, "sloth_slo": slo.name}


def _series(name: str, slo: Slo, context: SloContext) -> str:
    return f"{name}{context.own(**_labels(slo))}"


def _ratios(slo: Slo, context: SloContext) -> Iterator[RecordingRule]:
    for window in windows(slo):
        labels = {**_labels(slo), "sloth_window": span(window)}
        yield parts.record(f"{RATIO}{span(window)}", context.guard(_ratio(slo, window)), labels, slo, context)
    period, base = span(slo.window), _series(f"{RATIO}{span(BASE)}", slo, context)
    mean = f"sum_over_time({base}[{period}])\n/ ignoring (sloth_window)\ncount_over_time({base}[{period}])\n"
    yield parts.record(f"{RATIO}{period}", mean, {**_labels(slo), "sloth_window": period}, slo, context)


def _ratio(slo: Slo, window: Duration) -> str:
    if isinstance(slo.sli, RawRatio):
        return f"({queries.ratio(slo.sli, slo.group_by, window)})\n"
    found = queries.counts(slo.sli, slo.group_by, window)
    errors = found.errors or f"{found.total} - {found.good}"
    return f"({errors})\n/\n({found.total})\n"


def _metadata(slo: Slo, context: SloContext) -> Iterator[RecordingRule]:
    budget = _series("slo:error_budget:ratio", slo, context)
    current, period = (_series(f"{RATIO}{span(window)}", slo, context) for window in (BASE, slo.window))
    burned = _series("slo:period_burn_rate:ratio", slo, context)
    exprs = {
        "slo:objective:ratio": f"vector({plain(slo.objective)})",
        "slo:error_budget:ratio": f"vector(1-{plain(slo.objective)})",
        "slo:time_period:days": f"vector({plain(Decimal(slo.window.ms) / DAY.ms)})",
        "slo:current_burn_rate:ratio": f"{current}\n/ {_JOIN}\n{budget}\n",
        "slo:period_burn_rate:ratio": f"{period}\n/ {_JOIN}\n{budget}\n",
        "slo:period_error_budget_remaining:ratio": f"1 - {burned}",
    }
    for name, expr in exprs.items():
        yield parts.record(name, expr, _labels(slo), slo, context)
    about = {
        "sloth_mode": "cli-gen-prom",
        "sloth_objective": plain(slo.objective * 100),
        "sloth_spec": "prometheus/v1",
        "sloth_version": "alertkit",
    }
    yield parts.record(INFO, "vector(1)", {**_labels(slo), **about}, slo, context)


def _alerts(slo: Slo, context: SloContext) -> Iterator[tuple[AlertingRule, Voice]]:
    voice = Voice(dict(slo.summary) or words.sloth(), "percent", dict(slo.description), slo.runbook)
    for kind in (PAGE, TICKET):
        tiers = [tier for tier in slo.tiers if tier.pages is (kind == PAGE)]
        expr = "or\n".join(f"(\n{_tier(slo, tier, context)})\n" for tier in tiers)
        rule = parts.alert(kind, tiers[0].severity, expr, voice, slo, context)
        labels = {"sloth_severity": kind, **rule.labels}
        title = f"({kind}) {{{{$labels.sloth_service}}}} {{{{$labels.sloth_slo}}}} SLO error budget burn rate is too fast."
        yield msgspec.structs.replace(rule, labels=labels, annotations={"title": title, **rule.annotations}), voice


def _tier(slo: Slo, tier: Tier, context: SloContext) -> str:
    limit = f"({plain(tier.factor(slo.window))} * {plain(slo.budget)})"
    short, long = (
        f"    max({_series(f'{RATIO}{span(window)}', slo, context)} > {limit}) without (sloth_window)\n"
        for window in (tier.short, tier.long)
    )
    return f"{short}    and\n{long}"
