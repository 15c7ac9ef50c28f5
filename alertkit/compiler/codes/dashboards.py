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
}
"""Codes of dashboards, in order."""
