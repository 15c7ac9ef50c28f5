"""What a definition says about routing, as values: matchers, routes, receivers of Alertmanager's own, intervals, tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final

from alertkit import names
from alertkit.compiler.finding import Path
from alertkit.model.oncall import Restriction
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, TimeInterval
from alertkit.model.rules import Source
from alertkit.model.tenant import NativeDefinition, RouteDefinition, RouteTest
from alertkit.routing import matchers

Written = dict[str, Any]
Places = Callable[[Path], Source]
"""Where a path of the definition stands in its files."""

OPTIONS: Final = ("channel", "to", "url", "region")
SECRETS: Final = ("url", "token", "routing_key", "api_key")


def condition(written: dict[str, str] | list[str]) -> tuple[Matcher, ...]:
    """The matchers of labels with their values, or of a list in Alertmanager's notation; each once, sorted.

    Raises:
        ValueError: one of the list is no matcher.
    """
    if isinstance(written, dict):
        return tuple(Matcher(name, "=", value) for name, value in sorted(written.items()))
    return tuple(sorted({matchers.parse(text) for text in written}))


def route_matchers(route: Written) -> tuple[Matcher, ...]:
    """The matchers of a route, those of `match` first.

    Raises:
        ValueError: one of them is no matcher.
    """
    return tuple(dict.fromkeys((*condition(route.get("match", {})), *condition(route.get("matchers", [])))))


def routes(written: Iterable[Written], path: Path, places: Places) -> tuple[RouteDefinition, ...]:
    """Routes that have been checked."""
    return tuple(_route(route, (*path, index), places) for index, route in enumerate(written))


def _route(route: Written, path: Path, places: Places) -> RouteDefinition:
    return RouteDefinition(
        match=route_matchers(route),
        policy=route.get("escalate", ""),
        source=places(path),
        notify=route.get("notify", ""),
        group_by=tuple(route.get("group_by", ())),
        group_wait=_duration(route.get("group_wait")),
        group_interval=_duration(route.get("group_interval")),
        repeat_interval=_duration(route.get("repeat_interval")),
        mute=tuple(route.get("mute", ())),
        active=tuple(route.get("active", ())),
        follow=route.get("continue", False),
        routes=routes(route.get("routes", []), (*path, "routes"), places),
    )


def native(receiver: Written, tenant: str) -> NativeDefinition:
    """A receiver that has been checked; its secrets are the tenant's."""
    return NativeDefinition(
        name=receiver["name"],
        kind=receiver["type"],
        options={key: receiver[key] for key in OPTIONS if isinstance(receiver.get(key), str)},
        secrets={key: names.secret(tenant, receiver[key]["secret"]) for key in SECRETS if isinstance(receiver.get(key), dict)},
        mirror=receiver.get("mirror", False),
    )


def interval(written: Written, zone: str, restriction: Callable[[Written], Restriction]) -> TimeInterval:
    """An interval that has been checked; `zone` is the tenant's."""
    return TimeInterval(
        name=written["name"],
        timezone=written.get("timezone", zone),
        hours=tuple(restriction(times) for times in written.get("times", [])),
        dates=tuple(dt.date.fromisoformat(day) for day in written.get("dates", [])),
    )


def test(written: Written, source: Source) -> RouteTest:
    """A test that has been checked."""
    reaches = written["reaches"]
    expected = {} if reaches == "nobody" else reaches
    return RouteTest(
        name=written["name"],
        labels=written["labels"],
        source=source,
        at=dt.datetime.fromisoformat(written["at"]) if "at" in written else None,
        within=Duration.parse(written.get("within", "0s")),
        policy=expected.get("policy", ""),
        receiver=expected.get("receiver", ""),
        person=expected.get("person", ""),
        nobody=reaches == "nobody",
    )


def _duration(text: str | None) -> Duration | None:
    return None if text is None else Duration.parse(text)
