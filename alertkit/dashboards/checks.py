"""What is wrong with a finished dashboard, found before Grafana sees it: most of it Grafana would drop or empty in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import itemgetter

from alertkit import promql
from alertkit.dashboards import lint
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.current import Json
from alertkit.dashboards.finding import Finding
from alertkit.dashboards.known_metrics import KnownMetrics
from alertkit.dashboards.layout import COLUMNS
from alertkit.dashboards.lint import Exclusions
from alertkit.dashboards.normalise import panels
from alertkit.dashboards.targets import formats, has_variables, isolated, variables
from alertkit.errors import IsolationError, PromQLError

_TARGET = re.compile(r"/d/([\w-]+)[^\s?]*(?:\?(?:\S*&)?viewPanel=(\d+))?")
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_TYPED = frozenset({"textbox", "adhoc"})
"""Types of variables whose value a viewer types."""
_WITHOUT_DATA = frozenset({"row", "text", "dashlist", "news", "alertlist"})


_corners = itemgetter("x", "y", "w", "h")


def check_dashboard(dashboard: Json, context: ViewContext, exclusions: Exclusions | None = None) -> list[str]:
    """Everything that is wrong with a normalised dashboard, each with the name of its rule; empty when all is well.

    `exclusions` are those of a `.lint` file; without any, those of alertkit's own views.
    """
    return Checker(context).check(dashboard, dict.fromkeys(lint.OWN, ()) if exclusions is None else exclusions)


class Checker:
    """Checks the dashboards of one tenant. What its rules record and read is gathered once."""

    def __init__(self, context: ViewContext) -> None:
        self._context = context
        self._known = KnownMetrics(context)

    def check(self, dashboard: Json, exclusions: Exclusions) -> list[str]:
        """As check_dashboard."""
        title = dashboard.get("title", "")
        found = (*self.findings(dashboard), *lint.findings(dashboard, lint.excluded_everywhere(exclusions)))
        return [str(finding) for finding in found if not lint.excluded(finding, title, exclusions)]

    def findings(self, dashboard: Json) -> Iterator[Finding]:
        """As check, as values, without those of `lint`."""
        given = dashboard["templating"]["list"]
        defined = frozenset(variable["name"] for variable in given)
        typed = frozenset(variable["name"] for variable in given if variable["type"] in _TYPED)
        yield from _identity(dashboard)
        yield from _ids(dashboard)
        yield from _places(dashboard["panels"])
        for panel in panels(dashboard):
            yield from _rows(panel)
            if panel["type"] not in _WITHOUT_DATA:
                yield from _looks(panel)
                yield from _queries(panel, self._context, defined)
                yield from _ways_out(panel, typed)
                yield from _metrics(panel, self._known)
            yield from _variables(panel, defined)


def _identity(dashboard: Json) -> Iterator[Finding]:
    if not _UID.fullmatch(dashboard.get("uid", "")):
        yield Finding(
            "dashboard-uid",
            "",
            f"uid {dashboard.get('uid', '')!r} is refused by Grafana: expected 1 to 40 of a-z, A-Z, 0-9, - and _",
        )
    if not dashboard.get("title", "").strip():
        yield Finding("dashboard-title", "", "the title is empty")
    if dashboard.get("editable"):
        yield Finding("uneditable-dashboard", "", "editable must be false: edits are overwritten at the next generate")


def _ids(dashboard: Json) -> Iterator[Finding]:
    seen: dict[int, str] = {}
    for panel in panels(dashboard):
        own = panel["id"]
        if not 0 < own < 2**32:
            yield Finding("panel-id", panel["title"], f"id {own} is not between 1 and 2^32")
        elif own in seen:
            yield Finding("panel-id", panel["title"], f"id {own} is also that of panel {seen[own]!r}")
        seen[own] = panel["title"]


def _places(level: list[Json]) -> Iterator[Finding]:
    """Panels beyond the edge, and panels over others: from the top down, each column knows how low it may be filled."""
    filled = [0] * COLUMNS
    placed = sorted(level, key=lambda panel: panel["gridPos"]["y"])
    for at, panel in enumerate(placed):
        x, y, w, h = _corners(panel["gridPos"])
        if x < 0 or y < 0 or w < 1 or h < 1 or x + w > COLUMNS:
            yield Finding("panel-place", panel["title"], f"columns {x} to {x + w} do not fit the {COLUMNS} there are")
        columns = slice(max(x, 0), max(x + w, 0))
        lowest = max(filled[columns], default=0)
        if lowest > y:
            under = (other["title"] for other in placed[:at] if _overlap(other["gridPos"], panel["gridPos"]))
            yield from (Finding("panel-place", panel["title"], f"lies over panel {title!r}") for title in under)
        filled[columns] = [max(lowest, y + h)] * len(filled[columns])
        if panel.get("panels"):
            yield from _places(panel["panels"])


def _overlap(one: Json, other: Json) -> bool:
    (x, y, w, h), (left, top, width, height) = _corners(one), _corners(other)
    return bool(x < left + width and left < x + w and y < top + height and top < y + h)


def _rows(panel: Json) -> Iterator[Finding]:
    if panel["type"] == "row" and panel.get("panels") and not panel["collapsed"]:
        yield Finding(
            "row-children", panel["title"], "an open row has its panels beside it, not inside: Grafana would not show them"
        )


def _looks(panel: Json) -> Iterator[Finding]:
    title = panel["title"]
    if not title.strip() or not panel.get("description", "").strip():
        yield Finding("panel-title-description-rule", title, "title and description must not be empty")
    defaults = panel["fieldConfig"]["defaults"]
    if not defaults.get("unit") and not defaults.get("mappings"):
        yield Finding("panel-units-rule", title, "it has no unit")
    steps = [step["value"] for step in defaults["thresholds"]["steps"]]
    if steps[0] is not None or any(not isinstance(value, int | float) for value in steps[1:]) or steps[1:] != sorted(steps[1:]):
        yield Finding("panel-thresholds", title, "thresholds must ascend from a base without a value")


def _queries(panel: Json, context: ViewContext, defined: frozenset[str]) -> Iterator[Finding]:
    title, targets = panel["title"], panel["targets"]
    if not targets:
        yield Finding("panel-no-targets-rule", title, "it asks for nothing")
    references = [target["refId"] for target in targets]
    if len(references) != len(set(references)):
        yield Finding("target-ref-ids", title, f"two queries have the same refId: {', '.join(references)}")
    own = {"type": "prometheus", "uid": context.datasource}
    for target in (panel, *targets):
        if target["datasource"] != own:
            message = f"it reads {target['datasource']}, not the tenant's data source {context.datasource!r}"
            yield Finding("panel-source", title, message)
    for target in targets:
        yield from _query(title, target["expr"], context, defined)


def _query(title: str, expr: str, context: ViewContext, defined: frozenset[str]) -> Iterator[Finding]:
    try:
        if not context.isolated and not has_variables(expr):
            promql.parse(expr)
        elif isolated(expr, context, defined) != expr and context.isolated:
            yield Finding("target-tenant-matcher", title, f"{expr}: not every selector has {context.label}={context.tenant!r}")
    except PromQLError as error:
        yield Finding("target-promql-rule", title, f"{expr}: {error}")
    except IsolationError as error:
        if context.isolated:
            yield Finding("target-tenant-matcher", title, f"{expr}: {error}")


def _ways_out(panel: Json, typed: frozenset[str]) -> Iterator[Finding]:
    """Variables by which a viewer could write more than a value: Grafana pastes them into the query as text."""
    for expr in (target["expr"] for target in panel.get("targets", ()) if has_variables(target["expr"])):
        for name, form in formats(expr):
            if form not in ("", "regex"):
                message = f"${{{name}:{form}}} is pasted unescaped: expected ${name}, which Prometheus' data source escapes"
                yield Finding("variable-format", panel["title"], message)
            if name in typed:
                yield Finding("variable-type", panel["title"], f"${name} is free text: offer values (query, custom) instead")


def _variables(panel: Json, defined: frozenset[str]) -> Iterator[Finding]:
    texts = [text for target in panel.get("targets", ()) for text in target.values() if isinstance(text, str)]
    used = {name for text in texts if has_variables(text) for name in variables(text)}
    if panel.get("repeat"):
        used.add(panel["repeat"])
    for name in sorted(used - defined):
        if not name.startswith("__"):
            yield Finding("undefined-variable", panel["title"], f"variable ${name} is not defined in this dashboard")


def _metrics(panel: Json, known: KnownMetrics) -> Iterator[Finding]:
    for target in panel.get("targets", ()):
        for name in lint.metrics(target["expr"]):
            if name not in known:
                yield Finding("metric-unknown", panel["title"], f"no rule records or reads {name!r}: the panel would stay empty")


def dead_links(dashboards: Iterable[Json]) -> Iterator[Finding]:
    """Links to dashboards or panels that are not among the tenant's own, and menus that would list nothing but themselves."""
    bodies = {body["uid"]: body for body in dashboards}
    ids = {uid: {str(panel["id"]) for panel in panels(body)} for uid, body in bodies.items()}
    for body in bodies.values():
        for url in _urls(body):
            for uid, panel in _TARGET.findall(url):
                if uid not in ids or (panel and panel not in ids[uid]):
                    yield Finding("link-target", body["title"], f"{url} leads nowhere")
        for link in body["links"]:
            others = [one for one in bodies.values() if one is not body and set(link.get("tags", ())) <= set(one["tags"])]
            if link.get("type") == "dashboards" and not others:
                yield Finding("link-target", body["title"], f"no other dashboard has the tags {', '.join(link['tags'])}")


def _urls(dashboard: Json) -> Iterator[str]:
    """Where the links of a dashboard, its panels and their fields lead, and what its text panels say."""
    links = [*dashboard["links"]]
    for panel in panels(dashboard):
        links += panel.get("links", ())
        config = panel.get("fieldConfig", {})
        links += config.get("defaults", {}).get("links", ())
        for override in config.get("overrides", ()):
            links += (link for one in override["properties"] if one["id"] == "links" for link in one["value"])
        if panel["type"] == "text":
            yield panel["options"].get("content", "")
    yield from (link["url"] for link in links if "url" in link)
