"""The security view: figures, alerts and recorded series of the packs that say `view: security`."""

from __future__ import annotations

from alertkit.dashboards import EXAMPLE, Dashboard, ViewContext, Words, pack_parts


def build(context: ViewContext) -> Dashboard | None:
    """The security dashboard of a tenant; None when it uses no pack for it."""
    words = Words(context.locale)
    description = words("Intrusion, access, certificates and data protection at {tenant}.", tenant=context.title)
    return pack_parts.view("security", context, words, words("Security"), description)


dashboard = build(EXAMPLE)
