"""A small tenant to build views from when grafanalib's own generator loads one."""

from __future__ import annotations

from typing import Final

from alertkit import names
from alertkit.dashboards.context import ViewContext
from alertkit.model.policy import AlertText
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup, Source
from alertkit.model.tenant import Service

_HERE = Source("tenants/acme.yaml", 1)
_RECORD = RecordingRule(
    record="service:http_requests:rate5m",
    expr='sum by (service) (rate(http_requests_total{tenant="acme"}[5m]))',
    labels={"tenant": "acme"},
    source=_HERE,
)
_ALERT = AlertingRule(
    id="RoyaltyExportLate",
    alert="RoyaltyExportLate",
    expr='time() - royalty_export_last_success_timestamp_seconds{tenant="acme"} > 26 * 3600',
    labels={"severity": "critical", "service": "royalties", "tenant": "acme"},
    annotations={names.ANNOTATION_RUNBOOK: "https://runbooks.acme.example/royalty-export"},
    source=_HERE,
    hold=Duration.of(minutes=15),
)

EXAMPLE: Final = ViewContext(
    tenant="acme",
    title="Acme Music",
    locale="en",
    timezone="Europe/Paris",
    label="tenant",
    isolated=True,
    datasource="prometheus",
    grafana=(10, 4),
    services=(Service(name="royalties", owner="payments"),),
    groups=(RuleGroup("acme/records", (_RECORD,)), RuleGroup("acme/alerts", (_ALERT,))),
    texts={"RoyaltyExportLate": AlertText("RoyaltyExportLate", "duration", {"en": "The last royalty export is {value} old"})},
    views=("technical",),
)
