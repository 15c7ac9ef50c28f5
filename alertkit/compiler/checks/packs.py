"""Uses of packs: packs, parameters and alerts that exist, values within bounds, rules that do not clash."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.checks.sentences import check_text
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.packs import use, values
from alertkit.compiler.packs.use import Use
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import IsolationError, PromQLError
from alertkit.model.pack import Pack
from alertkit.model.rules import Source
from alertkit.promql import label_flow

_NOWHERE = Source("", 0)


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Every use of a pack that cannot be compiled, and every two that would write the same rule."""
    for index, service in enumerate(data.get("services", [])):
        own = (alert["name"] for alert in data.get("alerts", []) if alert["service"] == service["name"])
        taken = dict.fromkeys(own, "the tenant's own alerts")
        used: set[str] = set()
        for place, entry in enumerate(service.get("packs", [])):
            path: Path = ("services", index, "packs", place)
            pack, findings = _found(entry["use"], (*path, "use"), scope)
            yield from findings
            if entry["use"] in used:
                message = f"the service uses pack {entry['use']!r} twice"
                yield Finding((*path, "use"), "AK302", message, "a second use needs a service of its own")
            elif pack is not None:
                used.add(pack.name)
                yield from _use(entry, pack, path, _Place(data, service["name"], scope))
                yield from _clashes(entry, pack, (*path, "use"), taken)


class _Place:
    """Where a pack is used."""

    def __init__(self, data: Data, service: str, scope: Scope) -> None:
        self.locale: str = data.get("locale", "en")
        self.service, self.scope = service, scope


def _found(name: str, path: Path, scope: Scope) -> tuple[Pack | None, list[Finding]]:
    reading = scope.packs.find(name)
    if reading is None:
        return None, [Finding(path, "AK801", f"there is no pack {name!r}", did_you_mean(name, scope.packs.names()))]
    if reading.pack is None:
        first, count = reading.problems[0], len(reading.problems)
        more = f" and {count - 1} more" if count > 1 else ""
        return None, [Finding(path, "AK806", f"pack {name!r} is wrong itself: {first}{more}", "mend the pack first")]
    return reading.pack, []


def _use(entry: Data, pack: Pack, path: Path, where: _Place) -> Iterator[Finding]:
    findings = [*_parameters(entry, pack, path), *_changes(entry, pack, path, where.scope)]
    yield from findings
    if not findings:
        used = use.use(entry, pack, where.service, where.scope.project, _NOWHERE, where.locale)
        yield from _rules(used, path, where.scope)
        yield from _words(entry, used, path)


def _parameters(entry: Data, pack: Pack, path: Path) -> Iterator[Finding]:
    written = entry.get("with", {})
    yield from values.check(pack.parameters, written, (*path, "with"))
    for name, parameter in pack.parameters.items():
        if parameter.default is None and name not in written:
            message = f"pack {pack.name!r} needs the parameter {name!r}"
            yield Finding((*path, "use"), "AK803", message, f"add it below with: {parameter.description}")


def _changes(entry: Data, pack: Pack, path: Path, scope: Scope) -> Iterator[Finding]:
    for name, change in entry.get("alerts", {}).items():
        if pack.alert(name) is None:
            hint = did_you_mean(name, [alert.name for alert in pack.alerts])
            yield Finding((*path, "alerts", name), "AK805", f"pack {pack.name!r} has no alert {name!r}", hint, on_key=True)
        elif "keep_firing_for" in change and scope.project.targets.prometheus < use.KEEP_FIRING_SINCE:
            target = ".".join(map(str, scope.project.targets.prometheus))
            message = f"keep_firing_for needs Prometheus 2.42; the project's target is {target}"
            hint = "remove it, or raise targets.prometheus"
            yield Finding((*path, "alerts", name, "keep_firing_for"), "AK407", message, hint, on_key=True)


def _rules(used: Use, path: Path, scope: Scope) -> Iterator[Finding]:
    """Names of metrics and labels come from the tenant, so what they make of the expressions is checked again."""
    pack = used.pack
    rules = [*((record.record, record.expr) for record in pack.records), *((alert.name, alert.expr) for alert in pack.alerts)]
    for name, expr in rules:
        try:
            scope.guard(used.fill(expr))
        except (PromQLError, IsolationError) as error:
            message = f"pack {pack.name!r}: with these parameters {name!r} is no rule: {error}"
            yield Finding((*path, "with"), "AK807", message, "metrics and labels cannot be named like words of PromQL")
    for record in sorted(pack.recorded & scope.project.shared_metrics):
        if not scope.is_platform:
            message = f"pack {pack.name!r} records {record!r}, a shared metric, which a tenant may only read"
            yield Finding((*path, "use"), "AK408", message, "take the name out of shared_metrics")


def _words(entry: Data, used: Use, path: Path) -> Iterator[Finding]:
    for name, change in entry.get("alerts", {}).items():
        alert = used.pack.alert(name)
        for key in ("summary", "description"):
            if alert is not None and key in change and change != "off":
                flow = label_flow(used.fill(alert.expr)).add(use.ADDED_LABELS)
                yield from check_text(change[key], (*path, "alerts", name, key), flow)


def _clashes(entry: Data, pack: Pack, path: Path, taken: dict[str, str]) -> Iterator[Finding]:
    """Rules of the pack that the service already has. `taken` says from where, and learns what is new."""
    mine = f"pack {pack.name!r}"
    off = {name for name, change in entry.get("alerts", {}).items() if change == "off"}
    for name in [alert.name for alert in pack.alerts if alert.name not in off] + sorted(pack.recorded):
        other = taken.setdefault(name, mine)
        if other != mine:
            message = f"{name!r} of {mine} is already there from {other}, in the same service"
            yield Finding(path, "AK302", message, "switch one off, or use the pack in another service")


def alert_names(data: Data, scope: Scope) -> Iterator[str]:
    """Names of all alerts that the tenant's packs bring."""
    for service in data.get("services", []):
        for entry in service.get("packs", []):
            reading = scope.packs.find(entry["use"])
            yield from (alert.name for alert in reading.pack.alerts) if reading and reading.pack else ()
