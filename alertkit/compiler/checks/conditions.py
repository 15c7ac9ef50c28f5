"""Matchers of routes, inhibit rules and windows: readable, the tenant's, for the target, with values that alerts have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import msgspec

from alertkit import names
from alertkit.compiler.checks import packs
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.resolve import routing
from alertkit.compiler.routes import native
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import Level
from alertkit.model.route import Matcher
from alertkit.routing import matchers

_ALIKE = 0.8
"""Of two names, from which likeness on one is taken for the other misspelt: `sevrity`, `services`."""


class Conditions(msgspec.Struct, frozen=True):
    """What conditions are held against: the project, for labels whose values are known those values, and labels of alerts."""

    scope: Scope
    known: dict[str, set[str]]
    labels: frozenset[str]

    @classmethod
    def of(cls, data: Data, scope: Scope) -> Conditions:
        """The conditions of one definition."""
        known = {
            names.LABEL_SEVERITY: set(names.SEVERITIES),
            names.LABEL_SERVICE: {service["name"] for service in data.get("services", [])},
            "alertname": _alert_names(data) | set(packs.alert_names(data, scope)),
        }
        written = frozenset(label for alert in data.get("alerts", []) for label in alert.get("labels", ()))
        return cls(scope, known, written | known.keys())

    def check(self, written: dict[str, str] | list[str], path: Path) -> Iterator[Finding]:
        """Everything wrong with labels and their values, or with a list of matchers."""
        if isinstance(written, dict):
            for name, value in written.items():
                yield from self._matcher(Matcher(name, "=", value), (*path, name), keyed=True)
            return
        for index, text in enumerate(written):
            try:
                matcher = matchers.parse(text)
            except ValueError as error:
                yield Finding((*path, index), "AK604", str(error), _matcher_hint(text))
            else:
                yield from self._matcher(matcher, (*path, index))

    def _matcher(self, matcher: Matcher, path: Path, *, keyed: bool = False) -> Iterator[Finding]:
        name, target = matcher.name, self.scope.project.targets.alertmanager
        if name == self.scope.project.label:
            message = f"label {name!r} is matched by alertkit: this tenant's routing sees no other tenant's alerts"
            yield Finding(path, "AK404", message, "remove it", on_key=keyed)
        elif not matchers.is_classic(name) and target < native.UTF8_SINCE:
            message = f"a label called {name!r} needs Alertmanager 0.27; the project's target is {_dotted(target)}"
            yield Finding(path, "AK611", message, "match another label, or raise targets.alertmanager")
        elif name in self.known and matcher.op in ("=", "=~") and not any(map(matchers.accepts(matcher), self.known[name])):
            message = f"no alert of this tenant has {name} {matcher.value!r}"
            yield Finding(path, "AK602", message, did_you_mean(matcher.value, self.known[name]))
        elif misspelt := name not in self.labels and difflib.get_close_matches(name, self.known, n=1, cutoff=_ALIKE):
            message = f"no alert has a label {name!r}, unless its expression returns one"
            yield Finding(path, "AK602", message, f"did you mean {misspelt[0]!r}?", on_key=keyed, level=Level.WARNING)


def read(written: dict[str, str] | list[str]) -> tuple[Matcher, ...] | None:
    """The matchers, or None when one cannot be read, which `Conditions.check` reports."""
    try:
        return routing.condition(written)
    except ValueError:
        return None


def satisfiable(found: tuple[Matcher, ...]) -> bool:
    """False when no alert can meet all of them: one demands a value of a label that another does not accept."""
    demanded = {matcher.name: matcher.value for matcher in found if matcher.op == "="}
    return all(matchers.accepts(one)(demanded[one.name]) for one in found if one.name in demanded)


def _alert_names(data: Data) -> set[str]:
    own = {entry["name"] for section in ("alerts", "detections") for entry in data.get(section, [])}
    if data.get("slos"):
        own |= {names.SLO_ABSENCE, *(slo.get("alert", names.SLO_ALERT) for slo in data["slos"])}
    return own


def _matcher_hint(text: str) -> str:
    if "==" in text:
        return "write = for one value, =~ for a pattern"
    return "write a label, one of = != =~ !~, and a value in double quotes"


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
