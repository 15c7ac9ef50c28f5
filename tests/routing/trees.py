"""Routing trees and label sets for hypothesis, and Alertmanager's configuration from them."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec
from hypothesis import strategies as st

from alertkit.model.quantity import Duration
from alertkit.model.route import InhibitRule, Matcher, Route
from alertkit.routing import matchers

NAMES = ["a", "b", "c", "a_1"]
# Values that tell the dialects of regular expressions apart, and those that break naive quoting.
VALUES = ["", "1", "2", "12", "x", "X", "x\n", "é", "٣", 'q"', "b\\", "x,y", "{{x}}", "\u212a", "a}"]
PATTERNS = [
    *("", "1", "1|2", ".*", ".+", r"\d", r"\d+", r"\w", "[^1]", "(?i)x", "x.?", "(?s)x.", "(?m)x$", "x$", r"x\z", r"\pL"),
    *("[[:alpha:]]", r"\Qa}\E", r"(?i)\x{212a}", "(1)|(2)", "(?P<n>1)2?", 'q"', r"b\\", "x,y", r"\{\{x\}\}", "a|", "1|x|é"),
    *(r"[\d\s]", "(?U)1.*", r"\S\b", r"[\w\n]+", "(?i:k)"),
]

label_sets = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=4)
plain_matchers = st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=", "!="]), st.sampled_from(VALUES))
pattern_matchers = st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=~", "!~"]), st.sampled_from(PATTERNS))
some_matchers = st.lists(plain_matchers | pattern_matchers, max_size=2).map(tuple)
equal_matchers = st.builds(lambda name, value: (Matcher(name, "=", value),), st.sampled_from(NAMES), st.sampled_from(VALUES))

_leaves = st.builds(Route, equal_matchers | some_matchers, follow=st.booleans())
_nodes = st.recursive(
    _leaves,
    lambda below: st.builds(
        Route, equal_matchers | some_matchers, follow=st.booleans(), routes=st.lists(below, max_size=5).map(tuple)
    ),
    max_leaves=14,
)


@st.composite
def trees(draw: st.DrawFn) -> Route:
    """A tree in which nearly every route has a receiver of its own, `r` and the route's position; the others inherit theirs."""
    routes = draw(st.lists(_nodes, min_size=1, max_size=5))
    inherit = draw(st.booleans())
    return _named(Route(routes=tuple(routes)), "r", inherit=inherit)


def _named(route: Route, name: str, *, inherit: bool) -> Route:
    below = tuple(_named(child, f"{name}-{n}", inherit=inherit and n % 3 == 1) for n, child in enumerate(route.routes))
    return msgspec.structs.replace(route, receiver=None if inherit and name != "r" else name, routes=below)


def configuration(root: Route, rules: Iterable[InhibitRule] = (), url: str | None = None) -> str:
    """Alertmanager's configuration. JSON is YAML, and nothing of alertkit's own writer is needed."""
    receivers = sorted({route.receiver for route in walk(root) if route.receiver is not None})
    hooks = {"webhook_configs": [{"url": url}]} if url else {}
    return json.dumps(
        {
            "route": _written(root),
            "receivers": [{"name": name, **hooks} for name in receivers],
            "inhibit_rules": [
                {
                    "source_matchers": list(map(matchers.text, rule.source)),
                    "target_matchers": list(map(matchers.text, rule.target)),
                    "equal": list(rule.equal),
                }
                for rule in rules
            ],
        },
        ensure_ascii=False,
    )


def walk(route: Route) -> Iterable[Route]:
    yield route
    for child in route.routes:
        yield from walk(child)


def _written(route: Route) -> dict[str, object]:
    written: dict[str, object] = {
        "matchers": list(map(matchers.text, route.matchers)),
        "receiver": route.receiver,
        "group_by": list(route.group_by),
        "continue": route.follow,
        "routes": list(map(_written, route.routes)),
    }
    timings: dict[str, Duration | None] = {
        "group_wait": route.group_wait,
        "group_interval": route.group_interval,
        "repeat_interval": route.repeat_interval,
    }
    written |= {name: str(value) for name, value in timings.items() if value is not None}
    return {name: value for name, value in written.items() if value or name == "routes"}
