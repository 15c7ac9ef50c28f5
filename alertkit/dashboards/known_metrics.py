"""Which metrics the dashboards of one tenant may ask for."""

from __future__ import annotations

from alertkit import names, promql
from alertkit.dashboards import delivery
from alertkit.dashboards.context import ViewContext

_OF_ALERTS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_OF_SLOS = frozenset({names.SLO_REMAINING, names.SLO_BURN})
"""What the platform's fleet view asks of the tenants that have SLOs."""


class KnownMetrics:
    """What the tenant's rules record and read, what Prometheus keeps of alerts, and, on the platform's behalf, what the ways to
    people say of themselves."""

    def __init__(self, context: ViewContext) -> None:
        slos = _OF_SLOS if context.tenant == names.PLATFORM else frozenset()
        told = delivery.RECEIVER_METRICS | delivery.ALERTMANAGER_METRICS if context.receiver_job else frozenset()
        self._known = {*context.recorded, *_OF_ALERTS, *slos, *told, *context.shared}
        self._exprs = [rule.expr for group in context.groups for rule in group.rules]

    def __contains__(self, metric: str) -> bool:
        """Whether some rule yields or reads it; only expressions that may name it are read."""
        if metric not in self._known and any(_reads(expr, metric) for expr in self._exprs):
            self._known.add(metric)
        return metric in self._known


def _reads(expr: str, metric: str) -> bool:
    spelled = metric in expr or "\\" in expr  # a name in quotes may be escaped
    return spelled and metric in promql.metric_names(expr)
