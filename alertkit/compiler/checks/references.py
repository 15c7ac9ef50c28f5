"""Names that must exist: owners, members, people, teams, schedules and channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.scope import Data, Scope


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Every name that nothing defines."""
    people = {person["id"] for person in data.get("people", [])}
    teams = _names(data.get("teams", [])) | _names(scope.lent("teams"))
    services = _names(data.get("services", []))
    for index, service in enumerate(data.get("services", [])):
        yield from _unknown("team", service["owner"], teams, ("services", index, "owner"))
    for index, alert in enumerate(data.get("alerts", [])):
        yield from _unknown("service", alert["service"], services, ("alerts", index, "service"))
    for index, team in enumerate(data.get("teams", [])):
        for place, member in enumerate(team.get("members", [])):
            yield from _unknown("person", member, people, ("teams", index, "members", place))
    for name in data.get("environments", {}):
        if name not in scope.project.environments:
            message = f"the project has no environment {name!r}"
            hint = did_you_mean(name, scope.project.environments) or "add it to environments in alertkit.yaml"
            yield Finding(("environments", name), "AK305", message, hint, on_key=True)
    yield from _schedules(data, people)
    yield from _steps(data, scope, {"person": people, "team": teams})


def _schedules(data: Data, people: set[str]) -> Iterator[Finding]:
    for index, schedule in enumerate(data.get("schedules", [])):
        path: Path = ("schedules", index)
        for place, layer in enumerate(schedule["layers"]):
            for turn, member in enumerate(layer["members"]):
                yield from _unknown("person", member, people, (*path, "layers", place, "members", turn))
        for place, override in enumerate(schedule.get("overrides", [])):
            yield from _unknown("person", override["person"], people, (*path, "overrides", place, "person"))


def _steps(data: Data, scope: Scope, known: dict[str, set[str]]) -> Iterator[Finding]:
    known = known | {
        "schedule": _names(data.get("schedules", [])) | _names(scope.lent("schedules")),
        "channel": _names(data.get("channels", [])) | _names(scope.lent("channels")),
    }
    for index, policy in enumerate(data.get("escalation", [])):
        for place, step in enumerate(policy["steps"]):
            for turn, target in enumerate(step["notify"]):
                ((kind, name),) = target.items()
                yield from _unknown(kind, name, known[kind], ("escalation", index, "steps", place, "notify", turn, kind))


def _names(entries: Iterable[Data]) -> set[str]:
    return {entry["name"] for entry in entries}


def _unknown(kind: str, name: str, known: set[str], path: Path) -> Iterator[Finding]:
    if name not in known:
        yield Finding(path, "AK301", f"unknown {kind} {name!r}", did_you_mean(name, known))
