"""A small tenant to build views from when grafanalib's own generator loads one: something for every view."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from alertkit import names
from alertkit.dashboards.context import ViewContext
from alertkit.model.pack import View
from alertkit.model.policy import AlertText
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup, Source
from alertkit.model.slo import BASE, DAY, EventsErrors, Slo, Tier
from alertkit.model.tenant import PackUse, Service

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
_HOUR, _MONTH = Duration.of(hours=1), Duration.of(days=30)
_SLO = Slo(
    name="checkout-availability",
    service="checkout",
    objective=Decimal("0.999"),
    window=_MONTH,
    sli=EventsErrors('http_requests_total{tenant="acme",code=~"5.."}', 'http_requests_total{tenant="acme"}'),
    tiers=(Tier("page-1h", "critical", _HOUR, BASE, Decimal("0.02")),),
    source=_HERE,
)
_OF_SLO = {names.LABEL_SERVICE: _SLO.service, names.LABEL_SLO: _SLO.name, "tenant": "acme"}
_PACKS: dict[View, tuple[str, str]] = {
    "security": ("service:http_denials:rate10m", 'sum(rate(http_requests_total{tenant="acme",code="403"}[10m]))'),
    "ai-ml": ("service:predictions:rate5m", 'sum(rate(predictions_total{tenant="acme"}[5m]))'),
    "business": ("service:streams_started:rate5m", 'sum(rate(streams_started_total{tenant="acme"}[5m]))'),
}
"""What a pack for each view records."""


def _slo_group() -> RuleGroup:
    events, errors = (f'{name}{{tenant="acme",slo="{_SLO.name}"}}' for name in (names.SLO_EVENTS, names.SLO_ERRORS))
    ratios = {names.slo_ratio(window): f"{errors} / {events}" for window in (BASE, _HOUR, DAY, _MONTH)}
    own = f'{names.slo_ratio(_MONTH)}{{tenant="acme",slo="{_SLO.name}"}}'
    exprs = {
        names.SLO_EVENTS: 'sum(rate(http_requests_total{tenant="acme"}[5m]))',
        names.SLO_ERRORS: 'sum(rate(http_requests_total{tenant="acme",code=~"5.."}[5m]))',
        **ratios,
        names.SLO_OBJECTIVE: "vector(0.999)",
        names.SLO_BUDGET: "vector(0.001)",
        names.SLO_BURN: f"{own} / 0.001",
        names.SLO_PERIOD_BURN: f"{own} / 0.001",
        names.SLO_REMAINING: f"1 - {own} / 0.001",
    }
    return RuleGroup("acme/slos", tuple(RecordingRule(name, expr, _OF_SLO, _HERE) for name, expr in exprs.items()))


def _pack_group(view: str, record: str, expr: str) -> RuleGroup:
    name = names.group("acme", names.pack_group("checkout", view))
    return RuleGroup(name, (RecordingRule(record, expr, {"service": "checkout", "tenant": "acme"}, _HERE),))


EXAMPLE: Final = ViewContext(
    tenant="acme",
    title="Acme Music",
    locale="en",
    timezone="Europe/Paris",
    label="tenant",
    isolated=True,
    datasource="prometheus",
    grafana=(10, 4),
    services=(Service(name="royalties", owner="payments"), Service(name="checkout", owner="payments")),
    groups=(
        RuleGroup("acme/records", (_RECORD,)),
        RuleGroup("acme/alerts", (_ALERT,)),
        _slo_group(),
        *(_pack_group(view, *record) for view, record in _PACKS.items()),
    ),
    texts={"RoyaltyExportLate": AlertText("RoyaltyExportLate", "duration", {"en": "The last royalty export is {value} old"})},
    views=("technical",),
    slos=(_SLO,),
    uses=tuple(PackUse("checkout", view, view.capitalize(), view) for view in _PACKS),
    receiver_job="alertkit",
)
PLATFORM: Final = msgspec.structs.replace(EXAMPLE, tenant=names.PLATFORM, title="Platform", isolated=False)
"""The same for views that the platform alone has."""
