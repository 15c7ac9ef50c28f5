"""Links from an alert to where people look: the panel that draws its expression and threshold."""

from __future__ import annotations

from alertkit import names
from alertkit.model.tenant import Project, Tenant

_VIEW, _SLO_VIEW = "technical", "slo"


def panel_url(tenant: Tenant, project: Project, rule_id: str) -> str:
    """The panel of a rule in Grafana, or "" when the project names no Grafana or the tenant has no such dashboard."""
    view, key = _VIEW, names.alert_panel(rule_id)
    if _SLO_VIEW in tenant.dashboards and (slo := _slo_of(rule_id, tenant)):
        view, key = _SLO_VIEW, names.slo_panel(slo)
    if not project.grafana_url or view not in tenant.dashboards:
        return ""
    uid = names.dashboard_uid(tenant.name, view, project.environment)
    return f"{project.grafana_url}/d/{uid}?viewPanel={names.panel_id(key)}&{names.PANEL_RANGE}"


def _slo_of(rule_id: str, tenant: Tenant) -> str:
    """The SLO whose alert it is, or ""."""
    name = rule_id.split("/")[1] if rule_id.startswith(names.SLO_RULES) else ""
    return name if any(slo.name == name for slo in tenant.slos) else ""
