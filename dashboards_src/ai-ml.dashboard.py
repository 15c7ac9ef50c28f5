"""The ai-ml view: figures, alerts and recorded series of the packs that say `view: ai-ml`."""

from __future__ import annotations

from alertkit.dashboards import EXAMPLE, Dashboard, ViewContext, Words, pack_parts


def build(context: ViewContext) -> Dashboard | None:
    """The ai-ml dashboard of a tenant; None when it uses no pack for it."""
    words = Words(context.locale)
    description = words("Quality, drift, latency and freshness of the models of {tenant}.", tenant=context.title)
    return pack_parts.view("ai-ml", context, words, words("AI and ML"), description)


dashboard = build(EXAMPLE)
