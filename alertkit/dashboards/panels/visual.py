"""What all our panels share, and the colours they use."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, ClassVar

import attr
import grafanalib.core as grafana

from alertkit.dashboards.current import Json, link, override, references
from alertkit.dashboards.plain import plain
from alertkit.dashboards.targets import Query

Thresholds = tuple[tuple[float, str], ...]

GREEN, ORANGE, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"
NONE = "transparent"


@attr.s(auto_attribs=True, kw_only=True)
class Visual(grafana.Panel):
    """What all our panels share. Subclasses say their `kind`, their `options` and, if they draw, their `custom` field options."""

    kind: ClassVar[str]
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
        """The panel type's own options, without nulls."""
        return {}

    def custom(self) -> Json:
        """How the panel type draws a field, without nulls."""
        return {}

    @property
    def is_current(self) -> bool:
        """Whether to_json_data gives today's shape: not where queries are grafanalib's or `extraJson` is merged in."""
        return not self.extraJson and all(isinstance(target, Query) for target in self.targets)

    def to_json_data(self) -> Json:
        """The panel as today's Grafana writes it, but for the data source, which `normalise` puts in."""
        body = {
            **self._said(),
            "fieldConfig": {"defaults": self._defaults(), "overrides": [override(given) for given in _plain(self.overrides)]},
            "options": self.options(),
            "title": self.title,
            "type": self.kind,
        }
        return self.panel_json(body) if self.extraJson else body

    def _said(self) -> Json:
        """What a panel may leave out."""
        given = {
            "datasource": self.dataSource,
            "description": self.description,
            "gridPos": self.gridPos and self.gridPos.to_json_data(),
            "hideTimeOverride": self.hideTimeOverride,
            "id": self.id,
            "interval": self.step,
            "links": [link(given) for given in _plain(self.links)],
            "maxPerRow": self.repeat.maxPerRow,
            "repeat": self.repeat.variable,
            "repeatDirection": self.repeat.direction,
            "targets": self._queries(),
            "timeFrom": self.since,
            "timeShift": self.timeShift,
            "transformations": _plain(self.transformations),
            "transparent": self.transparent,
        }
        return {key: value for key, value in given.items() if value}

    def _defaults(self) -> Json:
        above = [{"color": color, "value": value} for value, color in sorted(self.steps, key=itemgetter(0))]
        given = {
            "color": {"mode": self.color},
            "custom": self.custom(),
            "decimals": self.decimals,
            "mappings": _plain(self.mappings),
            "max": self.most,
            "min": self.least,
            "noValue": self.no_value or None,
            "thresholds": {"mode": "absolute", "steps": [{"color": self.base, "value": None}, *above]},
            "unit": self.unit or None,
        }
        return without_nulls(given)

    def _queries(self) -> list[Json]:
        """Each with a refId of its own."""
        found = [target.to_json_data() for target in self.targets]
        free = references({query.get("refId") for query in found})
        for query in found:
            query["refId"] = query.get("refId") or next(free)
        return found


def _plain(given: list[Json]) -> list[Json]:
    """As plain; most lists are empty, and the objects of grafanalib in the others are few."""
    return plain(given) if given else given


def without_nulls(given: Json) -> Json:
    """A dictionary without the keys that say nothing."""
    return {key: value for key, value in given.items() if value is not None}
