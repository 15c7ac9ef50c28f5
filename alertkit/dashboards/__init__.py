"""Grafana dashboards from what a tenant's rules yield: panels, layout, one normaliser, and checks of the result."""

from alertkit.dashboards import delivery, lint, offenders, pack_parts, parts, slo_parts
from alertkit.dashboards.builder import build, build_body, build_foreign, encode
from alertkit.dashboards.checks import Checker, check_dashboard, dead_links
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.example import EXAMPLE, PLATFORM
from alertkit.dashboards.layout import Row
from alertkit.dashboards.page import Dashboard, page
from alertkit.dashboards.words import Words
from alertkit.resources import dashboard_views as views

__all__ = [
    "EXAMPLE",
    "PLATFORM",
    "Checker",
    "Dashboard",
    "Row",
    "ViewContext",
    "Words",
    "build",
    "build_body",
    "build_foreign",
    "check_dashboard",
    "dead_links",
    "delivery",
    "encode",
    "lint",
    "offenders",
    "pack_parts",
    "page",
    "parts",
    "slo_parts",
    "views",
]
