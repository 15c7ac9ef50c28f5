"""The one gate that every expression of a tenant passes before it is emitted."""

from __future__ import annotations

from alertkit import promql


class Guard:
    """Turns an author's expression into the one that is emitted, and remembers it: checking and compiling both ask.

    With `isolate` false the data source is already isolated and the expression is only parsed.
    """

    def __init__(self, label: str, value: str, shared: frozenset[str], *, isolate: bool) -> None:
        self._label, self._value, self._shared, self._isolate = label, value, shared, isolate
        self._done: dict[str, str] = {}

    def __call__(self, expr: str) -> str:
        """The expression that may be emitted.

        Raises:
            PromQLError: it does not parse.
            IsolationError: it cannot be proven to read only the tenant's series.
        """
        if expr not in self._done:
            self._done[expr] = self._pass(expr)
        return self._done[expr]

    def _pass(self, expr: str) -> str:
        if self._isolate:
            return promql.isolate(expr, self._label, self._value, self._shared)
        promql.parse(expr)
        return expr
