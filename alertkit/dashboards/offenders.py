"""Who is nearest to firing: of each alert the instance that comes closest to its threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.panels import GREEN, ORANGE, RED, BarGauge
from alertkit.dashboards.parts import drawn
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words
from alertkit.model.rules import AlertingRule

_FAR = 10
"""Times the threshold: farther beyond is drawn as far."""


def closest(key: str, alerts: Sequence[AlertingRule], context: ViewContext, words: Words) -> list[BarGauge]:
    """One panel over the alerts that tell several series apart and fire on a side of a number; none without such alerts."""
    targets = [query for alert in alerts for query in _shares(alert, context)]
    if not targets:
        return []
    panel = BarGauge(
        key=f"closest/{key}",
        title=words("Closest to their thresholds"),
        description=words("Of each alert the one that comes nearest to firing; at 100 % the alert's condition holds."),
        targets=targets,
        unit="percentunit",
        decimals=0,
        least=0,
        most=1,
        base=GREEN,
        steps=((0.8, ORANGE), (1, RED)),
    )
    return [panel]


def _shares(alert: AlertingRule, context: ViewContext) -> Iterator[Query]:
    """What is watched as a share of a threshold from above; a threshold from below as a share of what is watched."""
    found = drawn(alert.expr)
    if found is None or not found.left or not math.isfinite(found.value) or found.value <= 0:
        return
    named = context.legends.of(found.left)
    if not named or named == "__auto":
        return
    left, threshold = f"({found.left})", f"({found.threshold})"
    shares = {
        ">": f"clamp_max({left} / {threshold}, {_FAR})",
        "<": f"{threshold} / clamp_min({left}, {threshold} / {_FAR})",
    }
    if share := shares.get(found.op[:1]):
        yield Query(expr=f"topk(1, {share})", legend=f"{alert.alert} · {named}", instant=True)
