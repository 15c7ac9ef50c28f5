"""How people answered: open incidents, time to acknowledge and to resolve, escalation. The receiver counts all of it."""

from __future__ import annotations

from typing import Final

from alertkit import names
from alertkit.dashboards import panels
from alertkit.dashboards.current import Json
from alertkit.dashboards.panels import BLUE, GREEN, ORANGE, RED, BarGauge, Stat, TimeSeries, Visual
from alertkit.dashboards.parts import SEVERITY_COLOR, selector, severity_words
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words

METRICS: Final = frozenset(
    {
        f"{names.METRIC_ACKNOWLEDGE_SECONDS}_bucket",
        f"{names.METRIC_RESOLVE_SECONDS}_bucket",
        names.METRIC_ESCALATION_STEPS,
        names.METRIC_INCIDENTS_OPEN,
        names.METRIC_INCIDENTS_OPENED,
        names.METRIC_PAGED_AGAIN,
        names.METRIC_PAGES,
        names.METRIC_UNREACHABLE_STEPS,
    }
)
"""What is asked of the receiver; a test compares it with what the receiver exposes."""
TENANT: Final = names.DEFAULT_TENANT_LABEL
"""The receiver's own label for a tenant, whatever the project calls its."""
MOST = 20
"""Lines of a ranking."""
WEEK, DAY, LOOK_BACK = "7d", "1d", "28d"


class Response:
    """Of one tenant (`own` are the labels of its series), or of all of them together (`own` is empty)."""

    def __init__(self, words: Words, own: dict[str, str]) -> None:
        self._words, self._own = words, own

    def panels(self) -> list[Visual]:
        """A line of figures over seven days, then four weeks day by day."""
        return [
            self._times("acknowledge", self._words("Time to acknowledge"), self._words("From the first page to the answer.")),
            self._times("resolve", self._words("Time to resolve"), self._words("From the opening of an incident to its end.")),
            self._open(),
            self._again(),
            self._unreachable(),
            self._course(),
            self._incidents(),
            self._steps(),
            self._pages(),
        ]

    def by_tenant(self) -> list[Visual]:
        """The slowest tenants, and those whose incidents climbed highest."""
        return [self._slowest(), self._climbing()]

    def _times(self, kind: str, title: str, says: str) -> Stat:
        legends = {0.5: self._words("Median"), 0.95: self._words("95 of 100 below")}
        when = self._words("Over the last seven days.")
        return Stat(
            key=f"response/{kind}",
            title=title,
            description=f"{says} {when}",
            targets=[Query(expr=self._quantile(share, kind), legend=text, instant=True) for share, text in legends.items()],
            unit="s",
            decimals=1,
            base=BLUE,
            no_value="–",
            text_mode="value_and_name",
            width=7,
            height=5,
        )

    def _open(self) -> Stat:
        states = {
            "firing": (self._words("Unanswered"), RED),
            "acknowledged": (self._words("Acknowledged"), BLUE),
            "snoozed": (self._words("Snoozed"), ORANGE),
            "suppressed": (self._words("Suppressed"), ORANGE),
        }
        return Stat(
            key="response/open",
            title=self._words("Open incidents"),
            description=self._words("Incidents that are open now, by what is being done about them."),
            targets=[Query(expr=f"sum by (state) ({self._of(names.METRIC_INCIDENTS_OPEN)})", legend="{{state}}")],
            overrides=[
                panels.override(state, displayName=text, color={"mode": "fixed", "fixedColor": color})
                for state, (text, color) in states.items()
            ],
            unit="none",
            no_value="0",
            text_mode="value_and_name",
            width=4,
            height=5,
        )

    def _again(self) -> Stat:
        says = self._words("Incidents of the last seven days that began to page again, from the first step.")
        return self._count("again", self._words("Paged again"), says, names.METRIC_PAGED_AGAIN, ORANGE)

    def _unreachable(self) -> Stat:
        says = self._words("Steps of the last seven days that found nobody to tell; the next one followed at once.")
        return self._count("unreachable", self._words("Nobody reached"), says, names.METRIC_UNREACHABLE_STEPS, RED)

    def _count(self, key: str, title: str, says: str, metric: str, color: str) -> Stat:
        expr = f"round(sum(increase({self._of(metric)}[{WEEK}]))) or vector(0)"
        return Stat(
            key=f"response/{key}",
            title=title,
            description=says,
            targets=[Query(expr=expr, legend=title, instant=True)],
            unit="none",
            base=GREEN,
            steps=((1, color),),
            width=3,
            height=5,
        )

    def _course(self) -> TimeSeries:
        wanted = {
            self._words("Time to acknowledge"): self._quantile(0.5, "acknowledge"),
            self._words("Time to resolve"): self._quantile(0.5, "resolve"),
        }
        return TimeSeries(
            key="response/course",
            title=self._words("Median times"),
            description=self._words("Of the incidents in the seven days before each point."),
            targets=[Query(expr=expr, legend=legend) for legend, expr in wanted.items()],
            unit="s",
            least=0,
            fill=0,
            width=12,
            since=LOOK_BACK,
            step="6h",
        )

    def _incidents(self) -> TimeSeries:
        said = severity_words(self._words)
        panel = self._bars("incidents", self._words("Incidents a day"), names.METRIC_INCIDENTS_OPENED, (names.LABEL_SEVERITY,))
        panel.description = self._words("Incidents that were opened in the day before each point, by severity.")
        panel.overrides = [
            panels.override(severity, displayName=said[severity], color=_fixed(color))
            for severity, color in SEVERITY_COLOR.items()
        ]
        return panel

    def _steps(self) -> TimeSeries:
        panel = self._bars("steps", self._words("Escalation steps a day"), names.METRIC_ESCALATION_STEPS, ("policy", "step"))
        panel.description = self._words("Steps of escalation policies that were run: from the second on, nobody had answered.")
        panel.targets[0].legend = self._words("{policy}, step {step}", policy="{{policy}}", step="{{step}}")
        return panel

    def _pages(self) -> TimeSeries:
        said = {"person": self._words("People"), "team": self._words("Teams"), "channel": self._words("Channels")}
        panel = self._bars("pages", self._words("Pages a day"), names.METRIC_PAGES, ("recipient",))
        panel.description = self._words("Pages that were sent in the day before each point, by whom they went to.")
        panel.overrides = [panels.override(recipient, displayName=text) for recipient, text in said.items()]
        return panel

    def _bars(self, key: str, title: str, metric: str, by: tuple[str, ...]) -> TimeSeries:
        expr = f"round(sum by ({', '.join(by)}) (increase({self._of(metric)}[{DAY}])))"
        return TimeSeries(
            key=f"response/{key}",
            title=title,
            targets=[Query(expr=expr, legend=" · ".join(f"{{{{{label}}}}}" for label in by))],
            unit="none",
            decimals=0,
            draw="bars",
            fill=60,
            stacked=True,
            width=12,
            since=LOOK_BACK,
            step=DAY,
        )

    def _slowest(self) -> BarGauge:
        return BarGauge(
            key="response/slowest",
            title=self._words("Slowest to acknowledge"),
            description=self._words("The median time to acknowledge of each tenant, over the last seven days."),
            targets=[
                Query(
                    expr=f"sort_desc(topk({MOST}, {self._quantile(0.5, 'acknowledge', TENANT)}))",
                    legend=f"{{{{{TENANT}}}}}",
                    instant=True,
                )
            ],
            unit="s",
            decimals=1,
            least=0,
            steps=((300, ORANGE), (900, RED)),
            no_value="–",
            width=12,
        )

    def _climbing(self) -> BarGauge:
        beyond = f'{names.METRIC_ESCALATION_STEPS}{{step!="1"}}'
        return BarGauge(
            key="response/climbing",
            title=self._words("Most escalated"),
            description=self._words("Steps beyond the first in the last seven days: nobody had answered the one before."),
            targets=[
                Query(
                    expr=f"sort_desc(topk({MOST}, round(sum by ({TENANT}) (increase({beyond}[{WEEK}])))))",
                    legend=f"{{{{{TENANT}}}}}",
                    instant=True,
                )
            ],
            unit="none",
            least=0,
            steps=((1, ORANGE), (10, RED)),
            no_value="0",
            width=12,
        )

    def _quantile(self, share: float, kind: str, *by: str) -> str:
        """Nothing where nothing was measured: a quantile of nothing is not a number, which is not ≥ 0."""
        metric = names.METRIC_ACKNOWLEDGE_SECONDS if kind == "acknowledge" else names.METRIC_RESOLVE_SECONDS
        buckets = f"sum by ({', '.join([*by, 'le'])}) (increase({self._of(f'{metric}_bucket')}[{WEEK}]))"
        return f"histogram_quantile({share}, {buckets}) >= 0"

    def _of(self, metric: str) -> str:
        return selector(metric, self._own)


def _fixed(color: str) -> Json:
    return {"mode": "fixed", "fixedColor": color}
