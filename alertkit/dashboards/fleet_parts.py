"""Panels over all tenants, for the platform team."""

from __future__ import annotations

from alertkit import names
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.panels import BLUE, ORANGE, RED, BarGauge, Stat, StateTimeline
from alertkit.dashboards.slo_parts import BUDGET, spent
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words

MOST = 20
"""Lines of a ranking."""


class Fleet:
    """What the tenants have in common: alerts and, where they have SLOs, budgets."""

    def __init__(self, context: ViewContext, words: Words) -> None:
        self._words, self._label = words, context.label
        self._by_slo = f"{context.label}, {names.LABEL_SERVICE}, {names.LABEL_SLO}"
        self._slo = f"{{{{{context.label}}}}} · {{{{{names.LABEL_SLO}}}}}"
        self._tenant = f"{{{{{context.label}}}}}"

    def tenants(self) -> Stat:
        """How many tenants have something that fires."""
        expr = f'count(count by ({self._label}) (ALERTS{{alertstate="firing"}})) or vector(0)'
        return Stat(
            key="fleet/tenants",
            title=self._words("Tenants with alerts"),
            description=self._words("Tenants for which at least one alert fires."),
            targets=[Query(expr=expr, legend=self._words("Tenants with alerts"))],
            unit="none",
            base=BLUE,
            graph=True,
        )

    def firing(self) -> BarGauge:
        """Alerts that fire by tenant, the most first."""
        return BarGauge(
            key="fleet/firing",
            title=self._words("Firing alerts by tenant"),
            description=self._words("The tenants with the most alerts now."),
            targets=[
                Query(
                    expr=f'sort_desc(topk({MOST}, count by ({self._label}) (ALERTS{{alertstate="firing"}})))',
                    legend=self._tenant,
                    instant=True,
                )
            ],
            unit="none",
            least=0,
            steps=((1, ORANGE), (5, RED)),
            no_value=self._words("Nothing fires"),
        )

    def timeline(self) -> StateTimeline:
        """How many alerts fired for each tenant over time."""
        return StateTimeline(
            key="fleet/timeline",
            title=self._words("History"),
            description=self._words("How many alerts fired for each tenant."),
            targets=[Query(expr=f'count by ({self._label}) (ALERTS{{alertstate="firing"}})', legend=self._tenant)],
            unit="none",
            steps=((1, ORANGE), (5, RED)),
            no_value=self._words("Nothing fires"),
            width=16,
            show_values="never",
        )

    def shortest(self) -> BarGauge:
        """The smallest budgets."""
        expr = f"sort(bottomk({MOST}, min by ({self._by_slo}) ({names.SLO_REMAINING})))"
        return BarGauge(
            key="fleet/budgets",
            title=self._words("Smallest error budgets left"),
            description=self._words("The objectives of all tenants that are nearest to being missed."),
            targets=[Query(expr=expr, legend=self._slo, instant=True)],
            unit="percentunit",
            least=0,
            most=1,
            base=RED,
            steps=BUDGET,
            mappings=[spent(self._words)],
            no_value=self._words("No tenant has SLOs"),
        )

    def burning(self) -> StateTimeline:
        """Budgets that burned faster than they may."""
        expr = f"max by ({self._by_slo}) ({names.SLO_BURN} and on ({self._by_slo}) bottomk({MOST}, {names.SLO_REMAINING}))"
        return StateTimeline(
            key="fleet/burning",
            title=self._words("Burn rate"),
            description=self._words("How fast each budget burned: 1 is just sustainable."),
            targets=[Query(expr=expr, legend=self._slo)],
            unit="none",
            decimals=1,
            steps=((1, "yellow"), (3, ORANGE), (6, RED), (14.4, "dark-red")),
            no_value=self._words("No tenant has SLOs"),
            width=16,
            show_values="never",
        )
