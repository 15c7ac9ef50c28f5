"""Panels that several views share: what fires now, one alert against its threshold, one recorded series."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from alertkit import names
from alertkit.dashboards import panels, units
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.current import Json
from alertkit.dashboards.panels import NONE, ORANGE, RED, Stat, Table, TimeSeries, Visual
from alertkit.dashboards.targets import Query, has_variables, variables
from alertkit.dashboards.words import Words, markdown
from alertkit.model.policy import AlertText
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.promql import Condition, Selector, condition, leading, parse, quote

_ABSENCE = re.compile(r"\babsent(?:_over_time)?\s*\(")

SEVERITY_COLOR = {"critical": RED, "warning": ORANGE, "info": panels.BLUE}


def selector(metric: str, labels: dict[str, str]) -> str:
    """`metric{label="value", …}`, values quoted."""
    inside = ",".join(f"{label}={quote(value)}" for label, value in labels.items())
    return f"{metric}{{{inside}}}"


def firing(context: ViewContext, **labels: str) -> str:
    """A query for the tenant's alerts that fire now; Prometheus keeps one ALERTS series for each."""
    return selector("ALERTS", {context.label: context.tenant, "alertstate": "firing", **labels})


def firing_among(alerts: Sequence[str], context: ViewContext, words: Words) -> list[Visual]:
    """As firing_count and firing_table, of the alerts with these names."""
    only = f",alertname=~{quote('|'.join(alerts))}}}"
    found: list[Visual] = [firing_count(context, words), firing_table(context, words)]
    for target in (target for panel in found for target in panel.targets):
        target.expr = target.expr.replace("}", only)
    return found


def firing_count(context: ViewContext, words: Words) -> Stat:
    """How many alerts fire: green at none."""
    return Stat(
        key="firing/count",
        title=words("Firing alerts"),
        description=words("How many alerts of this tenant fire now."),
        targets=[Query(expr=f"count({firing(context)}) or vector(0)", legend=words("Firing alerts"), instant=True)],
        unit="none",
        steps=((1, RED),),
        color_mode="background",
        height=7,
    )


def firing_table(context: ViewContext, words: Words) -> Table:
    """Which alerts fire, the longest first, and how many instances of each. Empty when none does, which is the good case."""
    by = f"{names.LABEL_SEVERITY}, alertname, {names.LABEL_SERVICE}"
    since = f"{selector('ALERTS_FOR_STATE', {context.label: context.tenant})} and ignoring(alertstate) {firing(context)}"
    columns = {
        names.LABEL_SEVERITY: words("Severity"),
        "alertname": words("Alert"),
        names.LABEL_SERVICE: words("Service"),
        "Value #A": words("Since"),
        "Value #B": words("Instances"),
    }
    return Table(
        key="firing/table",
        title=words("Firing now"),
        description=words("Every alert that fires, and since when its condition holds."),
        targets=[
            Query(expr=f"1000 * min by ({by}) ({since})", refId="A", instant=True, format="table"),
            Query(expr=f"count by ({by}) ({firing(context)})", refId="B", instant=True, format="table"),
        ],
        transformations=[{"id": "merge", "options": {}}, panels.only(tuple(columns)), panels.organise(columns)],
        overrides=[
            panels.override(columns["Value #A"], unit="dateTimeFromNow"),
            panels.override(
                columns[names.LABEL_SEVERITY], mappings=[severities(words)], custom__cellOptions={"type": "color-text"}
            ),
        ],
        no_value=words("Nothing fires"),
        unit="none",
        sort=(columns["Value #A"], False),
        width=20,
        height=7,
    )


def severity_words(words: Words) -> dict[str, str]:
    """Each severity in the tenant's language."""
    return {"critical": words("Critical"), "warning": words("Warning"), "info": words("Info")}


def severities(words: Words) -> Json:
    """The mapping that names and colours a severity."""
    return panels.value_mapping({severity: (said, SEVERITY_COLOR[severity]) for severity, said in severity_words(words).items()})


def alert_panel(rule: AlertingRule, context: ViewContext, words: Words) -> TimeSeries:
    """What an alert watches, against its threshold.

    A condition of another shape (absent(), several comparisons, …) mostly returns nothing while all is well: there the panel
    shows how many instances fire. So it does where Grafana would take a part of the expression for one of its variables.
    """
    text = context.texts.get(rule.id, AlertText(rule.alert))
    panel = _empty_panel(rule, text, words)
    found = drawn(rule.expr)
    if found is None:
        _draw_firing(panel, rule, context, words)
    else:
        _draw_watched(panel, rule, found, context)
        panel.unit = units.GRAFANA[text.unit]
    return panel


def watched(rule: AlertingRule) -> str:
    """The expression that an alert's panel draws; empty where it counts what fires."""
    found = drawn(rule.expr)
    return "" if found is None else found.left or rule.expr


def service_panels(alerts: Sequence[AlertingRule], records: Sequence[RecordingRule], context: ViewContext) -> list[Visual]:
    """Alerts against their thresholds, then the recorded series that no alert draws already."""
    words = Words(context.locale)
    drawn = {_series(watched(alert)) for alert in alerts}
    rest = (record for record in records if _recorded(record) not in drawn)
    return [*(alert_panel(alert, context, words) for alert in alerts), *(record_panel(record, context, words) for record in rest)]


def _recorded(record: RecordingRule) -> frozenset[tuple[str, str, str]]:
    return frozenset([("", "=", record.record), *((name, "=", value) for name, value in record.labels.items())])


def _series(expr: str) -> frozenset[tuple[str, str, str]]:
    """What a selector asks for, in any order; empty for an expression that is none."""
    tree = parse(expr) if expr else None
    if not isinstance(tree, Selector) or tree.offset is not None or tree.at:
        return frozenset()
    return frozenset([("", "=", tree.metric), *((m.name, m.op, m.value) for m in tree.matchers)])


@lru_cache(maxsize=256)
def drawn(expr: str) -> Condition | None:
    """The condition that an alert's value comes from, when it can be drawn; `absent(up) > 0` mostly returns nothing."""
    first = leading(expr)
    joined = first.kind == "none" and condition(expr).kind == "filter"  # `known unless seen`: only the whole says anything
    silent = joined or first.kind == "filter" or _ABSENCE.search(first.left) is not None
    return None if silent or (has_variables(expr) and any(variables(expr))) else first


def record_panel(rule: RecordingRule, context: ViewContext, words: Words) -> TimeSeries:
    """A recorded series, under the title that its author gives it."""
    expr = selector(rule.record, rule.labels)
    title = words.choose(context.titles.get(rule.record, {}))
    return TimeSeries(
        key=f"record/{expr}",
        title=title or rule.record,
        description="\n\n".join([f"`{rule.record}`", _code(rule.expr)] if title else [_code(rule.expr)]),
        targets=[Query(expr=expr, legend=context.legends.of(rule.expr, title or rule.record))],
        unit=units.of_series(rule.record),
    )


def _empty_panel(rule: AlertingRule, text: AlertText, words: Words) -> TimeSeries:
    runbook = [{"title": words("Runbook"), "url": text.runbook, "targetBlank": True}] if text.runbook else []
    return TimeSeries(
        key=names.alert_panel(rule.id),
        title=rule.alert,
        description=_description(rule, text, words),
        links=runbook,
    )


def _draw_watched(panel: TimeSeries, rule: AlertingRule, found: Condition, context: ViewContext) -> None:
    """The left side of the comparison with its threshold; all of an expression that compares nothing."""
    expr = found.left or rule.expr
    panel.targets = [Query(expr=expr, legend=context.legends.of(expr, rule.alert), exemplar="_bucket" in expr)]
    if math.isfinite(found.value):
        _draw_threshold(panel, found.op, found.value, _color(rule))


def _draw_firing(panel: TimeSeries, rule: AlertingRule, context: ViewContext, words: Words) -> None:
    query = firing(context, alertname=rule.alert, **_static(rule))
    panel.targets = [Query(expr=f"count({query}) or vector(0)", legend=words("Firing alerts"))]
    panel.unit, panel.interpolation, panel.least, panel.decimals = "none", "stepAfter", 0, 0
    _draw_threshold(panel, ">=", 1, _color(rule))


def _static(rule: AlertingRule) -> dict[str, str]:
    """Labels that tell the rule's alerts from those of another rule of the same name."""
    return {name: rule.labels[name] for name in (names.LABEL_SERVICE, names.LABEL_SEVERITY) if name in rule.labels}


def _draw_threshold(panel: TimeSeries, operator: str, value: float, color: str) -> None:
    """Colour the side on which the alert fires and keep the line in sight. Equality has no side: a line alone."""
    below = operator in ("<", "<=")
    sided = below or operator in (">", ">=")
    panel.marks = "dashed+area" if sided else "dashed"
    panel.base, panel.steps = (color, ((value, NONE),)) if below else (NONE, ((value, color),))
    panel.soft_least, panel.soft_most = min(0.0, value * 1.2), max(0.0, value * 1.2)


def _color(rule: AlertingRule) -> str:
    return SEVERITY_COLOR.get(rule.labels.get(names.LABEL_SEVERITY, ""), RED)


def _description(rule: AlertingRule, text: AlertText, words: Words) -> str:
    """The alert's sentence, then what it waits for, in the definition's own vocabulary."""
    hold = f"for: {rule.hold}" if rule.hold else ""
    facts = " · ".join(f"`{fact}`" for fact in (rule.labels.get(names.LABEL_SEVERITY, ""), hold) if fact)
    sentences = [markdown(words.choose(text.summary)), markdown(words.choose(text.description)), facts, _code(rule.expr)]
    return "\n\n".join(filter(None, sentences))


def _code(expr: str) -> str:
    """An expression as a block of code, whatever it holds."""
    return "".join(f"    {line}\n" for line in expr.strip().splitlines()).rstrip("\n")
