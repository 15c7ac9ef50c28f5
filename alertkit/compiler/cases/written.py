"""Cases that an author wrote: series and when the alert fires or is silent. Their series get the tenant label."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence

from alertkit.compiler.cases.alerts import firing
from alertkit.compiler.cases.labels import takes
from alertkit.compiler.cases.lines import UnderivableError
from alertkit.compiler.cases.series import STEP, Unit, series
from alertkit.compiler.cases.trees import selectors_in
from alertkit.errors import PromQLError
from alertkit.model.route import Matcher
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.tenant import CaseDefinition
from alertkit.promql import Selector, metric_names, parse


def feeds_alert(case: CaseDefinition, rule: AlertingRule, recorded: Collection[str]) -> bool:
    """Whether the case itself feeds all that the alert reads of what is recorded; otherwise it needs the records."""
    read = metric_names(rule.expr)
    fed = {_parsed(text)[0] for text in case.series}
    return bool(read & fed) and all(name in fed for name in read if name in recorded)


def unit(case: CaseDefinition, rule: AlertingRule, records: Sequence[RecordingRule], own: Matcher | None) -> Unit:
    """The case with all that its alert reads through these records.

    `own` is a label that the series get unless their author wrote it; None for nothing.

    Raises:
        UnderivableError: a series is not written as name{label="value"}.
    """
    fed = {}
    for text, values in case.series.items():
        name, labels = _parsed(text)
        fed[series(name, ({own.name: own.value} if own else {}) | labels)] = values
    probes = []
    for at, fires in ((case.silent_at, False), (case.fires_at, True)):
        if at is not None:
            title = f"{case.title or 'written case'}: {'fires' if fires else 'silent'} at {at}"
            probes.append(firing(rule, title, math.ceil(at.ms / STEP.ms), fires=fires, labels=case.labels))
    return Unit(tuple(_read_by(rule, records)), fed, tuple(probes), evaluation=case.interval)


def _read_by(rule: AlertingRule, records: Iterable[RecordingRule]) -> list[Selector]:
    """What an alert reads, records in between and what these are made of included."""
    found, unread = selectors_in(parse(rule.expr)), {id(record): record for record in records}
    for selector in found:  # grows on the way
        for record in [one for one in unread.values() if takes(selector, one.record, one.labels)]:
            del unread[id(record)]
            found += selectors_in(parse(record.expr))
    return found


def check(series_texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The series that are not written as promtool reads them, each with what is wrong."""
    for text in series_texts:
        try:
            _parsed(text)
        except UnderivableError as error:
            yield text, str(error)


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    try:
        tree = parse(text)
    except PromQLError as error:
        raise UnderivableError(f"{text!r} is no series: {error}") from None
    if not isinstance(tree, Selector) or not tree.metric or any(matcher.op != "=" for matcher in tree.matchers):
        raise UnderivableError(f'{text!r} is no series such as up{{job="api"}}')
    return tree.metric, {matcher.name: matcher.value for matcher in tree.matchers if matcher.name != "__name__"}
