"""All knowledge of PromQL: reading it, keeping it inside a tenant, and saying what it yields."""

from alertkit.promql.condition import Condition, condition
from alertkit.promql.conjunction import conditions, leading
from alertkit.promql.isolation import isolate
from alertkit.promql.labels import LabelFlow, label_flow
from alertkit.promql.parser import parse, quote
from alertkit.promql.selecting import metric_names, selectors
from alertkit.promql.syntax import Expr, Selector
from alertkit.promql.variables import isolate_query
from alertkit.promql.versions import Need, needs

__all__ = [
    "Condition",
    "Expr",
    "LabelFlow",
    "Need",
    "Selector",
    "condition",
    "conditions",
    "isolate",
    "isolate_query",
    "label_flow",
    "leading",
    "metric_names",
    "needs",
    "parse",
    "quote",
    "selectors",
]
