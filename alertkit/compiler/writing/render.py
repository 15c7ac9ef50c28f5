"""Artifacts → bytes. The order of keys is the one people read in, and never changes by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from alertkit import names, paths
from alertkit.compiler.writing.emit import emit
from alertkit.model import policy
from alertkit.model.artifact import Files
from alertkit.model.oncall import Restriction
from alertkit.model.quantity import Duration
from alertkit.model.route import Fragment, InhibitRule, Matcher, NativeReceiver, Route, TimeInterval, WebhookReceiver
from alertkit.model.rules import AlertingRule, RecordingRule, Rule, RuleGroup
from alertkit.routing import matchers

if TYPE_CHECKING:
    from alertkit.compiler.compile import Compiled

_SECTIONS = ("receivers", "inhibit_rules", "time_intervals")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ROUTES = "route:\n  routes:\n"


def files(compiled: Compiled) -> Files:
    """Everything of a tenant but its dashboards."""
    tenant = compiled.tenant.name
    found: Files = {
        paths.fragment(tenant): fragment(compiled.fragment),
        paths.policy(tenant): policy.encode(compiled.policy),
    }
    if compiled.rules.records:
        found[paths.records(tenant)] = rule_file(compiled.rules.records, tenant)
    if compiled.rules.alerts:
        found[paths.alerts(tenant)] = rule_file(compiled.rules.alerts, tenant)
    return found


def rule_file(groups: Iterable[RuleGroup], tenant: str) -> bytes:
    """A file for Prometheus' `rule_files`: one document, because Prometheus reads only the first, silently."""
    return emit({"groups": [_group(group) for group in groups]}, header=_header(tenant)).encode()


def _group(group: RuleGroup) -> dict[str, Any]:
    return {"name": group.name, **_span("interval", group.interval), "rules": [rule(entry) for entry in group.rules]}


def rule(value: Rule) -> dict[str, Any]:
    """A rule as it stands in a rule file."""
    return _record(value) if isinstance(value, RecordingRule) else _alert(value)


def rule_key(rule: dict[str, Any]) -> str:
    """What a rule, as it stands in a rule file, is called: alerts by their stable id, records by name and labels."""
    if "alert" in rule:
        return f"alert {rule['annotations'].get(names.ANNOTATION_RULE, rule['alert'])}"
    own = list(rule["labels"].items())[:-1]  # the last one is the tenant label, the same everywhere
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(own))
    return f"record {rule['record']}" + (f"{{{labels}}}" if labels else "")


def _record(rule: RecordingRule) -> dict[str, Any]:
    return {"record": rule.record, "expr": rule.expr, "labels": rule.labels}


def _alert(rule: AlertingRule) -> dict[str, Any]:
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **_span("for", rule.hold),
        **_span("keep_firing_for", rule.keep_firing_for),
        "labels": rule.labels,
        "annotations": rule.annotations,
    }


def fragment(value: Fragment) -> bytes:
    """A tenant's part of Alertmanager's configuration, in the shape of the whole."""
    data: dict[str, Any] = {
        "route": {"routes": [_route(route) for route in value.routes]},
        "receivers": [_receiver(receiver) for receiver in value.receivers],
    }
    if value.inhibit:
        data["inhibit_rules"] = [_inhibit(rule) for rule in value.inhibit]
    if value.intervals:
        data["time_intervals"] = [_interval(interval) for interval in value.intervals]
    return emit(data, header=_header(value.tenant)).encode()


def alertmanager(root: Route, fragments: Iterable[bytes]) -> bytes:
    """Alertmanager's whole configuration: a root that takes what no tenant's route does, then every fragment in order.

    Fragments are cut at their sections and joined as text: parsing them again would take a thousand tenants 20 seconds.
    """
    sections: dict[str, list[str]] = {"route": [], **{name: [] for name in _SECTIONS}}
    for data in fragments:
        for name, text in _cut(data.decode()).items():
            sections[name].append(text)
    parts = [emit({"route": _route(root)}, header=_header("")), "  routes:\n", *sections["route"]]
    for name in _SECTIONS:
        if sections[name]:
            parts += [f"{name}:\n", *sections[name]]
    return "".join(parts).encode()


def _cut(text: str) -> dict[str, str]:
    """The lines below each section of a fragment."""
    sections: dict[str, str] = {}
    start = text.index(_ROUTES) + len(_ROUTES)
    marks = [("route", start, start)]
    for name in _SECTIONS:
        place = text.find(f"\n{name}:\n", start - 1)
        if place >= 0:
            marks.append((name, place + 1, place + len(name) + 3))
    for (name, _, begin), (_, end, _) in zip(marks, [*marks[1:], ("", len(text), 0)], strict=True):
        sections[name] = text[begin:end]
    return sections


def _route(route: Route) -> dict[str, Any]:
    return {
        **({"matchers": _matchers(route.matchers)} if route.matchers else {}),
        **({"receiver": route.receiver} if route.receiver else {}),
        **({"continue": True} if route.follow else {}),
        **({"group_by": list(route.group_by)} if route.group_by else {}),
        **_span("group_wait", route.group_wait),
        **_span("group_interval", route.group_interval),
        **_span("repeat_interval", route.repeat_interval),
        **({"mute_time_intervals": list(route.mute_time_intervals)} if route.mute_time_intervals else {}),
        **({"active_time_intervals": list(route.active_time_intervals)} if route.active_time_intervals else {}),
        **({"routes": [_route(child) for child in route.routes]} if route.routes else {}),
    }


def _matchers(values: Iterable[Matcher]) -> list[str]:
    return [matchers.text(value) for value in values]


def _receiver(receiver: WebhookReceiver | NativeReceiver) -> dict[str, Any]:
    if isinstance(receiver, NativeReceiver):
        return {"name": receiver.name, f"{receiver.kind}_configs": [receiver.settings]}
    return _webhook(receiver)


def _webhook(receiver: WebhookReceiver) -> dict[str, Any]:
    http: dict[str, Any] = {"authorization": {"type": "Bearer", "credentials_file": receiver.credentials_file}}
    if receiver.tls:
        http["tls_config"] = receiver.tls
    return {
        "name": receiver.name,
        "webhook_configs": [
            {
                "url": receiver.url,
                "send_resolved": True,
                "max_alerts": receiver.max_alerts,
                "http_config": http,
            }
        ],
    }


def _inhibit(rule: InhibitRule) -> dict[str, Any]:
    return {"source_matchers": _matchers(rule.source), "target_matchers": _matchers(rule.target), "equal": list(rule.equal)}


def _interval(interval: TimeInterval) -> dict[str, Any]:
    times = [part for hours in interval.hours for part in _hours(hours)]
    times += [_date(date) for date in interval.dates]
    return {"name": interval.name, "time_intervals": [{**part, "location": interval.timezone} for part in times]}


def _hours(hours: Restriction) -> list[dict[str, Any]]:
    """One interval, or two when it reaches into the next day: Alertmanager's hours end at midnight."""
    if hours.start < hours.end:
        return [_part(hours.weekdays, hours.start, hours.end)]
    late = _part(hours.weekdays, hours.start, "24:00")
    return [late] if hours.end == "00:00" else [late, _part(tuple((day + 1) % 7 for day in hours.weekdays), "00:00", hours.end)]


def _part(weekdays: tuple[int, ...], start: str, end: str) -> dict[str, Any]:
    days = {} if len(set(weekdays)) == len(_WEEKDAYS) else {"weekdays": [_WEEKDAYS[day] for day in sorted(weekdays)]}
    return {**days, "times": [{"start_time": start, "end_time": end}]}


def _date(date: dt.date) -> dict[str, Any]:
    return {"days_of_month": [str(date.day)], "months": [str(date.month)], "years": [str(date.year)]}


def _span(key: str, value: Duration | None) -> dict[str, str]:
    return {} if value is None else {key: str(value)}


def _header(tenant: str) -> str:
    whose = f" for tenant {tenant}" if tenant else ""
    return f"# {names.MARKER}{whose}; change the definition, not this file\n"
