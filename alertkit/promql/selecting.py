"""What an expression reads."""

from __future__ import annotations

from alertkit.promql.parser import read
from alertkit.promql.syntax import Selector


def selectors(expr: str) -> tuple[Selector, ...]:
    """Every selector of an expression in the order of the text, also those in the parameters of aggregations.

    Raises:
        PromQLError: the expression is not PromQL.
    """
    return read(expr).selectors


def metric_names(expr: str) -> frozenset[str]:
    """The metrics that an expression asks for by their exact names.

    Raises:
        PromQLError: the expression is not PromQL.
    """
    return frozenset(selector.metric for selector in selectors(expr) if selector.metric)
