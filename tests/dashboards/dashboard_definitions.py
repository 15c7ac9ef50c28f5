from __future__ import annotations

import msgspec

from alertkit.dashboards import EXAMPLE
from alertkit.model.policy import AlertText
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup, Source
from alertkit.model.tenant import Service

HERE = Source("tenants/acme.yaml", 7)


def alert(name, expr, service="checkout", severity="critical", hold=Duration.of(minutes=5)):  # noqa: B008 - frozen
    labels = {"severity": severity, "service": service, "tenant": "acme"}
    return AlertingRule(id=name, alert=name, expr=expr, labels=labels, annotations={}, source=HERE, hold=hold)


def record(name, expr, **labels):
    return RecordingRule(record=name, expr=expr, labels={**labels, "tenant": "acme"}, source=HERE)


def context_with(*rules, texts=None, **changes):
    groups = (RuleGroup("acme/rules", tuple(rules)),) if rules else ()
    services = (Service("checkout", "payments"), Service("edge", "payments"))
    return msgspec.structs.replace(EXAMPLE, groups=groups, services=services, texts=texts or {}, **changes)


def acme():
    """A tenant with one rule of every kind that the technical view tells apart."""
    return context_with(
        alert("ErrorsHigh", 'sum by (job) (rate(errors_total{tenant="acme"}[5m])) > 2 * 5'),
        alert("QueueStuck", '0.5 >= queue_moves{tenant="acme"}', severity="warning"),
        alert("NoMetrics", 'absent(up{tenant="acme",job="edge"})', service="edge"),
        alert("Restarting", 'changes(start_time_seconds{tenant="acme"}[1h]) == 3', service="edge", severity="info"),
        alert("Odd", 'a{tenant="acme"} > b{tenant="acme"}', service="legacy"),
        record("service:errors:rate5m", 'sum by (service) (rate(errors_total{tenant="acme"}[5m]))'),
        record("edge:up:count", 'count(up{tenant="acme",job="edge"})', service="edge"),
        texts={
            "ErrorsHigh": AlertText(
                "ErrorsHigh", "per_second", {"en": "{job} makes {value} errors", "fr": "{job} fait {value} erreurs"}
            ),
            "QueueStuck": AlertText(
                "QueueStuck", "count", {"en": "Stuck [here](http://x) *now*"}, runbook="https://runbooks.example/q?a=$b"
            ),
        },
    )
