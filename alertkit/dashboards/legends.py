"""What tells the series of one query apart."""

from __future__ import annotations

from collections.abc import Mapping

from alertkit.model.rules import RecordingRule
from alertkit.promql import label_flow, selectors


class Legends:
    """Of one tenant: `own` is its label, which tells nothing apart, `recorded` a recording rule of each name."""

    def __init__(self, own: str, recorded: Mapping[str, RecordingRule]) -> None:
        self._own, self._recorded = own, recorded
        self._found: dict[str, str] = {}

    def of(self, expr: str, fallback: str = "") -> str:
        """The labels that tell the expression's series apart; `fallback` for one series that needs none."""
        if expr not in self._found:
            self._found[expr] = self._labels(expr)
        return self._found[expr] or fallback

    def _labels(self, expr: str) -> str:
        only = label_flow(expr).only
        if only is None:
            only = self._of_records(expr)
        if only is None:
            return "__auto"
        return " · ".join(f"{{{{{label}}}}}" for label in sorted(only - {self._own}))

    def _of_records(self, expr: str) -> frozenset[str] | None:
        """Where everything that is read is recorded by the tenant's own rules; None otherwise."""
        found: set[str] = set()
        for selector in selectors(expr):
            record = self._recorded.get(selector.metric)
            only = label_flow(record.expr).only if record else None
            if record is None or only is None:
                return None
            found |= only - record.labels.keys() - {matcher.name for matcher in selector.matchers if matcher.op == "="}
        return frozenset(found)
