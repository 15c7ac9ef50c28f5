"""What a panel asks Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import attr
import grafanalib.core as grafana

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

    def to_json_data(self) -> dict[str, Any]:
        """The query as Grafana stores it."""
        return {
            "datasource": self.datasource,
            "editorMode": "code",
            "exemplar": self.exemplar,
            "expr": self.expr,
            "format": self.format,
            "hide": self.hide,
            "instant": self.instant,
            "interval": self.interval,
            "intervalFactor": 1,
            "legendFormat": self.legend,
            "range": not self.instant,
            "refId": self.refId,
        }


def variables(text: str) -> Iterator[str]:
    """Names that Grafana would take for variables: `$name`, `${name}`, `${name:format}` and `[[name]]`."""
    return (next(filter(None, match.groups())) for match in _VARIABLE.finditer(text))
