"""Routes, inhibit rules and maintenance windows that can match, do not shadow each other, and stay inside the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import names
from alertkit.compiler.checks import packs
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.scope import Data, Scope


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Matchers on the tenant label, values that no alert has, routes that are never reached."""
    routing = data.get("routing", {})
    known = {
        names.LABEL_SEVERITY: set(names.SEVERITIES),
        names.LABEL_SERVICE: {service["name"] for service in data.get("services", [])},
        "alertname": _alert_names(data) | set(packs.alert_names(data, scope)),
    }
    before: list[Data] = []
    for index, route in enumerate(routing.get("routes", [])):
        path: Path = ("routing", "routes", index, "match")
        yield from _match(route["match"], path, scope, known)
        first = next((place for place, match in enumerate(before) if match.items() <= route["match"].items()), None)
        if first is not None:
            message = f"route {index + 1} never takes an alert: route {first + 1} matches all of them first"
            yield Finding(path, "AK601", message, "put the route with more labels first, or remove one of them")
        before.append(route["match"])
    for index, rule in enumerate(routing.get("inhibit", [])):
        for side in ("source", "target"):
            yield from _match(rule[side], ("routing", "inhibit", index, side), scope, known)
        if rule["source"] == rule["target"]:
            message = "source and target match the same alerts, and none of those can mute another"
            yield Finding(("routing", "inhibit", index), "AK603", message, "tell them apart by a label such as severity")
    for index, window in enumerate(data.get("maintenance", [])):
        yield from _match(window["match"], ("maintenance", index, "match"), scope, known)


def _match(match: dict[str, str], path: Path, scope: Scope, known: dict[str, set[str]]) -> Iterator[Finding]:
    for name, value in match.items():
        if name == scope.project.label:
            message = f"label {name!r} is matched by alertkit: this tenant's routing sees no other tenant's alerts"
            yield Finding((*path, name), "AK404", message, "remove it", on_key=True)
        elif name in known and value not in known[name]:
            yield Finding(
                (*path, name), "AK602", f"no alert of this tenant has {name} {value!r}", did_you_mean(value, known[name])
            )


def _alert_names(data: Data) -> set[str]:
    own = {alert["name"] for alert in data.get("alerts", [])}
    if data.get("slos"):
        own |= {names.SLO_ABSENCE, *(slo.get("alert", names.SLO_ALERT) for slo in data["slos"])}
    return own
