"""Tests of the routing that can be asked: names that exist, moments that exist, and a moment where people are expected."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit import names
from alertkit.compiler.checks import calendars
from alertkit.compiler.checks.lookup import unknown
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.reading.merge import REMOVE
from alertkit.compiler.scope import Data, Scope


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Everything that would keep a test from being run, or from meaning something."""
    routing = data.get("routing", {})
    teams = [*data.get("teams", []), *scope.lent("teams")]
    implied = {names.POLICY_UNROUTED, *(names.owner_policy(team["name"]) for team in teams)}
    known = {
        "policy": {policy["name"] for policy in data.get("escalation", [])} | implied,
        "receiver": {receiver["name"] for receiver in routing.get("receivers", [])},
        "person": {person["id"] for person in data.get("people", [])},
    }
    for index, test in enumerate(routing.get("tests", [])):
        if REMOVE not in test:
            yield from _test(test, ("routing", "tests", index), known, scope)


def _test(test: Data, path: Path, known: dict[str, set[str]], scope: Scope) -> Iterator[Finding]:
    if test["labels"].get(scope.project.label, scope.tenant) != scope.tenant:
        message = f"label {scope.project.label!r} of a test is always this tenant's"
        yield Finding((*path, "labels", scope.project.label), "AK404", message, "remove it", on_key=True)
    if "at" in test:
        yield from calendars.check_moment(test["at"], (*path, "at"))
    reaches = test["reaches"]
    expected = {} if reaches == "nobody" else reaches
    for kind, name in expected.items():
        yield from unknown(kind, name, known[kind], (*path, "reaches", kind))
    if "at" not in test and (reaches == "nobody" or "person" in expected):
        message = "who is told depends on the time, and the test has none"
        yield Finding(path, "AK612", message, "add at: with a local time such as 2026-11-21T03:00")
