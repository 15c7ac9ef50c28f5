"""What keeps an alert from being told: maintenance, intervals, simulation, and the alerts that would mute it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from alertkit import oncall
from alertkit.explain.model import Inhibitor, Silence
from alertkit.model.policy import TenantPolicy
from alertkit.model.route import Fragment, InhibitRule, Matcher, Route
from alertkit.model.rules import AlertingRule
from alertkit.oncall.paging import covering
from alertkit.routing.matchers import accepts, text


def of_policy(policy: TenantPolicy, labels: Mapping[str, str], at: dt.datetime) -> Iterator[Silence]:
    """Why the receiver tells nobody at an instant."""
    if policy.simulate:
        yield Silence("simulate", "messages are rendered and logged, nobody is told")
    window = covering(policy.maintenance, labels, at)
    if window is not None:
        yield Silence("maintenance", window.reason, window.end.astimezone(oncall.zone(policy.timezone)))


def of_intervals(route: Route, fragment: Fragment, at: dt.datetime) -> Iterator[Silence]:
    """Why Alertmanager's own receiver is told nothing at an instant."""
    known = {interval.name: interval for interval in fragment.intervals}
    for name in route.mute_time_intervals:
        if oncall.in_interval(known[name], at):
            yield Silence("interval", f"muted during {name}")
    active = route.active_time_intervals
    if active and not any(oncall.in_interval(known[name], at) for name in active):
        yield Silence("interval", f"active only during {' or '.join(active)}")


def inhibitors(alerts: Iterable[AlertingRule], fragment: Fragment, labels: Mapping[str, str]) -> Iterator[Inhibitor]:
    """Every rule whose target the alert is, with what would mute it."""
    own = fragment.routes[0].matchers[0]
    known = {alert.id: {**alert.labels, "alertname": alert.alert} for alert in alerts}
    for rule in fragment.inhibit:
        wanted = [matcher for matcher in rule.target if not _asks_for_presence(matcher, rule)]
        if _meets(wanted, labels):
            source = [matcher for matcher in rule.source if matcher != own and not _asks_for_presence(matcher, rule)]
            yield Inhibitor(
                while_firing=tuple(map(text, source)),
                equal={name: labels[name] for name in rule.equal if labels.get(name) and name != own.name},
                missing=tuple(name for name in rule.equal if not labels.get(name)),
                alerts=tuple(rule for rule, its in known.items() if _surely(source, its) and not its.items() <= labels.items()),
            )


def _asks_for_presence(matcher: Matcher, rule: InhibitRule) -> bool:
    return matcher.name in rule.equal and (matcher.op, matcher.value) == ("=~", ".+")


def _surely(source: list[Matcher], known: Mapping[str, str]) -> bool:
    return all(matcher.name in known for matcher in source) and _meets(source, known)


def _meets(found: list[Matcher], labels: Mapping[str, str]) -> bool:
    return all(accepts(matcher)(labels.get(matcher.name, "")) for matcher in found)
