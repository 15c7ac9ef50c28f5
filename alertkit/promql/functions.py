"""What PromQL's functions and aggregations do with labels: one table for isolation, label flow and error messages."""

from __future__ import annotations

from typing import Final

from alertkit.promql.syntax import Binary, Call, Expr, Negation, Number, Paren

SCALARS: Final = frozenset(["end", "max_of", "min_of", "pi", "range", "scalar", "start", "step", "time"])
"""Functions that return one number without labels."""

KEEP_LABELS: Final = frozenset(
    (
        "abs",
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "avg_over_time",
        "ceil",
        "changes",
        "clamp",
        "clamp_max",
        "clamp_min",
        "cos",
        "cosh",
        "count_over_time",
        "day_of_month",
        "day_of_week",
        "day_of_year",
        "days_in_month",
        "deg",
        "delta",
        "deriv",
        "double_exponential_smoothing",
        "exp",
        "first_over_time",
        "floor",
        "histogram_avg",
        "histogram_count",
        "histogram_fraction",
        "histogram_stddev",
        "histogram_stdvar",
        "histogram_sum",
        "hour",
        "idelta",
        "increase",
        "irate",
        "last_over_time",
        "ln",
        "log10",
        "log2",
        "mad_over_time",
        "max_over_time",
        "min_over_time",
        "minute",
        "month",
        "predict_linear",
        "present_over_time",
        "quantile_over_time",
        "rad",
        "rate",
        "resets",
        "round",
        "sgn",
        "sin",
        "sinh",
        "sort",
        "sort_by_label",
        "sort_by_label_desc",
        "sort_desc",
        "sqrt",
        "stddev_over_time",
        "stdvar_over_time",
        "sum_over_time",
        "tan",
        "tanh",
        "timestamp",
        "ts_of_first_over_time",
        "ts_of_last_over_time",
        "ts_of_max_over_time",
        "ts_of_min_over_time",
        "year",
    )
)
"""Functions whose result has the labels of their only vector; without a vector (`hour()`) it has none."""

ABSENCE: Final = frozenset(("absent", "absent_over_time"))
"""Functions that return something exactly when their argument is empty."""

WRITE_LABEL: Final = {"histogram_quantiles": 1, "label_join": 1, "label_replace": 1}
"""Functions that write a label, and which argument (from 0) names it."""

FUNCTIONS: Final = SCALARS | KEEP_LABELS | ABSENCE | frozenset(WRITE_LABEL) | {"histogram_quantile", "vector"}
"""Every function that alertkit understands. `info` is not one: it reads series that no selector names."""

AGGREGATIONS: Final = frozenset(
    (
        "avg",
        "bottomk",
        "count",
        "count_values",
        "group",
        "limit_ratio",
        "limitk",
        "max",
        "min",
        "quantile",
        "stddev",
        "stdvar",
        "sum",
        "topk",
    )
)
PICKING: Final = frozenset(("bottomk", "limit_ratio", "limitk", "topk"))
"""Aggregations that pick some of the series and leave their labels as they are."""

COMPARISONS: Final = frozenset(("==", "!=", "<", ">", "<=", ">="))
SET_OPERATORS: Final = frozenset(("and", "or", "unless"))


def is_scalar(expr: Expr) -> bool:
    """Whether an expression is a plain number at every moment, not a vector or a string."""
    match expr:
        case Number():
            return True
        case Paren(inner) | Negation(inner):
            return is_scalar(inner)
        case Binary(left=left, right=right):
            return is_scalar(left) and is_scalar(right)
        case Call(function=function):
            return function in SCALARS
        case _:
            return False
