"""Routes, inhibit rules and maintenance windows that can match, do not shadow each other, and stay inside the tenant."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alertkit import names
from alertkit.compiler.checks.conditions import Conditions, satisfiable
from alertkit.compiler.checks.lookup import unknown
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.resolve import routing as routes_read
from alertkit.compiler.scope import Data, Scope
from alertkit.model.route import Matcher

Target = tuple[str, str]
"""`escalate` or `notify`, and the name."""


class Branch(msgspec.Struct, frozen=True):
    """A written route: its matchers, those above it included in `chain`, and what takes its alerts.

    `timed` are its keys that name intervals.
    """

    path: Path
    own: tuple[Matcher, ...]
    chain: tuple[Matcher, ...]
    follow: bool
    target: Target | None
    below: tuple[Branch, ...] = ()
    timed: tuple[str, ...] = ()


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Conditions that cannot be met, targets that are missing, routes that are never reached or page twice."""
    routing, held = data.get("routing", {}), Conditions.of(data, scope)
    for route, path in written_routes(routing):
        yield from _written(route, path, data, held)
    for index, window in enumerate(data.get("maintenance", [])):
        yield from held.check(window["match"], ("maintenance", index, "match"))
    top = _default(routing)
    branches = _branches(routing.get("routes", []), ("routing", "routes"), (), top)
    yield from _unreachable(branches)
    yield from _targets(branches)
    mirrors = tuple(_mirror(index, one) for index, one in enumerate(routing.get("receivers", [])) if one.get("mirror"))
    yield from _twice((*mirrors, *branches, Branch(("routing", "notify"), (), (), follow=False, target=top)))


def written_routes(routing: Data) -> Iterator[tuple[Data, Path]]:
    """Every route with its path, depth first."""

    def walk(routes: list[Data], path: Path) -> Iterator[tuple[Data, Path]]:
        for index, route in enumerate(routes):
            yield route, (*path, index)
            yield from walk(route.get("routes", []), (*path, index, "routes"))

    yield from walk(routing.get("routes", []), ("routing", "routes"))


def _written(route: Data, path: Path, data: Data, held: Conditions) -> Iterator[Finding]:
    """What can be said of a route alone."""
    for key in ("match", "matchers"):
        if key in route:
            yield from held.check(route[key], (*path, key))
    if "match" not in route and "matchers" not in route:
        message = "the route has neither match nor matchers, so it would take every alert"
        yield Finding(path, "AK605", message, "say which alerts it takes; routing.notify and the services' owners take the rest")
    if "escalate" in route and "notify" in route:
        message = "the route has both escalate and notify; an alert goes to a policy or to a receiver of Alertmanager's own"
        yield Finding((*path, "notify"), "AK605", message, "use two routes, the first with continue: true", on_key=True)
    if "escalate" in route:
        known = {policy["name"] for policy in data.get("escalation", [])}
        yield from unknown("policy", route["escalate"], known, (*path, "escalate"))


def _default(routing: Data) -> Target | None:
    return ("notify", routing["notify"]) if "notify" in routing else None


def _branches(routes: list[Data], path: Path, above: tuple[Matcher, ...], default: Target | None) -> tuple[Branch, ...]:
    """Routes whose conditions can be read; a sibling that continues adds what is left over to the end."""
    found = []
    for index, route in enumerate(routes):
        try:
            own = routes_read.route_matchers(route)
        except ValueError:
            continue
        chain, target = (*above, *own), _target(route, default)
        below = _branches(route.get("routes", []), (*path, index, "routes"), chain, target)
        if any(branch.follow for branch in below):
            below = (*below, Branch((*path, index), (), chain, follow=False, target=target))
        timed = tuple(key for key in ("mute", "active") if key in route)
        found.append(Branch((*path, index), own, chain, route.get("continue", False), target, below, timed))
    return tuple(found)


def _target(route: Data, default: Target | None) -> Target | None:
    return next(((key, route[key]) for key in ("escalate", "notify") if key in route), default)


def _mirror(index: int, receiver: Data) -> Branch:
    critical = (Matcher(names.LABEL_SEVERITY, "=", names.SEVERITIES[0]),)
    return Branch(("routing", "receivers", index, "mirror"), critical, critical, follow=True, target=("notify", receiver["name"]))


def _unreachable(branches: tuple[Branch, ...]) -> Iterator[Finding]:
    for place, branch in enumerate(branches):
        wider = next((one for one in branches[:place] if one.own and not one.follow and set(one.own) <= set(branch.own)), None)
        if wider is not None and branch.own:
            message = f"{_name(branch)} never takes an alert: {_name(wider)} matches all of them first"
            yield Finding(_condition(branch), "AK601", message, "put the route with more labels first, or remove one of them")
        elif not satisfiable(branch.chain):
            message = f"{_name(branch)} never takes an alert: its conditions and those above it contradict each other"
            yield Finding(_condition(branch), "AK607", message, "compare them label by label")
        yield from _unreachable(branch.below)


def _targets(branches: tuple[Branch, ...]) -> Iterator[Finding]:
    """Routes without one, and intervals on the way to a policy."""
    for branch in branches:
        if branch.target is None:
            message = f"{_name(branch)} does not say what takes its alerts"
            yield Finding(branch.path, "AK605", message, "add escalate: with a policy, or notify: with one of routing.receivers")
            continue
        for key in branch.timed if branch.target[0] == "escalate" else ():
            message = f"{key} stands on a route that escalates: Alertmanager would keep back the end of alerts, too"
            hint = "give the policy active: hours, or write a maintenance window"
            yield Finding((*branch.path, key), "AK609", message, hint, on_key=True)
        yield from _targets(branch.below)


def _twice(branches: tuple[Branch, ...]) -> Iterator[Finding]:
    """Alertmanager tells a receiver once for each route that takes an alert: two to one target would page twice."""
    for place, branch in enumerate(branches):
        for later in branches[place + 1 :] if branch.follow else ():
            yield from _shared(branch, later)
        yield from _twice(branch.below)


def _shared(earlier: Branch, later: Branch) -> Iterator[Finding]:
    for one in _taking(earlier):
        for other in _taking(later):
            if one.target == other.target and one.target is not None and _both_take(one, other):
                message = (
                    f"an alert that {_name(one)} takes would reach {_words(one.target)} a second time through {_name(other)}"
                )
                hint = "remove continue there, or send one of the two elsewhere"
                yield Finding(other.path, "AK606", message, hint)


def _taking(branch: Branch) -> Iterator[Branch]:
    yield branch
    for below in branch.below:
        yield from _taking(below)


def _both_take(one: Branch, other: Branch) -> bool:
    """Can an alert be taken by both? A route does not take what a route below it surely does."""
    both = {*one.chain, *other.chain}
    passed_down = any(set(below.own) <= both for branch in (one, other) for below in branch.below)
    return not passed_down and satisfiable((*one.chain, *other.chain))


def _condition(branch: Branch) -> Path:
    return (*branch.path, "match")


def _words(target: Target) -> str:
    return f"policy {target[1]!r}" if target[0] == "escalate" else f"receiver {target[1]!r}"


def _name(branch: Branch) -> str:
    """`route 2`, `route 2.1` for the first one below it, `the mirror`, or what takes the rest."""
    numbers = [str(part + 1) for part in branch.path if isinstance(part, int)]
    if branch.path[:2] == ("routing", "receivers"):
        return f"the mirror {branch.target[1] if branch.target else ''!r}"
    return f"route {'.'.join(numbers)}" if numbers else "routing.notify"
