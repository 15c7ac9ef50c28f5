"""What alerts did: when each fired, how often, for how long. Prometheus' own ALERTS series tells all of it."""

from __future__ import annotations

from alertkit import names
from alertkit.dashboards import panels
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.panels import BLUE, Stat, StateTimeline, Table, TimeSeries
from alertkit.dashboards.parts import SEVERITY_COLOR, selector, severities, severity_words
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words

WEEK = "7d"
_LABELS = ("alertname", names.LABEL_SERVICE, names.LABEL_SEVERITY)


class History:
    """The alerts of one tenant, or for the platform's fleet (`everyone`) those of all, told apart by `labels`."""

    def __init__(self, context: ViewContext, words: Words, *, everyone: bool = False) -> None:
        self._words = words
        self._severities = severity_words(words)
        self._own = {} if everyone else {context.label: context.tenant}
        self._labels = (context.label, *_LABELS) if everyone else _LABELS

    def by_severity(self) -> list[Stat]:
        """A figure for each severity."""
        return [self._count(severity) for severity in names.SEVERITIES]

    def _count(self, severity: str) -> Stat:
        expr = f"count({self._alerts(severity=severity)}) or vector(0)"
        return Stat(
            key=f"firing/{severity}",
            title=self._severities[severity],
            description=self._words("How many alerts of this severity fire."),
            targets=[Query(expr=expr, legend=self._severities[severity])],
            unit="none",
            steps=((1, SEVERITY_COLOR[severity]),),
            graph=True,
        )

    def pending(self) -> Stat:
        """Alerts whose condition holds, but not for long enough."""
        pending = selector("ALERTS", {**self._own, "alertstate": "pending"})
        return Stat(
            key="firing/pending",
            title=self._words("Pending"),
            description=self._words("Alerts whose condition holds, but not for long enough yet."),
            targets=[Query(expr=f"count({pending}) or vector(0)", legend=self._words("Pending"))],
            unit="none",
            steps=((1, "yellow"),),
            graph=True,
        )

    def fires(self, **labels: str) -> Stat:
        """How often alerts with these labels began to fire in the last seven days, and in those before."""
        starts = self._starts(**labels)
        return Stat(
            key="noise/week",
            title=self._words("Fires a week"),
            description=self._words("How often alerts began to fire in the last seven days, and in the seven before."),
            targets=[
                Query(expr=_total(starts), legend=self._words("This week"), instant=True),
                Query(expr=_total(starts, f" offset {WEEK}"), legend=self._words("Last week"), instant=True),
            ],
            unit="none",
            base=BLUE,
            width=8,
            text_mode="value_and_name",
        )

    def critical_fires(self) -> Stat:
        """As fires, of critical alerts."""
        panel = self.fires(**{names.LABEL_SEVERITY: "critical"})
        panel.key, panel.title, panel.width, panel.height = "noise/critical", self._words("Critical alerts a week"), 8, 5
        return panel

    def timeline(self, alerts: int) -> StateTimeline:
        """A band for each alert, coloured by severity while it fires; room for some of so many."""
        states = {"3": "critical", "2": "warning", "1": "info"}
        fires = [f"{value} * {self._alerts(severity=severity)}" for value, severity in states.items()]
        waits = f"0 * {selector('ALERTS', {**self._own, 'alertstate': 'pending'})}"
        labels = self._labels[:-1]
        mapping = {value: (self._severities[name], SEVERITY_COLOR[name]) for value, name in states.items()}
        return StateTimeline(
            key="history/timeline",
            title=self._words("History"),
            description=self._words("When each alert fired, and how severe it was."),
            targets=[Query(expr=f"max by ({', '.join(labels)}) ({' or '.join([*fires, waits])})", legend=_joined(labels))],
            mappings=[panels.value_mapping({**mapping, "0": (self._words("Pending"), "yellow")})],
            no_value=self._words("Nothing fires"),
            unit="none",
            height=max(6, min(10, 4 + alerts // 3)),
            show_values="never",
        )

    def noise(self) -> Table:
        """How often and how long each alert fired in a week, the noisiest first."""
        by = ", ".join(self._labels)
        starts = f"sum by ({by}) (count_over_time({self._starts()}[{WEEK}:1m]))"
        never = f"0 * max by ({by}) (max_over_time({self._alerts()}[{WEEK}]))"
        fired = f"sum_over_time((max by ({by}) ({self._alerts()}))[{WEEK}:1m])"
        columns = {
            **({self._labels[0]: self._words("Tenant")} if len(self._labels) > len(_LABELS) else {}),
            "alertname": self._words("Alert"),
            names.LABEL_SERVICE: self._words("Service"),
            names.LABEL_SEVERITY: self._words("Severity"),
            "Value #A": self._words("Fires a week"),
            "Value #B": self._words("Time firing"),
        }
        return Table(
            key="noise/table",
            title=self._words("Noise"),
            description=self._words("How often each alert began to fire in seven days, and for how long in all."),
            targets=[
                Query(expr=f"{starts} or {never}", instant=True, format="table"),
                Query(expr=f"60 * {fired}", instant=True, format="table"),
            ],
            transformations=[{"id": "merge", "options": {}}, panels.only(tuple(columns)), panels.organise(columns)],
            overrides=[
                panels.override(columns["Value #B"], unit="dtdurations"),
                panels.override(
                    columns[names.LABEL_SEVERITY], mappings=[severities(self._words)], custom__cellOptions={"type": "color-text"}
                ),
            ],
            no_value=self._words("Nothing fires"),
            unit="none",
            sort=(columns["Value #A"], True),
            width=16,
        )

    def by_day(self) -> TimeSeries:
        """How many alerts began to fire each day, by severity."""
        by = names.LABEL_SEVERITY
        colours = [
            panels.override(severity, displayName=self._severities[severity], color={"mode": "fixed", "fixedColor": color})
            for severity, color in SEVERITY_COLOR.items()
        ]
        return TimeSeries(
            key="noise/day",
            title=self._words("Fires a day"),
            description=self._words("How many alerts began to fire in the day before each point."),
            targets=[Query(expr=f"sum by ({by}) (count_over_time({self._starts()}[1d:1m]))", legend=f"{{{{{by}}}}}")],
            overrides=colours,
            unit="none",
            decimals=0,
            draw="bars",
            fill=60,
            stacked=True,
            since="28d",
            step="1d",
        )

    def _starts(self, **labels: str) -> str:
        """Alerts that fire and did not a minute ago."""
        return f"({self._alerts(**labels)} unless {self._alerts(**labels)} offset 1m)"

    def _alerts(self, **labels: str) -> str:
        return selector("ALERTS", {**self._own, "alertstate": "firing", **labels})


def _total(starts: str, offset: str = "") -> str:
    return f"sum(count_over_time({starts}[{WEEK}:1m]{offset})) or vector(0)"


def _joined(labels: tuple[str, ...]) -> str:
    return " · ".join(f"{{{{{label}}}}}" for label in labels)
