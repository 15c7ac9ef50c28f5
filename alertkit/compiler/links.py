"""Links from an alert to where people look: the panel that draws its expression and threshold."""

from __future__ import annotations

from alertkit import names
from alertkit.model.tenant import Project, Tenant

_VIEW = "technical"


def panel_url(tenant: Tenant, project: Project, rule_id: str) -> str:
    """The panel of a rule in Grafana, or "" when the project names no Grafana or the tenant has no such dashboard."""
    if not project.grafana_url or _VIEW not in tenant.dashboards:
        return ""
    uid = names.dashboard_uid(tenant.name, _VIEW, project.environment)
    return f"{project.grafana_url}/d/{uid}?viewPanel={names.panel_id(names.alert_panel(rule_id))}"
