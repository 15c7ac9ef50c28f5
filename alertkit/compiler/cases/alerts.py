"""Cases of an alert, derived from its expression: silent below, not too early, firing above, resolved."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from alertkit.compiler.cases import conditions
from alertkit.compiler.cases.aim import Aim
from alertkit.compiler.cases.conditions import Absent, Assignment, Leaf, Threshold
from alertkit.compiler.cases.feed import Series
from alertkit.compiler.cases.lines import Line, UnderivableError, holds, line_of
from alertkit.compiler.cases.moments import Minutes, Moments, moments
from alertkit.compiler.cases.series import FOREIGN, STEP, Unit, foreign
from alertkit.compiler.cases.text import expand
from alertkit.compiler.cases.trees import selectors_in
from alertkit.model.cases import Firing, Probe
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.promql import Expr, label_flow, parse, quote
from alertkit.promql.functions import COMPARISONS
from alertkit.promql.syntax import Aggregation, Binary, Call, Range, Subquery, children, unwrap

NEAR = 0.01
"""How far from its threshold a value is: one hundredth above fires, one hundredth below is silent."""
FAR = 0.5
"""How far above it a foreign tenant's value is, all the time."""
SHORT = 4
"""Minutes of a window in which nothing can be told apart."""
_GAINS = frozenset(("increase", "rate"))
_MEANS = _GAINS | {"avg_over_time"}
"""Functions of a range that go from one level to the next in a straight line while their window passes the change."""
LONGEST = 720
"""Evaluations of a timeline; beyond, promtool takes seconds, because all alerts are evaluated at each."""

Timeline = Minutes | Moments


class TooLongError(UnderivableError):
    """A timeline of minutes would take promtool too long."""


class Phase(msgspec.Struct, frozen=True):
    """A stretch in which each leaf holds or does not. `start` and `steps` count evaluations."""

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
    if not selectors_in(tree):
        return _without_series(rule, tree)
    offsets = [Duration(round(one.offset.total_seconds() * 1_000)) for one in selectors_in(tree) if one.offset is not None]
    if offsets:
        return _unit(rule, tree, own, moments(offsets, reach(tree)))
    try:
        return _unit(rule, tree, own, Minutes(reach(tree)))
    except TooLongError:
        return _unit(rule, tree, own, moments((), reach(tree)))


def _without_series(rule: AlertingRule, tree: Expr) -> Unit:
    """A watchdog such as `vector(1) > 0`, which is never silent."""
    tree = unwrap(tree)
    left, right = (line_of(tree.left), line_of(tree.right)) if isinstance(tree, Binary) else (None, None)
    if not isinstance(tree, Binary) or left is None or right is None or tree.operator not in COMPARISONS:
        raise UnderivableError("it reads no series")
    minute = Minutes(0).steps(rule.hold) + 1
    return Unit((), {}, (firing(rule, "fires all the time", minute, fires=holds(tree.operator, left.plus(right, -1))),))


def _unit(rule: AlertingRule, tree: Expr, own: Matcher, timeline: Timeline) -> Unit:
    condition = conditions.condition_of(tree)
    every = conditions.leaves(condition)
    given = conditions.assignments(condition, lambda one: _is_possible(every, one))
    phases = tuple(_phases(given, rule, timeline))
    if phases[-1].start + phases[-1].steps > LONGEST:
        raise TooLongError(f"its windows and `for` need more than {LONGEST} minutes of series")
    aim = aimed(every, [phase.given for phase in phases], NEAR)
    lengths = [phase.steps for phase in phases]
    foreign = _foreign(every, tree, own, sum(lengths), timeline)
    probes = tuple(_probes(rule, phases, timeline, grouped_by(rule, tree, aim.every)))
    return Unit(tuple(selectors_in(tree)), {**foreign, **timeline.fed(aim, lengths)}, probes, evaluation=timeline.evaluation)


def reach(expr: Expr) -> int:
    """How many steps back an expression looks: its ranges and subqueries, one inside the other added up."""
    span = expr.span if isinstance(expr, Range | Subquery) else dt.timedelta()
    inner = max([reach(child) for child in children(expr)], default=0)
    return inner + math.ceil(span.total_seconds() / STEP.seconds)


def grouped_by(rule: AlertingRule | RecordingRule, tree: Expr, series: Iterable[Series]) -> dict[str, str]:
    """Labels that a result must have, because it is aggregated by them and all series agree on them."""
    if _branches(tree):
        return {}  # each side of an `or` has labels of its own
    found: dict[str, set[str]] = {}
    for _, labels in series:
        for name, value in labels:
            found.setdefault(name, set()).add(value)
    sure = (label_flow(rule.expr).only or frozenset()) - rule.labels.keys()
    return {name: values.pop() for name, values in found.items() if name in sure and len(values) == 1}


def _branches(tree: Expr) -> bool:
    return (isinstance(tree, Binary) and tree.operator == "or") or any(map(_branches, children(tree)))


def aimed(every: list[Leaf], given: list[Assignment], margin: float) -> Aim:
    """Series for which each leaf holds or not, phase by phase; expressions with more selectors first."""
    trees = [tree for leaf in every for tree in ((leaf.left, leaf.right) if isinstance(leaf, Threshold) else (leaf.expr,))]
    aim = Aim(len(given), trees, earlier={})
    wanted = {leaf: tuple(_wanted(leaf, every, one, margin) for one in given) for leaf in every}
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


def _wanted(leaf: Leaf, every: list[Leaf], given: Assignment, margin: float) -> Line | None:
    if isinstance(leaf, Threshold):
        return _level(leaf, every, given, margin)
    return Line(1.0) if given[leaf] is not isinstance(leaf, Absent) else None


def _limits(every: list[Leaf]) -> list[Threshold]:
    return [leaf for leaf in every if isinstance(leaf, Threshold)]


def _is_possible(every: list[Leaf], given: Assignment) -> bool:
    return all(_level(leaf, every, given, NEAR) is not None for leaf in _limits(every))


def _level(leaf: Threshold, every: list[Leaf], given: Assignment, margin: float) -> Line | None:
    """A value for which this comparison, and every other of the same expression with a number, holds or not as it should."""
    others = [one for one in _limits(every) if unwrap(one.left) == unwrap(leaf.left) and line_of(one.right) is not None]
    candidates = [_beside(one, given[one], margin) for one in others or [leaf]]
    fitting = (line for line in candidates if all(_fits(one, line, given[one]) for one in others))
    return next(fitting, None)


def _fits(leaf: Threshold, line: Line, wanted: bool) -> bool:
    limit = line_of(leaf.right) or Line(1.0)
    difference = line.plus(limit, -1)
    return not difference.slope and holds(leaf.operator, difference) is wanted


def _beside(leaf: Threshold, holds: bool, margin: float) -> Line:
    """Just on this side of a limit, or on the other."""
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


def _foreign(every: list[Leaf], tree: Expr, own: Matcher, steps: int, timeline: Timeline) -> dict[Series, str]:
    """The same series of other tenants: of one, such that the alert would fire, or stay silent when it waits for absence.

    What fires at 0 adds nothing to a sum, so there those of a second tenant would keep it silent: `sum(up) == 0`.
    """
    if any(own not in selector.matchers for selector in selectors_in(tree)):
        return {}
    firing = {leaf: not isinstance(leaf, Absent) for leaf in every}
    found = _of_another(firing, FOREIGN, own, steps, timeline)
    if found and any(leaf.operator in ("==", "<=") and line_of(leaf.right) == Line(0.0) for leaf in _limits(every)):
        quiet = {leaf: not holds for leaf, holds in firing.items()}
        found |= _of_another(quiet, f"{FOREIGN}-too", own, steps, timeline)
    return found


def _of_another(given: Assignment, suffix: str, own: Matcher, steps: int, timeline: Timeline) -> dict[Series, str]:
    every = list(given)
    for margin in (FAR, NEAR):
        with contextlib.suppress(UnderivableError):
            aim = aimed(every, [given], margin)
            return {foreign(one, own.name, suffix): values for one, values in timeline.fed(aim, [steps]).items()}
    return {}


def _phases(given: Iterator[tuple[Assignment, bool]], rule: AlertingRule, timeline: Timeline) -> Iterator[Phase]:
    """Long enough for windows to fill, for `for` to pass when it fires, and for `keep_firing_for` to pass when it does not."""
    start, before = timeline.start, False
    for number, (assignment, fires) in enumerate(given):
        steps = timeline.settle + timeline.padding + timeline.steps(rule.hold if fires else rule.keep_firing_for)
        if fires:
            title = "fires above its threshold" if number == 1 else "fires in another way"
        else:
            title = "silent below its threshold" if not number else "resolved" if before else "silent with one condition missing"
        yield Phase(assignment, fires, start, steps, title)
        start, before = start + steps, fires


def _probes(rule: AlertingRule, phases: tuple[Phase, ...], timeline: Timeline, labels: Mapping[str, str]) -> Iterator[Probe]:
    hold, keep, minutes = timeline.steps(rule.hold), timeline.steps(rule.keep_firing_for), timeline.evaluation.ms // STEP.ms
    turns = _turns(phases[0], timeline)
    for before, phase in zip((None, *phases[:-1]), phases, strict=True):
        if phase.fires and hold and not (before and before.fires):
            yield firing(rule, "silent before its time", (phase.start + turns + hold - 1) * minutes, fires=False)
        if before and before.fires and not phase.fires and keep:
            yield firing(rule, "still firing while it is kept", (phase.start + keep - 1) * minutes, fires=True)
        if before and before.fires and not phase.fires and not keep and timeline.settle > SHORT and _remembers(phase.given):
            # A minute earlier than Prometheus 2 would need: from 3.0 on a window leaves out the sample at its very beginning.
            at = (phase.start + timeline.settle - 3) * minutes
            yield firing(rule, "still firing while its window holds what happened", at, fires=True)
        at = (phase.start + phase.steps - 1) * minutes
        yield firing(rule, phase.title, at, fires=phase.fires, labels=labels if phase.fires else None)


def _remembers(given: Assignment) -> bool:
    """Whether a single event keeps the condition true for as long as the window sees it: `increase(x[10m]) > 0`."""
    [leaf, *others] = given
    if others or not isinstance(leaf, Threshold) or leaf.operator != ">" or line_of(leaf.right) != Line(0.0):
        return False
    return _windows(leaf.left, _GAINS)


def _turns(phase: Phase, timeline: Timeline) -> int:
    """Evaluations after a change until the condition turns: half a window, where a rate crosses its limit from as far off.

    A rate is a mean over its window, and the values of cases lie as far below a limit as above. Two fewer, because a window holds
    one sample more or less in different versions of Prometheus.
    """
    [leaf, *others] = phase.given
    if others or not isinstance(leaf, Threshold) or not isinstance(timeline, Minutes) or line_of(leaf.right) in (None, Line(0.0)):
        return 0
    return max(0, timeline.settle // 2 - 2) if _windows(leaf.left, _MEANS) else 0


def _windows(tree: Expr, functions: frozenset[str]) -> bool:
    """Whether the tree is made of numbers and of these functions of ranges, added up at most: all see the change alike."""
    match unwrap(tree):
        case Call(function=function):
            return function in functions
        case Aggregation(operator="sum" | "max" | "min" | "avg", expr=inner):
            return _windows(inner, functions)
        case Binary(operator="+", left=left, right=right):
            return _windows(left, functions) and _windows(right, functions)
        case _:
            return False


def firing(
    rule: AlertingRule, title: str, minute: float, *, fires: bool, labels: Mapping[str, str] | None = None, state: str = "firing"
) -> Probe:
    """Whether the alert fires (or is in another state), with its own labels and these, at a minute."""
    known = {name: value for name, value in rule.labels.items() if "{{" not in value}
    wanted = {"alertname": rule.alert, "alertstate": state, **known, **(labels or {})}
    selector = ",".join(f"{name}={quote(value)}" for name, value in wanted.items())
    at = Duration(round(minute * STEP.ms))
    return Probe(rule.id, title, f"clamp_max(count(ALERTS{{{selector}}}) or vector(0), 1)", at, int(fires))


def in_full(rule: AlertingRule, value: float, returned: Mapping[str, str]) -> Firing:
    """The alert with all labels and annotations, when its expression has this value and returns these labels."""
    expanded = {name: expand(text, value, returned) for name, text in rule.annotations.items()}
    return Firing({**returned, **rule.labels}, {name: text for name, text in expanded.items() if text is not None})
