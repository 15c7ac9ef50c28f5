"""Cases of a recording rule, derived from its expression: it follows a change, after as long as its window is and not before."""

from __future__ import annotations

from alertkit.compiler.cases_aim import Aim, selectors_in
from alertkit.compiler.cases_alerts import LONGEST, reach
from alertkit.compiler.cases_lines import Line, UnderivableError
from alertkit.compiler.cases_series import STEP, Unit, foreign, over_time
from alertkit.model.cases import Probe
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import RecordingRule
from alertkit.promql import Expr, parse, quote
from alertkit.promql.syntax import Call, children

_LEVELS = ((3.0, 5.0), (0.3, 0.5), (0.03, 0.05))
"""Values before and after the change; a share has to stay below 1."""
_LATE = frozenset(("rate", "increase", "avg_over_time", "delta", "deriv", "sum_over_time"))
"""Functions that reach a new value only when their whole window lies behind the change."""
_EARLY = frozenset(("max_over_time", "min_over_time", "quantile_over_time", "last_over_time", "irate"))
"""Functions that may reach it before."""


def record_unit(rule: RecordingRule, own: Matcher) -> Unit:
    """The cases of one recording rule.

    Raises:
        UnderivableError: its expression is not one that alertkit reads backwards; the message says why.
    """
    tree, reason = parse(rule.expr), UnderivableError("its expression cannot be read backwards")
    for before, after in _LEVELS:
        try:
            return _unit(rule, tree, (before, after), own)
        except UnderivableError as error:
            reason = error
    raise reason


def _unit(rule: RecordingRule, tree: Expr, levels: tuple[float, float], own: Matcher) -> Unit:
    settle = reach(tree)
    lengths = [settle + 3, settle + 3]
    if sum(lengths) > LONGEST:
        raise UnderivableError(f"its windows need more than {LONGEST} minutes of series")
    aim = Aim(2, [tree])
    aim.at(tree, tuple(map(Line, levels)))
    series = {one: over_time(demand, lengths) for one, demand in aim.series.items()}
    if all(own in selector.matchers for selector in selectors_in(tree)):
        series |= {foreign(one, own.name): over_time(demand, lengths) for one, demand in aim.series.items()}
    probes = [probe(rule, "follows its input", levels[1], sum(lengths) - 1)]
    if settle > 1 and _is_late(tree):
        probes.append(probe(rule, "looks back over its whole window", levels[1], lengths[0] + settle - 2, equal=False))
    return Unit(tuple(selectors_in(tree)), series, tuple(probes))


def probe(rule: RecordingRule, title: str, value: float, minute: int, *, equal: bool = True) -> Probe:
    """Whether the one series that the rule records has a value, or any other."""
    own = ",".join(f"{name}={quote(text)}" for name, text in rule.labels.items())
    expr = f"sum(abs({rule.record}{{{own}}} - {value!r}) {'<' if equal else '>'} bool 0.000001)"
    return Probe(rule.record, title, expr, Duration(minute * STEP.ms))


def _is_late(expr: Expr) -> bool:
    called = _functions(expr)
    return bool(called & _LATE) and not called & _EARLY


def _functions(expr: Expr) -> frozenset[str]:
    inner = frozenset[str]().union(*map(_functions, children(expr)))
    return inner | {expr.function} if isinstance(expr, Call) else inner
