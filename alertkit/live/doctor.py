"""What a running Prometheus says about a tenant's rules: data that is not there, labels that are missing, rules that are slow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from alertkit.errors import Level
from alertkit.live.prometheus import Prometheus
from alertkit.model.route import Matcher
from alertkit.model.rules import RecordingRule, Rule, RuleGroup
from alertkit.promql import Selector, quote, selectors

Kind = Literal["no series", "no tenant label", "no bucket", "slow rule", "failing rule", "not loaded"]
_SHOWN_BUCKETS = 20


class Complaint(msgspec.Struct, frozen=True):
    """One thing that is not as the rules expect; `rule` is the first that suffers from it."""

    kind: Kind
    tenant: str
    rule: str
    subject: str
    detail: str
    level: Level = Level.ERROR


class Recorded(msgspec.Struct, frozen=True):
    """How many series a recording rule keeps."""

    tenant: str
    record: str
    series: int


class Examination(msgspec.Struct, frozen=True):
    """Everything about one tenant."""

    complaints: tuple[Complaint, ...]
    recorded: tuple[Recorded, ...]


class Patient(msgspec.Struct, frozen=True):
    """A tenant and its rules as emitted. `isolated` says that its selectors carry the tenant's matcher."""

    tenant: str
    label: str
    isolated: bool
    groups: tuple[RuleGroup, ...]


def examine(server: Prometheus, patient: Patient, slow: float) -> Examination:
    """Ask about every selector once, every record, and how evaluation goes; `slow` is seconds for one rule.

    Raises:
        UnreachableError: Prometheus does not answer.
    """
    complaints = [*_data(server, patient), *_evaluation(server, patient, slow)]
    return Examination(tuple(complaints), tuple(_recorded(server, patient)))


def _data(server: Prometheus, patient: Patient) -> Iterator[Complaint]:
    own = {rule.record for group in patient.groups for rule in group.rules if isinstance(rule, RecordingRule)}
    bare: set[str] = set()
    for selector, rule in _first_uses(patient.groups):
        if server.value(f"count({_text(selector)})"):
            continue
        if selector.metric in own:
            message = (
                "recorded by this tenant's rules, but there is no series: are the rules loaded, and do they return anything?"
            )
            yield Complaint("no series", patient.tenant, rule, _text(selector), message, Level.WARNING)
            continue
        bucket = _missing_bucket(server, selector)
        if bucket:
            yield Complaint("no bucket", patient.tenant, rule, _text(selector), bucket)
        elif patient.isolated and selector.metric not in bare and _without_label(server, selector, patient.label):
            bare.add(selector.metric)
            detail = f"series of this name exist, but none of them has the label {patient.label!r}"
            yield Complaint("no tenant label", patient.tenant, rule, _text(selector), detail)
        else:
            yield Complaint("no series", patient.tenant, rule, _text(selector), _what_there_is(server, selector, patient))


def _what_there_is(server: Prometheus, selector: Selector, patient: Patient) -> str:
    """Whether it is the name that is not there, or only these labels: a counter with labels may begin with its first event."""
    if not selector.metric:
        return "nothing matches now"
    own = tuple(one for one in selector.matchers if patient.isolated and one.name in (patient.label, "__name__"))
    if server.value(f"count({_text(Selector(selector.metric, own))})"):
        return "series of this name exist, but none with these labels"
    return "there is no series of this name"


def _first_uses(groups: Iterable[RuleGroup]) -> Iterator[tuple[Selector, str]]:
    """Every selector once, with the first rule that reads it. Where in time it looks does not matter here."""
    seen: set[str] = set()
    for group in groups:
        for rule in group.rules:
            for selector in selectors(rule.expr):
                text = _text(selector)
                if text not in seen:
                    seen.add(text)
                    yield selector, _name(rule)


def _missing_bucket(server: Prometheus, selector: Selector) -> str:
    rest = _without(selector, "le")
    if rest == selector or not selector.metric.endswith("_bucket"):
        return ""
    buckets = server.values_of("le", f"group by (le) ({_text(rest)})")
    if not buckets:
        return ""
    there = ", ".join(sorted(buckets, key=_boundary)[:_SHOWN_BUCKETS])
    wanted = next(matcher.value for matcher in selector.matchers if matcher.name == "le")
    return f"the histogram has no bucket at {wanted}; it has {there}"


def _boundary(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _without_label(server: Prometheus, selector: Selector, label: str) -> bool:
    free = _without(selector, label)
    return bool(server.value(f"count({_text(free)})")) and not server.value(
        f"count({_text(_with(free, Matcher(label, '!=', '')))})"
    )


def _recorded(server: Prometheus, patient: Patient) -> Iterator[Recorded]:
    for group in patient.groups:
        for rule in group.rules:
            if isinstance(rule, RecordingRule):
                labels = tuple(Matcher(name, "=", value) for name, value in rule.labels.items())
                count = server.value(f"count({_text(Selector(rule.record, labels))})")
                yield Recorded(patient.tenant, rule.record, int(count))


def _evaluation(server: Prometheus, patient: Patient, slow: float) -> Iterator[Complaint]:
    names = {group.name for group in patient.groups}
    loaded = [rule for rule in server.rules() if rule["group"] in names]
    for name in sorted(names - {rule["group"] for rule in loaded}):
        yield Complaint("not loaded", patient.tenant, name, name, "Prometheus has no such rule group: reload it?", Level.WARNING)
    for rule in loaded:
        if rule.get("health") == "err":
            yield Complaint("failing rule", patient.tenant, rule["name"], rule["group"], rule.get("lastError", ""))
        took = float(rule.get("evaluationTime") or 0)
        if took > slow:
            detail = f"the last evaluation took {took:.2f} s of its {rule['interval']:g} s"
            yield Complaint("slow rule", patient.tenant, rule["name"], rule["group"], detail, Level.WARNING)


def _name(rule: Rule) -> str:
    return rule.record if isinstance(rule, RecordingRule) else rule.alert


def _without(selector: Selector, label: str) -> Selector:
    kept = tuple(matcher for matcher in selector.matchers if matcher.name != label)
    return Selector(selector.metric, kept)


def _with(selector: Selector, matcher: Matcher) -> Selector:
    return Selector(selector.metric, (*selector.matchers, matcher))


def _text(selector: Selector) -> str:
    """The selector as PromQL; a name goes between the braces, where every character is allowed."""
    named = any(matcher.name == "__name__" for matcher in selector.matchers)
    parts = [] if named or not selector.metric else [f"__name__={quote(selector.metric)}"]
    parts += [f"{matcher.name}{matcher.op}{quote(matcher.value)}" for matcher in selector.matchers]
    return "{" + ",".join(parts) + "}"
