"""What a panel asks Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attr
import grafanalib.core as grafana

from alertkit import promql
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.current import Json

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))|\[\[([A-Za-z_]\w*)[^\]]*\]\]", re.ASCII)


@attr.s(auto_attribs=True, kw_only=True)
class Query(grafana.Target):
    """A PromQL query. grafanalib's own asks at half the resolution (`intervalFactor` 2) and knows neither ranges nor exemplars.

    `instant` asks for the last value alone, else for the range; `format` is time_series, table or heatmap.
    """

    expr: str = ""
    legend: str = "__auto"
    refId: str = ""  # noqa: N815 - grafanalib's name
    hide: bool = False
    interval: str = ""
    datasource: dict[str, str] | None = None
    instant: bool = False
    format: str = "time_series"
    exemplar: bool = False

    def to_json_data(self) -> Json:
        """The query as today's Grafana writes it, but for the data source where it names none."""
        said = {
            "datasource": self.datasource,
            "exemplar": self.exemplar,
            "hide": self.hide,
            "interval": self.interval,
            "legendFormat": self.legend,
        }
        return {
            **{key: value for key, value in said.items() if value},
            "editorMode": "code",
            "expr": self.expr,
            "format": self.format,
            "instant": self.instant,
            "intervalFactor": 1,
            "range": not self.instant,
            "refId": self.refId,
        }


def variables(text: str) -> Iterator[str]:
    """Names that Grafana would take for variables: `$name`, `${name}`, `${name:format}` and `[[name]]`."""
    return (next(filter(None, match.groups())) for match in _VARIABLE.finditer(text))


def formats(text: str) -> Iterator[tuple[str, str]]:
    """Each variable that asks for a format, as `${name:format}` or `[[name:format]]`, with that format."""
    return ((next(filter(None, match.groups())), match[0].strip("${}[]").partition(":")[2]) for match in _VARIABLE.finditer(text))


def has_variables(text: str) -> bool:
    """Whether there may be a variable in it: a quick look before a long one."""
    return "$" in text or "[[" in text


def isolated(expr: str, context: ViewContext, defined: frozenset[str]) -> str:
    """The query with the tenant's matcher in every selector; `defined` are the dashboard's own variables.

    Raises:
        PromQLError: it is no PromQL.
        IsolationError: it cannot be proven to stay inside the tenant, or a variable stands where its value could lead out.
    """
    if has_variables(expr):
        return promql.isolate_query(expr, context.label, context.tenant, context.shared, defined)
    return promql.isolate(expr, context.label, context.tenant, context.shared)  # the same without variables, and faster
