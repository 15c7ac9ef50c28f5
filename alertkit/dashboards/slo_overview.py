"""Panels over every SLO: which are met, how much budget each has left, how it went over the weeks."""

from __future__ import annotations

from collections.abc import Sequence

from alertkit import names
from alertkit.dashboards import panels
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.current import Json
from alertkit.dashboards.panels import GREEN, ORANGE, RED, BarGauge, Stat, StateTimeline, Table, TimeSeries
from alertkit.dashboards.slo_parts import BUDGET, BURN, LOWEST, exhausted, spent
from alertkit.dashboards.slo_series import NATIVE, SloSeries
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words
from alertkit.model.slo import DAY
from alertkit.promql import quote

WEEKS = "56d"
"""How far trends look back: eight weeks."""
_NAMED = f"{{{{{names.LABEL_SERVICE}}}}} · {{{{{names.LABEL_SLO}}}}}"


class Overview:
    """Every SLO of a tenant at once. Those in Sloth's form are asked for by Sloth's labels and shown under ours."""

    def __init__(self, found: Sequence[SloSeries], context: ViewContext, words: Words) -> None:
        self._found = found
        self._height = max(5, min(10, 3 + len(found)))
        self._forms = sorted({one.identity for one in found})
        self._context, self._words = context, words

    def met(self) -> Stat:
        """How many SLOs hold their objective, of how many."""
        left = self._each("min", names.SLO_REMAINING)
        return Stat(
            key="slos/met",
            title=self._words("Objectives met"),
            description=self._words("How many objectives hold over their window, and how many there are."),
            targets=[
                Query(expr=f"count(({left}) >= 0) or vector(0)", legend=self._words("Met"), instant=True),
                Query(expr=f"count({left})", legend=self._words("Of"), instant=True),
            ],
            unit="none",
            base=panels.BLUE,
            text_mode="value_and_name",
            width=8,
            height=5,
        )

    def lowest(self) -> Stat:
        """The smallest budget that is left."""
        return Stat(
            key="slos/lowest",
            title=self._words("Smallest error budget left"),
            description=self._words("The objective that is nearest to being missed."),
            targets=[
                Query(expr=f"bottomk(1, {self._each('min', names.SLO_REMAINING)})", legend=f"{{{{{NATIVE[1]}}}}}", instant=True)
            ],
            unit="percentunit",
            decimals=1,
            base=RED,
            steps=BUDGET,
            mappings=[spent(self._words)],
            text_mode="value_and_name",
            color_mode="background",
            width=8,
            height=5,
        )

    def table(self, *, linked: bool = False) -> Table:
        """A line for each SLO; its worst group counts. With `linked` each leads to the SLO view, in the same range of time."""
        columns = {
            NATIVE[0]: self._words("Service"),
            NATIVE[1]: "SLO",
            "Value #A": self._words("Objective"),
            "Value #B": self._words("Attained"),
            "Value #C": self._words("Error budget left"),
            "Value #D": self._words("Burn rate"),
        }
        lost = {"decimals": 2, "unit": "percentunit"}
        burned = f"({self._each('max', names.SLO_PERIOD_BURN)}) * ({self._each('max', names.SLO_BUDGET)})"
        exprs = {
            "A": self._each("max", names.SLO_OBJECTIVE),
            "B": f"1 - {burned}",
            "C": self._each("min", names.SLO_REMAINING),
            "D": self._each("max", names.SLO_BURN),
        }
        return Table(
            key="slos/table",
            title=self._words("Every SLO"),
            description=self._words("Objective, what was attained, what is left of the budget, and how fast it burns now."),
            targets=[Query(expr=expr, refId=ref, instant=True, format="table") for ref, expr in exprs.items()],
            transformations=[{"id": "merge", "options": {}}, panels.only(tuple(columns)), panels.organise(columns)],
            overrides=[
                *([panels.override("SLO", links=[self._details()])] if linked else []),
                panels.override(columns["Value #A"], **lost),
                panels.override(columns["Value #B"], **{**lost, "decimals": 3}),
                panels.override(columns["Value #C"], **lost, **_coloured(BUDGET, RED), mappings=[spent(self._words)]),
                panels.override(columns["Value #D"], unit="none", decimals=2, **_coloured(BURN, GREEN)),
            ],
            unit="none",
            sort=(columns["Value #C"], False),
            width=16,
            height=self._height,
        )

    def _details(self) -> Json:
        uid = names.dashboard_uid(self._context.tenant, "slo", self._context.environment)
        return {"title": "SLO", "url": f"/d/{uid}?${{__url_time_range}}"}

    def bars(self) -> BarGauge:
        """What is left of each budget, the smallest first."""
        return BarGauge(
            key="slos/left",
            title=self._words("Error budget left"),
            description=self._words("Of each objective, the smallest first."),
            targets=[Query(expr=f"sort({self._each('min', names.SLO_REMAINING)})", legend=f"{{{{{NATIVE[1]}}}}}", instant=True)],
            unit="percentunit",
            least=0,
            most=1,
            base=RED,
            steps=BUDGET,
            mappings=[spent(self._words)],
            height=self._height,
        )

    def lasting(self) -> BarGauge:
        """How long each budget lasts, the shortest time first where the definition has it so."""
        most = max(one.slo.window.seconds for one in self._found)
        return BarGauge(
            key="slos/lasting",
            title=self._words("Budget gone in"),
            description=self._words("When each error budget is gone if the last hours go on."),
            targets=[Query(expr=one.lasts(), legend=_lasting_name(one), instant=True) for one in self._found],
            unit="s",
            decimals=1,
            least=0,
            most=most,
            base=RED,
            steps=((DAY.seconds, ORANGE), (most / 4, GREEN)),
            mappings=exhausted(most, self._words),
            width=12,
            height=self._height,
        )

    def burning(self) -> StateTimeline:
        """When each budget burned, and how fast."""
        steps = ((1, "yellow"), (3, ORANGE), (6, RED), (14.4, "dark-red"))
        return StateTimeline(
            key="slos/burning",
            title=self._words("Burn rate"),
            description=self._words("How fast each budget burned: 1 is just sustainable."),
            targets=[Query(expr=self._each("max", names.SLO_BURN), legend=_NAMED)],
            unit="none",
            decimals=1,
            steps=steps,
            height=6,
            show_values="never",
        )

    def trend(self) -> TimeSeries:
        """Budgets over eight weeks."""
        return TimeSeries(
            key="slos/trend",
            title=self._words("Error budget left, eight weeks"),
            description=self._words("Each objective's budget over its own window, as the weeks went by."),
            targets=[Query(expr=f"clamp_min({self._each('min', names.SLO_REMAINING)}, {LOWEST:g})", legend=_NAMED)],
            unit="percentunit",
            soft_least=0,
            most=1,
            base=RED,
            steps=((0.0, panels.NONE),),
            marks="dashed",
            fill=0,
            width=12,
            since=WEEKS,
        )

    def by_week(self) -> TimeSeries:
        """What was attained in each seven days, for objectives that count events."""
        errors, events = (self._sum(name) for name in (names.SLO_ERRORS, names.SLO_EVENTS))
        return TimeSeries(
            key="slos/weeks",
            title=self._words("Attained in seven days"),
            description=self._words("The share of good events in the seven days before each point."),
            targets=[Query(expr=f"1 - ({errors}) / (({events}) > 0)", legend=_NAMED)],
            unit="percentunit",
            decimals=3,
            most=1,
            fill=0,
            width=12,
            since=WEEKS,
            step="1d",
        )

    def _sum(self, name: str) -> str:
        own = self._own(NATIVE)
        return f"sum by ({', '.join(NATIVE)}) (sum_over_time({name}{own}[7d]))"

    def _each(self, operator: str, name: str) -> str:
        """One series for each SLO, with the labels service and slo."""
        return " or ".join(self._in_form(operator, name, form) for form in self._forms)

    def _in_form(self, operator: str, name: str, form: tuple[str, str]) -> str:
        expr = f"{operator} by ({', '.join(form)}) ({name}{self._own(form)})"
        for label, ours in zip(form, NATIVE, strict=True):
            expr = expr if label == ours else f'label_replace({expr}, "{ours}", "$1", "{label}", "(.+)")'
        return expr if form == NATIVE else f"max by ({', '.join(NATIVE)}) ({expr})"

    def _own(self, form: tuple[str, str]) -> str:
        own = f"{self._context.label}={quote(self._context.tenant)},"
        return f'{{{own}{form[1]}!=""}}'


def _lasting_name(found: SloSeries) -> str:
    return " · ".join([found.slo.name, *(f"{{{{{label}}}}}" for label in found.slo.group_by)])


def _coloured(steps: panels.Thresholds, base: str) -> Json:
    """Properties that colour a column's text by thresholds."""
    colours = [{"color": base, "value": None}, *({"color": color, "value": value} for value, color in steps)]
    return {"thresholds": {"mode": "absolute", "steps": colours}, "custom__cellOptions": {"type": "color-text"}}
