"""Panels of one SLO: its objective, its budget, how fast that burns, and what is left of it."""

from __future__ import annotations

from alertkit import names
from alertkit.dashboards import panels
from alertkit.dashboards.current import Json
from alertkit.dashboards.panels import BLUE, GREEN, ORANGE, RED, Stat, Thresholds, TimeSeries, Visual
from alertkit.dashboards.parts import SEVERITY_COLOR
from alertkit.dashboards.slo_series import NEVER, SloSeries
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words
from alertkit.model.quantity import Duration
from alertkit.model.slo import BASE, DAY

BUDGET: Thresholds = ((0.0, ORANGE), (0.25, GREEN))
"""Colours of a budget that is left, over a red base: spent, a quarter left, more."""
BURN: Thresholds = ((1, ORANGE), (6, RED))
"""Colours of a burn rate, over a green base."""
LOWEST = -1.0
"""A budget overdrawn by more than once is drawn as overdrawn once: one bad day must not flatten the rest."""


def figures(found: SloSeries, words: Words) -> list[Visual]:
    """The line of figures: objective, attained, budget left, how long it lasts, burn rate, events."""
    return [
        _objective(found, words),
        _attained(found, words),
        _budget_left(found, words),
        _lasts(found, words),
        _burn_now(found, words),
        _traffic(found, words),
    ]


def curves(found: SloSeries, words: Words) -> list[Visual]:
    """The three pictures: service level against objective, budget burn-down, burn rate in every window."""
    return [level(found, words), burn_down(found, words), burn_rates(found, words)]


def level(found: SloSeries, words: Words) -> TimeSeries:
    """The service level over the hour, with the objective as a line."""
    objective = float(found.slo.objective)
    window = next((window for window in found.ratios if window.ms >= 12 * BASE.ms), min(found.ratios))
    return TimeSeries(
        key=f"slo/{found.slo.name}/level",
        title=words("Service level"),
        description=words("The share of good events; the line is the objective."),
        targets=[
            Query(expr=f"1 - {found.ratios[window]}", legend=legend(found, str(window))),
            Query(expr=f"1 - {found.ratios[found.slo.window]}", legend=legend(found, str(found.slo.window))),
        ],
        unit="percentunit",
        most=1,
        base=RED,
        steps=((objective, panels.NONE),),
        marks="dashed",
        fill=0,
        soft_least=1 - 3 * (1 - objective),
    )


def burn_down(found: SloSeries, words: Words) -> TimeSeries:
    """The budget left over the SLO's own window."""
    return TimeSeries(
        key=f"slo/{found.slo.name}/budget",
        title=words("Error budget left"),
        description=words("What is left of the error budget over the last {window}.", window=str(found.slo.window)),
        targets=[Query(expr=f"clamp_min({found.series[names.SLO_REMAINING]}, {LOWEST:g})", legend=legend(found, found.slo.name))],
        unit="percentunit",
        soft_least=0,
        most=1,
        base=RED,
        steps=BUDGET,
        color="thresholds" if not found.slo.group_by else "palette-classic",
        marks="line",
        fill=20,
        since=str(found.slo.window),
    )


def burn_rates(found: SloSeries, words: Words) -> TimeSeries:
    """The burn rate in every window, with the rate at which each tier fires. The SLO's alerts link here."""
    tiers = {float(tier.factor(found.slo.window)): SEVERITY_COLOR.get(tier.severity, RED) for tier in found.slo.reachable}
    runbook = [{"title": words("Runbook"), "url": found.slo.runbook, "targetBlank": True}] if found.slo.runbook else []
    return TimeSeries(
        key=names.slo_panel(found.slo.name),
        title=words("Burn rate by window"),
        description=words("1 uses up the budget exactly at the end of its window; the lines are rates at which alerts fire."),
        targets=[Query(expr=found.burn(window), legend=legend(found, str(window))) for window in found.ratios],
        links=runbook,
        unit="none",
        decimals=2,
        least=0,
        soft_most=min(tiers, default=1) * 1.2,
        steps=tuple(sorted(tiers.items())),
        marks="dashed",
        fill=0,
    )


def legend(found: SloSeries, fallback: str) -> str:
    """The labels by which the SLO is grouped, and what tells this query from the panel's others."""
    return " · ".join([*(f"{{{{{label}}}}}" for label in found.slo.group_by), fallback])


def _figure(found: SloSeries, key: str, title: str, description: str, expr: str) -> Stat:
    grouped = " · ".join(f"{{{{{label}}}}}" for label in found.slo.group_by)
    return Stat(
        key=f"slo/{found.slo.name}/{key}",
        title=title,
        description=description,
        targets=[Query(expr=expr, legend=grouped or title, instant=True)],
        unit="percentunit",
        text_mode="value_and_name" if grouped else "value",
    )


def _objective(found: SloSeries, words: Words) -> Stat:
    says = words("The share of events that must be good over {window}.", window=str(found.slo.window))
    panel = _figure(found, "objective", words("Objective"), says, found.series[names.SLO_OBJECTIVE])
    panel.base, panel.decimals, panel.text_mode = BLUE, _decimals(found), "value"
    return panel


def _attained(found: SloSeries, words: Words) -> Stat:
    says = words("The share of events that were good over {window}.", window=str(found.slo.window))
    panel = _figure(found, "attained", words("Attained"), says, f"1 - {found.ratios[found.slo.window]}")
    panel.base, panel.steps, panel.decimals = RED, ((float(found.slo.objective), GREEN),), _decimals(found) + 1
    return panel


def _budget_left(found: SloSeries, words: Words) -> Stat:
    says = words("What is left of the error budget over the last {window}.", window=str(found.slo.window))
    panel = _figure(found, "left", words("Error budget left"), says, found.series[names.SLO_REMAINING])
    panel.base, panel.steps, panel.decimals, panel.mappings = RED, BUDGET, 1, [spent(words)]
    return panel


def _lasts(found: SloSeries, words: Words) -> Stat:
    says = words("When the error budget is gone if the last {window} go on.", window=str(found.trend))
    panel = _figure(found, "lasts", words("Budget gone in"), says, found.lasts())
    panel.unit, panel.base, panel.decimals = "s", RED, 1
    panel.steps = ((DAY.seconds, ORANGE), (found.slo.window.seconds / 4, GREEN))
    panel.mappings = exhausted(found.slo.window.seconds, words)
    return panel


def _burn_now(found: SloSeries, words: Words) -> Stat:
    window = _shown(found)
    says = words("How fast the error budget burns over {window}; 1 is just sustainable.", window=str(window))
    panel = _figure(found, "now", words("Burn rate"), says, found.burn(window))
    panel.unit, panel.steps, panel.decimals = "none", BURN, 2
    return panel


def _shown(found: SloSeries) -> Duration:
    return next((window for window in found.ratios if window.ms >= 12 * BASE.ms), min(found.ratios))


def _traffic(found: SloSeries, words: Words) -> Stat:
    """Events a second; a ratio of the author's own has none, so there the newest error ratio stands instead."""
    if names.SLO_EVENTS in found.series:
        says = words("Events a second that the objective counts.")
        panel = _figure(found, "events", words("Events"), says, found.series[names.SLO_EVENTS])
        panel.unit, panel.base = "cps", BLUE
        return panel
    window = min(found.ratios)
    says = words("The share of events that were bad over {window}.", window=str(window))
    panel = _figure(found, "errors", words("Errors"), says, found.ratios[window])
    panel.base, panel.decimals = BLUE, 2
    return panel


def spent(words: Words) -> Json:
    """A budget below nothing is no number that helps."""
    return panels.range_mapping(-1e12, 0, words("Used up"), RED)


def exhausted(window: float, words: Words) -> list[Json]:
    """Words for a budget that is gone already, and for one that outlasts ten windows of so many seconds."""
    return [
        panels.range_mapping(0, 0, words("Used up"), RED),
        panels.range_mapping(window * 10, NEVER * 10, words("Not at this rate"), GREEN),
    ]


def _decimals(found: SloSeries) -> int:
    """As many as the objective has in percent: 1 for 99.9 %."""
    exponent = (found.slo.objective * 100).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
