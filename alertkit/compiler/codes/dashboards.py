"""AK83x: dashboards."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK831": Code(
        "A dashboard that code of the project builds",
        "A builder of the project's or a tenant's own, `dashboards/<view>.dashboard.py`, is Python: whoever may change it runs "
        "code wherever the definitions are compiled. It is run with --trust alone, once somebody has read it.",
    ),
    "AK832": Code(
        "A dashboard that nothing feeds",
        "A view shows what the tenant has: without SLOs there is nothing for the SLO view, and without a pack that says "
        "`view: security` nothing for the security view. The file is not written. This is a warning.",
        wrong="dashboards: [technical, slo]\n"
        "alerts: [{name: Down, service: web, expr: up == 0, severity: info, summary: Gone}]\n",
        right="dashboards: [technical]\nalerts: [{name: Down, service: web, expr: up == 0, severity: info, summary: Gone}]\n",
    ),
    "AK833": Code(
        "Two dashboards that Grafana cannot tell apart",
        "Grafana takes a uid once in an organization and a title once in a folder; of two it shows one, and says so in its log "
        "alone. Uids come from tenant, view and environment, titles from the tenant and the view.",
    ),
    "AK834": Code(
        "A dashboard that would not work",
        "A finished dashboard has a flaw that Grafana would hide: a link that leads nowhere, a query that leaves its tenant or "
        "asks for a metric that no rule records or reads, a panel without title, unit or query. The message begins with the "
        "rule's name; for dashboards of the project's own, `.lint` beside their builders can say where a rule does not count.",
    ),
}
"""Codes of dashboards, in order."""
