"""Cases of an SLO's alerts: each tier just below and just above its threshold, in either window alone, and without traffic.

The alerts are fed with recorded ratios directly, so a case takes milliseconds where raw counters over three days take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from alertkit import names
from alertkit.compiler.cases.alerts import firing, in_full
from alertkit.compiler.cases.feed import Series
from alertkit.compiler.cases.series import FOREIGN, STEP, constant, notated, series
from alertkit.compiler.slos import sloth
from alertkit.compiler.slos.parts import SloContext, SloRules
from alertkit.model.cases import Alerts, Firing, Probe, Scene
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule
from alertkit.model.slo import BASE, RawRatio, Slo, Tier

_UNDER, _OVER, _WELL_OVER = Decimal("0.99"), Decimal("1.01"), Decimal("1.02")
_PHASES = (
    ("silent below its threshold", (_UNDER, _UNDER), False),
    ("silent when only the long window is above", (_OVER, _UNDER), False),
    ("silent when only the short window is above", (_UNDER, _WELL_OVER), False),
    ("fires when both windows are above", (_OVER, _WELL_OVER), True),
    ("resolved when the short window recovers", (_OVER, _UNDER), False),
)
"""What each phase shows, the long and the short window's ratio in thresholds, and whether the tier fires."""
_SAMPLES = 3
_BOTH_ABOVE = 3
_GROUP, _OTHER_GROUP = "case", "case-other"
_DECOY = "decoy"

Compiled = tuple[Slo, SloRules]


Tiers = list[tuple[Slo, SloRules, Tier]]


def alert_scenes(compiled: Iterable[Compiled], context: SloContext) -> Iterator[Scene]:
    """Few scenes, because promtool loads all rules for each: tiers with enough traffic, with too little, and missing data."""
    every = list(compiled)
    for number, found in enumerate(_batches(every), 1):
        yield _tiers_scene(f"burn rates {number}", found, context)
        guarded = [(slo, rules, tier) for slo, rules, tier in found if slo.min_rate is not None]
        if guarded:
            yield _traffic_scene(f"little traffic {number}", guarded, context)
    missing = [(slo, rules) for slo, rules in every if slo.absence]
    if missing:
        yield _absence_scene(missing, context)


def _batches(every: Iterable[Compiled]) -> list[Tiers]:
    """Tiers that can be fed at once, because no two of an SLO read the same window or are one alert."""
    batches: list[Tiers] = []
    taken: list[set[tuple[str, object]]] = []
    for slo, rules in every:
        for tier in slo.reachable:
            uses: set[tuple[str, object]] = {(slo.name, one) for one in (tier.long, tier.short, _alert_of(slo, rules, tier).id)}
            place = next((at for at, used in enumerate(taken) if not used & uses), len(batches))
            if place == len(batches):
                batches.append([])
                taken.append(set())
            batches[place].append((slo, rules, tier))
            taken[place] |= uses
    return batches


def identity(slo: Slo, context: SloContext, group: str = _GROUP) -> dict[str, str]:
    """The labels of an SLO's recorded series, without those of the window."""
    groups = dict.fromkeys(slo.group_by, group)
    if slo.compatibility == "sloth":
        own = {"sloth_id": f"{slo.service}-{slo.name}", "sloth_service": slo.service, "sloth_slo": slo.name}
    else:
        own = {names.LABEL_SERVICE: slo.service, names.LABEL_SLO: slo.name}
    return {**groups, **own, context.label: context.tenant}


def ratio_series(slo: Slo, window: Duration, labels: Mapping[str, str]) -> Series:
    """The recorded ratio of a window."""
    if slo.compatibility == "sloth":
        span = sloth.span(window)
        return series(f"{sloth.RATIO}{span}", {**labels, "sloth_window": span})
    return series(names.slo_ratio(window), labels)


def decoys(slo: Slo, labels: Mapping[str, str], context: SloContext) -> Iterator[dict[str, str]]:
    """The labels of a foreign tenant's SLO of the same name, and of another SLO of the same tenant."""
    yield {**labels, context.label: context.tenant + FOREIGN}
    key = "sloth_slo" if slo.compatibility == "sloth" else names.LABEL_SLO
    yield {**labels, key: _DECOY}


def _tiers_scene(name: str, found: Tiers, context: SloContext) -> Scene:
    fed: dict[Series, str] = {}
    probes: list[Probe] = []
    expected: dict[str, list[Firing]] = {}
    for slo, rules, tier in found:
        fed |= _tier_series(slo, tier, context)
        rule = _alert_of(slo, rules, tier)
        for number, (title, _, fires) in enumerate(_PHASES):
            probes.append(firing(rule, f"{title} ({tier.long}, {tier.short})", _minute(number), fires=fires))
        for alert in _all_firing(slo, rules, tier, context):
            expected.setdefault(rule.alert, []).append(alert)
    at = Duration(_minute(_BOTH_ABOVE) * STEP.ms)
    ids = tuple(_alert_of(slo, rules, tier).id for slo, rules, tier in found)
    exact = tuple(Alerts(alertname, at, tuple(firings), ids) for alertname, firings in expected.items())
    return Scene(name, STEP, notated(fed), tuple(probes), exact)


def _minute(phase: int) -> int:
    return phase * _SAMPLES + 1


def _tier_series(slo: Slo, tier: Tier, context: SloContext) -> dict[Series, str]:
    """The tier's two windows over all phases; in another group only ever one of them is above."""
    limit, own = slo.threshold(tier), identity(slo, context)
    long = constant(*((limit * levels[0], _SAMPLES) for _, levels, _ in _PHASES))
    short = constant(*((limit * levels[1], _SAMPLES) for _, levels, _ in _PHASES))
    steps = _SAMPLES * len(_PHASES)
    fed = {ratio_series(slo, tier.long, own): long, ratio_series(slo, tier.short, own): short}
    if slo.group_by:
        swapped = constant(*((limit * (levels[1] if levels[0] < 1 else _UNDER), _SAMPLES) for _, levels, _ in _PHASES))
        other = identity(slo, context, _OTHER_GROUP)
        fed[ratio_series(slo, tier.long, other)] = swapped
        fed[ratio_series(slo, tier.short, other)] = constant((limit * _UNDER, steps))
    for labels in decoys(slo, own, context):
        fed |= {ratio_series(slo, window, labels): constant((limit * 2, steps)) for window in (tier.long, tier.short)}
        fed |= _traffic(labels, slo.min_rate and slo.min_rate * 10, steps)
    return {**fed, **_traffic(own, slo.min_rate and slo.min_rate * _OVER, steps)}


def _traffic(labels: Mapping[str, str], rate: Decimal | None, steps: int) -> dict[Series, str]:
    return {} if rate is None else {series(names.SLO_EVENTS, labels): constant((rate, steps))}


def _traffic_scene(name: str, found: Tiers, context: SloContext) -> Scene:
    """Everything fails, but there are just too few events to tell, though a foreign tenant has enough."""
    fed: dict[Series, str] = {}
    probes = []
    for slo, rules, tier in found:
        own, rate = identity(slo, context), slo.min_rate or Decimal(1)
        fed |= {ratio_series(slo, window, own): constant((slo.threshold(tier) * 2, 6)) for window in (tier.long, tier.short)}
        fed |= _traffic(own, rate * _UNDER, 6)
        for labels in decoys(slo, own, context):
            fed |= _traffic(labels, rate * 10, 6)
        probes.append(firing(_alert_of(slo, rules, tier), "silent with too few events", 4, fires=False))
    return Scene(name, STEP, notated(fed), tuple(probes))


def _absence_scene(found: list[Compiled], context: SloContext) -> Scene:
    fed: dict[Series, str] = {}
    probes = []
    for slo, rules in found:
        rule = next(rule for rule in _alerts(rules) if rule.id == names.slo_rule(slo.name, names.TIER_ABSENCE))
        hold = (rule.hold or STEP).ms // STEP.ms
        own = identity(slo, context)
        fed[_input(slo, own)] = constant((Decimal(1), 6), (None, hold + 5), (Decimal(1), 5))
        fed |= {_input(slo, labels): constant((Decimal(1), hold + 16)) for labels in decoys(slo, own, context)}
        probes += [
            firing(rule, "silent while there is data", 5, fires=False),
            firing(rule, "silent before its time", 6 + hold - 1, fires=False),
            firing(rule, "fires when data stay missing", 6 + hold + 1, fires=True),
            firing(rule, "resolved when data come back", 6 + hold + 6, fires=False),
        ]
    return Scene("missing data", STEP, notated(fed), tuple(probes))


def _input(slo: Slo, labels: Mapping[str, str]) -> Series:
    return series(names.slo_ratio(BASE) if isinstance(slo.sli, RawRatio) else names.SLO_EVENTS, labels)


def _alerts(rules: SloRules) -> Iterator[AlertingRule]:
    for group in rules.rules.alerts:
        yield from (rule for rule in group.rules if isinstance(rule, AlertingRule))


def _alert_of(slo: Slo, rules: SloRules, tier: Tier) -> AlertingRule:
    name = ("page" if tier.pages else "ticket") if slo.compatibility == "sloth" else tier.name
    return next(rule for rule in _alerts(rules) if rule.id == names.slo_rule(slo.name, name))


def _all_firing(slo: Slo, rules: SloRules, fed: Tier, context: SloContext) -> Iterator[Firing]:
    """The alerts of an SLO that fire when this tier does: itself, and tiers that read the same two windows."""
    values = {fed.long: slo.threshold(fed) * _OVER, fed.short: slo.threshold(fed) * _WELL_OVER}
    seen = set()
    for tier in slo.reachable:
        limit, rule = slo.threshold(tier), _alert_of(slo, rules, tier)
        if rule.id not in seen and all(values.get(window, 0) > limit for window in (tier.long, tier.short)):
            seen.add(rule.id)
            yield in_full(rule, _value(slo, tier, values), identity(slo, context))


def _value(slo: Slo, tier: Tier, values: Mapping[Duration, Decimal]) -> float:
    """The alert's value, by the same arithmetic on doubles as Prometheus'."""
    if slo.compatibility == "sloth":
        return float(values[tier.short])
    return float(slo.budget_seconds) / float(values[tier.long])
