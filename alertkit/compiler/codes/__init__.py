"""Every problem code: what it means, and how the mistake looks wrong and right. docs/reference/problems.md is made from this."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes import calendars, dashboards, form, packs, people, reading, routing, rules, slos, tools
from alertkit.compiler.codes.code import Code

__all__ = ["AREAS", "CODES", "Code"]

AREAS: Final[dict[str, dict[str, Code]]] = {
    "Reading YAML": reading.CODES,
    "Keys and values": form.CODES,
    "Names, people and channels": people.CODES,
    "Rules and sentences": rules.CODES,
    "Dates and times": calendars.CODES,
    "Routing": routing.CODES,
    "Service level objectives": slos.CODES,
    "Packs": packs.CODES,
    "Dashboards": dashboards.CODES,
    "What Prometheus and Alertmanager say": tools.CODES,
}
"""Codes by subject, in order."""

CODES: Final[dict[str, Code]] = {code: page for area in AREAS.values() for code, page in area.items()}
