"""SLOs: arithmetic that holds, expressions that stay in the tenant, ids that do not clash."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.checks.sentences import check_text
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.resolve.slos import path_in_definition, resolve_slo
from alertkit.compiler.scope import Data, Scope
from alertkit.compiler.slos import checks, queries
from alertkit.errors import IsolationError, Level, PromQLError
from alertkit.model.rules import Source
from alertkit.model.slo import BASE, Slo


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Everything wrong with the tenant's SLOs."""
    services = {service["name"] for service in data.get("services", [])}
    slos = []
    for index, entry in enumerate(data.get("slos", [])):
        path: Path = ("slos", index)
        if entry["service"] not in services:
            hint = did_you_mean(entry["service"], services)
            yield Finding((*path, "service"), "AK301", f"unknown service {entry['service']!r}", hint)
        slo = resolve_slo(entry, data["locale"], Source("", 0))
        slos.append(slo)
        if not slo.tiers and "off" not in (entry.get("page"), entry.get("ticket")):
            hint = "a longer window, tiers of your own, or page: off and ticket: off where it should only be seen"
            yield Finding(
                (*path, "window"), "AK701", f"SLO {slo.name!r}: no tier fits into {slo.window}: nothing ever fires", hint
            )
        flaws = checks.check(slo, scope.project.label)
        for flaw in flaws:
            place = (*path, *path_in_definition(flaw.path))
            yield Finding(place, "AK701", f"SLO {slo.name!r}: {flaw.message}", flaw.hint, level=flaw.level)
        if not any(flaw.level is Level.ERROR for flaw in flaws):
            yield from _expressions(slo, path, scope)
        for key in ("summary", "description"):
            if key in entry:
                yield from check_text(entry[key], (*path, key), None)
    for clash in checks.clashes(slos):
        yield Finding(("slos",), "AK702", f"two SLOs have the id {clash!r} in Sloth's form", "rename one of them")


def _expressions(slo: Slo, path: Path, scope: Scope) -> Iterator[Finding]:
    for field, expr in queries.authored(slo.sli, BASE):
        place = (*path, *path_in_definition(("sli", field)))
        try:
            scope.guard(expr)
        except PromQLError as error:
            yield Finding(place, "AK401", f"SLO {slo.name!r}: not PromQL: {error}", offset=error.offset)
        except IsolationError as error:
            yield Finding(place, "AK402", f"SLO {slo.name!r}: cannot be confined to the tenant: {error}", offset=error.offset)
