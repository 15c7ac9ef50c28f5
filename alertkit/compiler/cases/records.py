"""Cases of a recording rule, derived from its expression: it follows a change, after as long as its window is and not before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from alertkit.compiler.cases import long
from alertkit.compiler.cases.aim import Aim
from alertkit.compiler.cases.alerts import grouped_by, reach
from alertkit.compiler.cases.labels import takes
from alertkit.compiler.cases.lines import Line, UnderivableError, line_of
from alertkit.compiler.cases.series import FOREIGN, STEP, Unit, exactly, foreign, over_time
from alertkit.compiler.cases.trees import selectors_in
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import RecordingRule
from alertkit.model.slo import BASE
from alertkit.promql import Expr, Selector, parse
from alertkit.promql.syntax import Aggregation, Binary, Call, Negation, Paren, children, unwrap

_LEVELS = ((3.0, 5.0), (0.3, 0.5), (0.03, 0.05))
"""Values before and after the change; a share has to stay below 1."""
_FOREIGN = ((1.5, FOREIGN), (0.1, f"{FOREIGN}-too"))
"""Values of foreign tenants, in those after the change: one more and one less, so that no aggregation can hide both."""
LONG = 30
"""Minutes that a record looks back from which on its cases are evaluated once, not every minute."""
_LATE = frozenset(("rate", "increase", "avg_over_time", "delta", "deriv", "sum_over_time"))
"""Functions that reach a new value only when their whole window lies behind the change."""
_EARLY = frozenset(("max_over_time", "min_over_time", "quantile_over_time", "last_over_time", "irate"))
"""Functions that may reach it before."""
_EXTREMES = {"min_over_time": 1, "max_over_time": -1}
"""Of these, those that keep the old value for as long as they see it, and whether it must be the lower one (1) or not (-1)."""


def is_long(rule: RecordingRule) -> bool:
    """Whether its cases belong to the windows."""
    return reach(parse(rule.expr)) > LONG


def long_units(rule: RecordingRule, own: Matcher, at: Duration) -> Iterator[Unit]:
    """The cases of a rule that looks back for hours, evaluated at `at`.

    Raises:
        UnderivableError: as record_units.
    """
    tree, reason = parse(rule.expr), UnderivableError("its expression cannot be read backwards")
    window = Duration(reach(tree) * STEP.ms)
    order = _order(tree)
    if window.ms + BASE.ms > at.ms or not order:
        raise UnderivableError(f"it looks back over {window}, in a way that no case shows")
    for levels in _LEVELS:
        before, after = levels[::order]
        try:
            fed = [(change, long.fed(tree, change, own)) for change in long.changes(window, at, before, after)]
        except UnderivableError as error:
            reason = error
            continue
        for change, series in fed:
            title = f"looks back over all of {window}" if change.middle else f"looks back over {window} alone"
            labels = grouped_by(rule, tree, series) | rule.labels
            check = exactly(rule.record, title, rule.record, labels, after, at, equal=not change.middle)
            yield Unit((*selectors_in(tree), recorded(rule)), series, (check,))
        return
    raise reason


def record_units(rule: RecordingRule, own: Matcher, rules: Iterable[RecordingRule]) -> list[Unit]:
    """The cases of one recording rule among all `rules` of the tenant.

    What it reads of other records is fed, unless these are recorded from what else it reads: then all follows from raw series.

    Raises:
        UnderivableError: its expression is not one that alertkit reads backwards; the message says why.
    """
    rules, tree = list(rules), parse(rule.expr)
    try:
        return [unit for unit in _units(rule, tree, own) if feeds_once(unit, rules)]
    except FedTwiceError:
        raw = _from_raw(tree, {one.record: one for one in rules if one is not rule})
        return [unit for unit in _units(rule, raw, own) if feeds_once(unit, rules)]


def _units(rule: RecordingRule, tree: Expr, own: Matcher) -> list[Unit]:
    reason = UnderivableError("its expression cannot be read backwards")
    for before, after in _LEVELS:
        try:
            return [_unit(rule, tree, (before, after), own), *_nothing_yet(rule, tree)]
        except UnderivableError as error:
            reason = error
    raise reason


def _from_raw(expr: Expr, records: Mapping[str, RecordingRule]) -> Expr:
    """An expression in which records are replaced by what they are recorded from."""
    match expr:
        case Selector(metric=metric, offset=None, at="") if metric in records and takes(expr, metric, records[metric].labels):
            return _from_raw(parse(records[metric].expr), records)
        case Paren(expr=inner) | Negation(expr=inner) | Aggregation(expr=inner):
            return msgspec.structs.replace(expr, expr=_from_raw(inner, records))
        case Call(args=args):
            return msgspec.structs.replace(expr, args=tuple(_from_raw(one, records) for one in args))
        case Binary(left=left, right=right):
            return msgspec.structs.replace(expr, left=_from_raw(left, records), right=_from_raw(right, records))
        case _:
            return expr


class _Default(msgspec.Struct, frozen=True):
    """An `or` whose right side makes the whole expression 0 while `absent` is: what must be there for it."""

    absent: Expr
    present: tuple[Expr, ...] = ()


def _nothing_yet(rule: RecordingRule, tree: Expr) -> Iterator[Unit]:
    """`errors or 0 * events` is 0 while no error has ever been seen."""
    default = _default(tree)
    if default is None:
        return
    aim = Aim(1, [tree])
    aim.selectors += selectors_in(default.absent)
    for needed in dict.fromkeys(default.present):
        aim.at(needed, (Line(2.0),))
    length = reach(tree) + 3
    series = {one: over_time(demand, [length]) for one, demand in aim.series.items()}
    probe = _probe(rule, "is 0 while there is nothing yet", 0.0, length - 1)
    yield Unit((*selectors_in(tree), recorded(rule)), series, (probe,))


def _default(expr: Expr) -> _Default | None:
    match unwrap(expr):
        case Binary(operator="or", left=left, right=right):
            return _zero(left, unwrap(right))
        case Binary(operator="/", left=left, right=right):
            inner = _default(left)
            return inner and _Default(inner.absent, (*inner.present, right))
        case Aggregation(operator="sum" | "max", expr=inner):
            return _default(inner)
        case _:
            return None


def _zero(absent: Expr, right: Expr) -> _Default | None:
    if line_of(right) == Line(0.0):
        return _Default(absent)
    if isinstance(right, Binary) and right.operator == "*" and line_of(right.left) == Line(0.0):
        return _Default(absent, (right.right,))
    return None


def _unit(rule: RecordingRule, tree: Expr, levels: tuple[float, float], own: Matcher) -> Unit:
    settle = reach(tree)
    lengths = [settle + 3, settle + 3]
    aim = Aim(2, [tree])
    aim.at(tree, tuple(map(Line, levels)))
    series = {one: over_time(demand, lengths) for one, demand in aim.series.items()}
    if all(own in selector.matchers for selector in selectors_in(tree)):
        for factor, suffix in _FOREIGN:
            other = Aim(1, [tree])
            other.at(tree, (Line(levels[1] * factor),))
            series |= {foreign(one, own.name, suffix): over_time(demand, [sum(lengths)]) for one, demand in other.series.items()}
    labels = grouped_by(rule, tree, aim.series)
    probes = [_probe(rule, "follows its input", levels[1], sum(lengths) - 1, labels=labels)]
    if settle > 2 and _is_late(tree):
        # A minute earlier than Prometheus 2 would need: from 3.0 on a window leaves out the sample at its very beginning.
        probes.append(_probe(rule, "looks back over its whole window", levels[1], lengths[0] + settle - 3, equal=False))
    return Unit((*selectors_in(tree), recorded(rule)), series, tuple(probes))


def recorded(rule: RecordingRule) -> Selector:
    """What a rule records. Nothing may feed that where the rule has data: promtool refuses two samples of one moment."""
    return Selector(rule.record, tuple(Matcher(name, "=", value) for name, value in rule.labels.items()))


class FedTwiceError(UnderivableError):
    """Cases would feed a series and what is recorded from it."""


def feeds_once(unit: Unit, rules: Iterable[RecordingRule]) -> bool:
    """Whether no rule makes from the unit's series another that it feeds.

    Raises:
        FedTwiceError: one does.
    """
    for rule in rules:
        if _any_taken([recorded(rule)], unit) and _any_taken(selectors_in(parse(rule.expr)), unit):
            raise FedTwiceError(f"it reads series and also {rule.record}, which is recorded from them")
    return True


def _any_taken(selectors: Iterable[Selector], unit: Unit) -> bool:
    return any(takes(one, name, dict(labels)) for one in selectors for name, labels in unit.series)


def follow(units: Iterable[Unit], rules: Sequence[RecordingRule]) -> Iterator[Unit]:
    """Units that also keep others from feeding what is recorded from theirs: records of records, all the way down."""
    reads = {id(rule): selectors_in(parse(rule.expr)) for rule in rules}
    for unit in units:
        found = list(unit.selectors)
        unmade = {id(rule): rule for rule in rules}
        made = [(name, dict(labels)) for name, labels in unit.series]
        for name, labels in made:  # grows on the way
            for rule in [one for one in unmade.values() if any(takes(by, name, labels) for by in reads[id(one)])]:
                del unmade[id(rule)]
                found.append(recorded(rule))
                made.append((rule.record, rule.labels))
        yield msgspec.structs.replace(unit, selectors=tuple(found))


def _probe(
    rule: RecordingRule, title: str, value: float, minute: int, *, equal: bool = True, labels: Mapping[str, str] | None = None
) -> Probe:
    at = Duration(minute * STEP.ms)
    return exactly(rule.record, title, rule.record, {**(labels or {}), **rule.labels}, value, at, equal=equal)


def _order(tree: Expr) -> int:
    """How levels must follow each other so that the old one shows as long as it is in the window: 1, or -1; 0 for neither."""
    early = _functions(tree) & _EARLY
    if early:
        return _EXTREMES.get(next(iter(early)), 0) if len(early) == 1 else 0
    return int(_is_late(tree))


def _is_late(expr: Expr) -> bool:
    called = _functions(expr)
    return bool(called & _LATE) and not called & _EARLY


def _functions(expr: Expr) -> frozenset[str]:
    inner = frozenset[str]().union(*map(_functions, children(expr)))
    return inner | {expr.function} if isinstance(expr, Call) else inner
