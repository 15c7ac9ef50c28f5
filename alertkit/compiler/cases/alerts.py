"""Cases of an alert, derived from its expression: silent below, not too early, firing above, resolved."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping

import msgspec

from alertkit.compiler.cases import conditions
from alertkit.compiler.cases.aim import Aim, Series, selectors_in
from alertkit.compiler.cases.conditions import Absent, Assignment, Leaf, Threshold
from alertkit.compiler.cases.lines import Line, UnderivableError, line_of
from alertkit.compiler.cases.series import STEP, Unit, foreign, over_time
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule
from alertkit.promql import Expr, parse, quote
from alertkit.promql.syntax import Range, Subquery, children, unwrap

NEAR = 0.01
"""How far from its threshold a value is: one hundredth above fires, one hundredth below is silent."""
FAR = 0.5
"""How far above it a foreign tenant's value is, all the time."""
LONGEST = 720
"""Steps of a timeline; beyond, promtool takes seconds, because all alerts are evaluated at each."""


class Phase(msgspec.Struct, frozen=True):
    """A stretch in which each leaf holds or does not. `start` and `steps` count minutes."""

    given: Assignment
    fires: bool
    start: int
    steps: int
    title: str


def alert_unit(rule: AlertingRule, own: Matcher) -> Unit:
    """The cases of one alert.

    Raises:
        UnderivableError: its expression is not one that alertkit reads backwards; the message says why.
    """
    tree = parse(rule.expr)
    condition = conditions.condition_of(tree)
    every = conditions.leaves(condition)
    phases = tuple(_phases(conditions.assignments(condition), rule, reach(tree)))
    if phases[-1].start + phases[-1].steps > LONGEST:
        raise UnderivableError(f"its windows and `for` need more than {LONGEST} minutes of series")
    aim = aimed(every, [phase.given for phase in phases], NEAR)
    lengths = [phase.steps for phase in phases]
    series = {one: over_time(demand, lengths) for one, demand in aim.series.items()}
    foreign = _foreign(every, own, sum(lengths))
    return Unit(tuple(selectors_in(tree)), {**foreign, **series}, tuple(_probes(rule, phases, reach(tree))))


def reach(expr: Expr) -> int:
    """How many steps back an expression looks: its ranges and subqueries, one inside the other added up."""
    span = expr.span if isinstance(expr, Range | Subquery) else dt.timedelta()
    inner = max([reach(child) for child in children(expr)], default=0)
    return inner + math.ceil(span.total_seconds() / STEP.seconds)


def aimed(every: list[Leaf], given: list[Assignment], margin: float) -> Aim:
    """Series for which each leaf holds or not, phase by phase; expressions with more selectors first."""
    trees = [tree for leaf in every for tree in ((leaf.left, leaf.right) if isinstance(leaf, Threshold) else (leaf.expr,))]
    aim = Aim(len(given), trees)
    wanted = {leaf: tuple(_line(leaf, one[leaf], margin) for one in given) for leaf in every}
    for leaf in every:
        if isinstance(leaf, Threshold):
            aim.wanted[unwrap(leaf.left)] = wanted[leaf]
    for leaf in sorted(every, key=lambda leaf: -len(selectors_in(leaf.left if isinstance(leaf, Threshold) else leaf.expr))):
        if isinstance(leaf, Threshold):
            if line_of(leaf.right) is None:
                aim.at(leaf.right, aim.constant(1.0))
            aim.at(leaf.left, wanted[leaf])
        else:
            aim.at(leaf.expr, wanted[leaf])
    return aim


def _line(leaf: Leaf, holds: bool, margin: float) -> Line | None:
    if not isinstance(leaf, Threshold):
        return Line(1.0) if holds is not isinstance(leaf, Absent) else None
    limit = line_of(leaf.right) or Line(1.0)
    if leaf.operator in ("==", "!="):
        return limit if holds is (leaf.operator == "==") else limit.plus(Line(1.0))
    above = (leaf.operator in (">", ">=")) is holds
    exact = limit == Line(0.0) and holds is ("=" in leaf.operator)
    return limit if exact else limit.plus(Line(_distance(limit, margin)), 1.0 if above else -1.0)


def _distance(limit: Line, margin: float) -> float:
    if limit.slope:
        return 1.0
    return abs(limit.at) * margin if limit.at else margin


def _foreign(every: list[Leaf], own: Matcher, steps: int) -> dict[Series, str]:
    """The same series of another tenant, that would make the alert fire, or keep it silent when it waits for absence."""
    trees = [tree for leaf in every for tree in ((leaf.left, leaf.right) if isinstance(leaf, Threshold) else (leaf.expr,))]
    if any(own not in selector.matchers for tree in trees for selector in selectors_in(tree)):
        return {}
    for margin in (FAR, NEAR):
        try:
            aim = aimed(every, [{leaf: not isinstance(leaf, Absent) for leaf in every}], margin)
        except UnderivableError:
            continue
        return {foreign(one, own.name): over_time(demand, [steps]) for one, demand in aim.series.items()}
    return {}


def _phases(given: Iterator[tuple[Assignment, bool]], rule: AlertingRule, settle: int) -> Iterator[Phase]:
    """Long enough for windows to fill, for `for` to pass when it fires, and for `keep_firing_for` to pass when it does not."""
    start, before = 0, False
    for number, (assignment, fires) in enumerate(given):
        steps = settle + 4 + (_steps(rule.hold) if fires else _steps(rule.keep_firing_for))
        if fires:
            title = "fires above its threshold" if number == 1 else "fires in another way"
        else:
            title = "silent below its threshold" if not number else "resolved" if before else "silent with one condition missing"
        yield Phase(assignment, fires, start, steps, title)
        start, before = start + steps, fires


def _probes(rule: AlertingRule, phases: tuple[Phase, ...], settle: int) -> Iterator[Probe]:
    hold, keep = _steps(rule.hold), _steps(rule.keep_firing_for)
    for before, phase in zip((None, *phases[:-1]), phases, strict=True):
        if phase.fires and hold > 1 and not (before and before.fires):
            yield firing(rule, "silent before its time", phase.start + hold - 1, fires=False)
        if before and before.fires and not phase.fires and keep > 1:
            yield firing(rule, "still firing while it is kept", phase.start + keep - 1, fires=True)
        yield firing(rule, phase.title, phase.start + phase.steps - 1, fires=phase.fires)


def firing(rule: AlertingRule, title: str, minute: float, *, fires: bool, labels: Mapping[str, str] | None = None) -> Probe:
    """Whether the alert fires, with its own labels and these, at a minute."""
    known = {name: value for name, value in rule.labels.items() if "{{" not in value}
    wanted = {"alertname": rule.alert, "alertstate": "firing", **known, **(labels or {})}
    selector = ",".join(f"{name}={quote(value)}" for name, value in wanted.items())
    at = Duration(round(minute * STEP.ms))
    return Probe(rule.id, title, f"clamp_max(count(ALERTS{{{selector}}}) or vector(0), 1)", at, int(fires))


def _steps(duration: Duration | None) -> int:
    return math.ceil(duration.ms / STEP.ms) if duration else 0
