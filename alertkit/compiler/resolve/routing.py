"""Routing as values: matchers, routes, receivers of Alertmanager's own, intervals, tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from alertkit import names
from alertkit.compiler.finding import Path, Places
from alertkit.compiler.resolve.definition import Definition, Home, duration
from alertkit.compiler.resolve.schedules import restriction
from alertkit.compiler.scope import Data
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, TimeInterval
from alertkit.model.rules import Source
from alertkit.model.tenant import InhibitDefinition, NativeDefinition, RouteDefinition, RouteTest, Routing, Timings
from alertkit.routing import matchers

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


def route_matchers(route: Data) -> tuple[Matcher, ...]:
    """The matchers of a route, those of `match` first.

    Raises:
        ValueError: one of them is no matcher.
    """
    return tuple(dict.fromkeys((*condition(route.get("match", {})), *condition(route.get("matchers", [])))))


def routing(definition: Definition) -> Routing:
    """All that stands under `routing`; the platform's timings hold where the tenant names none."""
    own, defaults = definition.data.get("routing", {}), definition.scope.platform.get("routing", {})

    def timing(key: str, default: str) -> Duration:
        return Duration.parse(own.get(key, defaults.get(key, default)))

    return Routing(
        group_by=tuple(own.get("group_by", ("alertname", names.LABEL_SERVICE))),
        timings=Timings(timing("group_wait", "10s"), timing("group_interval", "1m"), timing("repeat_interval", "30m")),
        routes=routes(own.get("routes", []), ("routing", "routes"), definition.places),
        inhibit=tuple(
            InhibitDefinition(condition(rule["source"]), condition(rule["target"]), tuple(rule.get("equal", ())))
            for rule in own.get("inhibit", [])
        ),
        simulate=own.get("simulate", False),
        notify=own.get("notify", ""),
        receivers=tuple(_native(entry, definition.own) for entry in own.get("receivers", [])),
        intervals=tuple(_interval(entry, definition.own) for entry in own.get("intervals", [])),
        tests=tuple(
            _test(entry, definition.places(("routing", "tests", index))) for index, entry in enumerate(own.get("tests", []))
        ),
    )


def routes(written: Iterable[Data], path: Path, places: Places) -> tuple[RouteDefinition, ...]:
    """Routes that have been checked."""
    return tuple(_route(route, (*path, index), places) for index, route in enumerate(written))


def _route(route: Data, path: Path, places: Places) -> RouteDefinition:
    return RouteDefinition(
        match=route_matchers(route),
        policy=route.get("escalate", ""),
        source=places(path),
        notify=route.get("notify", ""),
        group_by=tuple(route.get("group_by", ())),
        group_wait=duration(route.get("group_wait")),
        group_interval=duration(route.get("group_interval")),
        repeat_interval=duration(route.get("repeat_interval")),
        mute=tuple(route.get("mute", ())),
        active=tuple(route.get("active", ())),
        follow=route.get("continue", False),
        routes=routes(route.get("routes", []), (*path, "routes"), places),
    )


def _native(receiver: Data, home: Home) -> NativeDefinition:
    return NativeDefinition(
        name=receiver["name"],
        kind=receiver["type"],
        options={key: receiver[key] for key in OPTIONS if isinstance(receiver.get(key), str)},
        secrets={
            key: names.secret(home.owner, receiver[key]["secret"]) for key in SECRETS if isinstance(receiver.get(key), dict)
        },
        mirror=receiver.get("mirror", False),
    )


def _interval(written: Data, home: Home) -> TimeInterval:
    return TimeInterval(
        name=written["name"],
        timezone=home.said(written, "timezone"),
        hours=tuple(restriction(times) for times in written.get("times", [])),
        dates=tuple(dt.date.fromisoformat(day) for day in written.get("dates", [])),
    )


def _test(written: Data, source: Source) -> RouteTest:
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
