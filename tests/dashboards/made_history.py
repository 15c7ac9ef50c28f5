"""A past for Prometheus: series, what rules would have recorded of them, and the alerts that would have fired, as its own blocks.

Rules are evaluated by Prometheus itself, over the range: a layer of those whose inputs are there already after the other.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import made_metrics
from live_prometheus import Prometheus, serving

from alertkit import promql
from alertkit.model.rules import AlertingRule, RecordingRule, Rule


class Span(NamedTuple):
    """From, to and step, in seconds since 1970 and seconds."""

    start: int
    end: int
    step: int

    def times(self) -> range:
        """Every moment."""
        return range(self.start, self.end + 1, self.step)


class Past:
    """Writes blocks into a data folder."""

    def __init__(self, prometheus: str, promtool: str, folder: Path, span: Span) -> None:
        self._prometheus, self._promtool, self._folder, self._span = prometheus, promtool, folder, span

    def make(self, rules: Iterable[Rule], queries: Iterable[str] = ()) -> None:
        """Raw series that the rules, or queries beside them, read; then recorded ones, then alerts."""
        rules = list(rules)
        records = [rule for rule in rules if isinstance(rule, RecordingRule)]
        series = made_metrics.made([*(rule.expr for rule in rules), *queries], (record.record for record in records))
        self._write(made_metrics.history(series, self._span.times()))
        for layer in layers(records):
            self._evaluate(self._recorded, layer)
        self._evaluate(self._alerting, [rule for rule in rules if isinstance(rule, AlertingRule)])

    def _evaluate(self, lines: Any, rules: list[Any]) -> None:
        with serving(self._prometheus, self._folder, self._span.step) as server:
            found = [line for rule in rules for line in lines(rule, server)]
        self._write(iter([*found, "# EOF\n"]))

    def _recorded(self, rule: RecordingRule, server: Prometheus) -> Iterator[str]:
        for one in values(server, rule.expr, self._span):
            labels = {**one["metric"], **rule.labels}
            labels.pop("__name__", None)
            name = f"{rule.record}{_labels(labels)}"
            yield from (f"{name} {value} {at:.0f}\n" for at, value in one["values"])

    def _alerting(self, rule: AlertingRule, server: Prometheus) -> Iterator[str]:
        for one in values(server, rule.expr, self._span):
            labels = {**one["metric"], **rule.labels, "alertname": rule.alert}
            labels.pop("__name__", None)
            yield from self._fires(labels, [at for at, _ in one["values"]], rule.hold.seconds if rule.hold else 0)

    def _fires(self, labels: dict[str, str], times: list[float], hold: float) -> Iterator[str]:
        """ALERTS and ALERTS_FOR_STATE, pending until the condition has held for long enough."""
        since = previous = 0.0
        firing, pending = (f"ALERTS{_labels({**labels, 'alertstate': state})}" for state in ("firing", "pending"))
        for at in times:
            since = since if at - previous <= self._span.step else at
            previous = at
            yield f"{firing if at - since >= hold else pending} 1 {at:.0f}\n"
            yield f"ALERTS_FOR_STATE{_labels(labels)} {since:.0f} {at:.0f}\n"

    def _write(self, lines: Iterator[str]) -> None:
        text = self._folder / "past.om"
        with text.open("w") as file:
            file.writelines(sorted_by_metric(lines))
        command = [self._promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1000h", "--quiet"]
        done = subprocess.run([*command, str(text), str(self._folder / "data")], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr or done.stdout)


def sorted_by_metric(lines: Iterable[str]) -> list[str]:
    """OpenMetrics wants the samples of a metric together, and those of a series in order."""
    return [*sorted((line for line in lines if not line.startswith("#")), key=_place), "# EOF\n"]


def _place(line: str) -> tuple[str, float]:
    series, _, at = line.rpartition(" ")
    return series.rpartition(" ")[0], float(at)


def layers(records: list[RecordingRule]) -> Iterator[list[RecordingRule]]:
    """Rules whose inputs no later rule records, again and again."""
    rest = list(records)
    while rest:
        names = {record.record for record in rest}
        ready = [record for record in rest if not (promql.metric_names(record.expr) & (names - {record.record}))]
        assert ready, f"these records read each other: {sorted(names)}"
        yield ready
        rest = [record for record in rest if record not in ready]


def coarse(query: str, step: int) -> str:
    """The query with ranges that hold at least three samples: the past is made at long steps."""
    return re.sub(r"\[(\d+)([sm])\]", lambda found: f"[{max(int(found[1]) * (60 if found[2] == 'm' else 1), 3 * step)}s]", query)


def values(server: Prometheus, query: str, span: Span) -> Iterator[dict[str, Any]]:
    """The series of a range query, in as many questions as Prometheus' limit of points asks for."""
    most = 10_000 * span.step
    for start in range(span.start, span.end + 1, most):
        end = min(start + most - span.step, span.end)
        body = urllib.parse.urlencode({"query": coarse(query, span.step), "start": start, "end": end, "step": span.step}).encode()
        with urllib.request.urlopen(f"{server.url}/api/v1/query_range", data=body, timeout=300) as answer:
            yield from json.load(answer)["data"]["result"]


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}={promql.quote(value)}" for name, value in sorted(labels.items())) + "}"
