"""What all our panels share, and the colours they use."""

from __future__ import annotations

from typing import Any, ClassVar

import attr
import grafanalib.core as grafana

from alertkit.dashboards.plain import plain
from alertkit.dashboards.targets import Query

Json = dict[str, Any]
Thresholds = tuple[tuple[float, str], ...]

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"
NONE = "transparent"


@attr.s(auto_attribs=True, kw_only=True)
class Visual(grafana.Panel):
    """What all our panels share. Subclasses say their `kind`, their `options` and, if they draw, their `custom` field options."""

    kind: ClassVar[str]
    json_is_plain: ClassVar[bool] = True
    key: str
    title: str = ""
    description: str = ""
    targets: list[Query] = attr.ib(factory=list)
    links: list[Json] = attr.ib(factory=list)
    transformations: list[Json] = attr.ib(factory=list)
    gridPos: Any = None  # noqa: N815 - grafanalib's name
    id: int | None = None
    width: int = 8
    height: int = 8
    unit: str = "short"
    decimals: int | None = None
    least: float | None = None
    most: float | None = None
    base: str = GREEN
    steps: Thresholds = ()
    color: str = "thresholds"
    mappings: list[Json] = attr.ib(factory=list)
    overrides: list[Json] = attr.ib(factory=list)
    no_value: str = ""
    since: str = ""
    step: str = ""

    def options(self) -> Json:
        """The panel type's own options."""
        return {}

    def custom(self) -> Json:
        """How the panel type draws a field."""
        return {}

    def to_json_data(self) -> Json:
        """The panel as grafanalib hands it on: `extraJson` is merged in last."""
        steps = [{"color": self.base, "value": None}, *({"color": color, "value": value} for value, color in self.steps)]
        defaults = {
            "color": {"mode": self.color},
            "custom": without_nulls(self.custom()),
            "decimals": self.decimals,
            "mappings": _plain_list(self.mappings),
            "max": self.most,
            "min": self.least,
            "noValue": self.no_value or None,
            "thresholds": {"mode": "absolute", "steps": steps},
            "unit": self.unit,
        }
        body = {
            "type": self.kind,
            "fieldConfig": {"defaults": without_nulls(defaults), "overrides": _plain_list(self.overrides)},
            "options": without_nulls(self.options()),
            "interval": self.step,
            "links": _plain_list(self.links),
            "maxDataPoints": None,
            "targets": [target.to_json_data() for target in self.targets],
            "timeFrom": self.since,
            "transformations": _plain_list(self.transformations),
            "gridPos": self.gridPos and self.gridPos.to_json_data(),
        }
        if self.extraJson:
            merged: Json = plain(self.panel_json(body))
            return merged
        return without_nulls({**self._attributes(), **body})  # the same without a deep merge, and faster

    def _attributes(self) -> Json:
        """What `panel_json` says of grafanalib's own attributes, of those that Grafana still reads."""
        return {
            "datasource": self.dataSource,
            "description": self.description,
            "hideTimeOverride": self.hideTimeOverride,
            "id": self.id,
            "maxPerRow": self.repeat.maxPerRow,
            "repeat": self.repeat.variable,
            "repeatDirection": self.repeat.direction,
            "timeShift": self.timeShift,
            "title": self.title,
            "transparent": self.transparent,
        }


def _plain_list(given: list[Json]) -> list[Json]:
    """As plain; most lists are empty, and the objects of grafanalib in the others are few."""
    made: list[Json] = plain(given) if given else []
    return made


def without_nulls(given: Json) -> Json:
    """A dictionary without the keys that say nothing."""
    return {key: value for key, value in given.items() if value is not None}
