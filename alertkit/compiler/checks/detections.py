"""Detections: their expressions stay in the tenant, their words can be filled, their names are free."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.checks.expressions import check_expression, check_labels
from alertkit.compiler.checks.sentences import check_text
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.scope import Data, Scope

_FIELDS = {"absence": "selector", "anomaly": "expr", "capacity": "expr"}


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Everything wrong with the tenant's detections."""
    services = {service["name"] for service in data.get("services", [])}
    alerts = {alert["name"] for alert in data.get("alerts", [])}
    for index, entry in enumerate(data.get("detections", [])):
        path: Path = ("detections", index)
        if entry["service"] not in services:
            hint = did_you_mean(entry["service"], services)
            yield Finding((*path, "service"), "AK301", f"unknown service {entry['service']!r}", hint)
        if entry["name"] in alerts:
            message = f"detection {entry['name']!r}: an alert of this name stands under alerts"
            yield Finding((*path, "name"), "AK302", message, "names are unique in a tenant")
        ((kind, field),) = ((kind, field) for kind, field in _FIELDS.items() if kind in entry)
        yield from check_expression(entry[kind][field], (*path, kind, field), scope)
        yield from check_labels(entry, path, scope)
        for key in ("summary", "description"):
            if key in entry:
                yield from check_text(entry[key], (*path, key), None)
