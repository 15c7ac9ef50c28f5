"""AK6xx: routes, inhibition and maintenance."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK601": Code(
        "A route that is never reached",
        "The first route that matches takes the alert. An earlier route matches every alert of this one.",
        wrong=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "  - {name: night, steps: [{notify: [{team: platform}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical}, escalate: day}\n"
            "    - {match: {severity: critical, service: web}, escalate: night}\n"
        ),
        right=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "  - {name: night, steps: [{notify: [{team: platform}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical, service: web}, escalate: day}\n"
            "    - {match: {severity: critical}, escalate: night}\n"
        ),
    ),
    "AK602": Code(
        "A value that no alert has",
        "No alert of the tenant has this severity, service or name, so nothing would ever match.",
        wrong=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: fatal}, escalate: day}\n"
        ),
        right=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical}, escalate: day}\n"
        ),
    ),
    "AK603": Code(
        "An inhibit rule without effect",
        "Source and target of the rule match the same alerts. Alertmanager lets no alert that matches both sides be muted by "
        "another one that does, so the rule would mute nothing.",
        wrong="routing:\n  inhibit:\n    - {source: {severity: warning}, target: {severity: warning}, equal: [region]}\n",
        right="routing:\n  inhibit:\n    - {source: {severity: critical}, target: {severity: warning}, equal: [region]}\n",
    ),
}
