"""The one gate that every expression of a tenant passes before it is emitted."""

from __future__ import annotations

from alertkit import promql
from alertkit.errors import PromQLError
from alertkit.promql import Need
from alertkit.promql.versions import OLDEST, Version


def refusal(need: Need, target: Version) -> str:
    """Why the target does not take what an expression needs."""
    if need.experimental:
        return f"{need.what} is experimental: a Prometheus that is not started with a flag for it loads no rule of any tenant"
    version, known = (".".join(map(str, number)) for number in (need.version, target))
    return f"{need.what} needs Prometheus {version}; the project's target is {known}"


class Guard:
    """Turns an author's expression into the one that is emitted, and remembers it: checking and compiling both ask.

    With `isolate` false the data source is already isolated and the expression is only parsed. `target` is the Prometheus that
    must understand it: one that does not understand one rule loads none.
    """

    def __init__(self, label: str, value: str, shared: frozenset[str], *, isolate: bool, target: Version = OLDEST) -> None:
        self._label, self._value, self._shared, self._isolate = label, value, shared, isolate
        self._target = target
        self._done: dict[str, str] = {}

    def __call__(self, expr: str) -> str:
        """The expression that may be emitted.

        Raises:
            PromQLError: it does not parse, or the target does not understand it.
            IsolationError: it cannot be proven to read only the tenant's series.
        """
        if expr not in self._done:
            self._done[expr] = self._pass(expr)
        return self._done[expr]

    def too_new(self, expr: str) -> Need | None:
        """What the target does not understand of an expression.

        Raises:
            PromQLError: it cannot be split into words.
        """
        need = promql.needs(expr)
        return need if need and (need.experimental or need.version > self._target) else None

    def _pass(self, expr: str) -> str:
        need = self.too_new(expr)
        if need:
            raise PromQLError(refusal(need, self._target), need.offset)
        if self._isolate:
            return promql.isolate(expr, self._label, self._value, self._shared)
        promql.parse(expr)
        return expr
