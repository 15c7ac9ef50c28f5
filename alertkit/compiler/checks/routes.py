"""Routes and inhibit rules that can match, do not repeat each other, and stay inside the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import names
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.scope import Data, Scope


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Matchers on the tenant label, values that no alert has, the same condition twice."""
    routing = data.get("routing", {})
    known = {
        names.LABEL_SEVERITY: set(names.SEVERITIES),
        names.LABEL_SERVICE: {service["name"] for service in data.get("services", [])},
        "alertname": {alert["name"] for alert in data.get("alerts", [])},
    }
    seen: dict[frozenset[tuple[str, str]], int] = {}
    for index, route in enumerate(routing.get("routes", [])):
        path: Path = ("routing", "routes", index, "match")
        yield from _match(route["match"], path, scope, known)
        first = seen.setdefault(frozenset(route["match"].items()), index)
        if first != index:
            message = f"route {index + 1} matches the same as route {first + 1}, which takes every such alert"
            yield Finding(path, "AK601", message, "remove one of them")
    for index, rule in enumerate(routing.get("inhibit", [])):
        for side in ("source", "target"):
            yield from _match(rule[side], ("routing", "inhibit", index, side), scope, known)
        if rule["source"] == rule["target"]:
            message = "source and target match the same alerts, which would mute each other"
            yield Finding(("routing", "inhibit", index), "AK603", message, "tell them apart by a label such as severity")


def _match(match: dict[str, str], path: Path, scope: Scope, known: dict[str, set[str]]) -> Iterator[Finding]:
    for name, value in match.items():
        if name == scope.project.label:
            message = f"label {name!r} is matched by alertkit: a route of this tenant sees no other tenant's alerts"
            yield Finding((*path, name), "AK404", message, "remove it", on_key=True)
        elif name in known and value not in known[name]:
            yield Finding(
                (*path, name), "AK602", f"no alert of this tenant has {name} {value!r}", did_you_mean(value, known[name])
            )
