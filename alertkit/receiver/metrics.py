"""What the receiver counts, for Prometheus. Labels take values from configuration only, so cardinality is bounded.

Decisions are counted when they are durable, from what they changed. docs/reference/metrics.md is made from `METRICS`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from alertkit import names
from alertkit.model.incident import Changes, Fold, Post
from alertkit.model.message import State
from alertkit.model.policy import TenantPolicy
from alertkit.receiver.label_sets import AGAIN, OTHER, LabelSet, always, of_tenant

_COMMIT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELIVERY: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)
PEOPLE: Final = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
"""Seconds that people take: from a minute to a day."""

# A series with the time at which each counter began says nothing that Prometheus does not know, and doubles what it keeps.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client left this one untyped


Kind = Literal["counter", "gauge", "histogram"]


class Described(msgspec.Struct, frozen=True):
    """A metric as it is exposed: of which kind, with which labels, what it says, and the buckets of a histogram in seconds."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    text: str
    buckets: tuple[float, ...] = ()


METRICS: Final = (
    Described(names.METRIC_POSTS, "counter", ("tenant",), "Webhooks accepted."),
    Described(names.METRIC_ALERTS, "counter", ("tenant",), "Alerts in accepted webhooks."),
    Described(names.METRIC_STORE_SECONDS, "histogram", (), "From the body of a webhook to its commit.", _COMMIT),
    Described(names.METRIC_REQUESTS_REFUSED, "counter", ("status",), "Webhooks not accepted, by the HTTP status of the answer."),
    Described(
        names.METRIC_FOREIGN_ALERTS, "counter", ("tenant",), "Alerts dropped because they were labelled with another tenant."
    ),
    Described(
        names.METRIC_UNROUTED_POSTS, "counter", (), "Webhooks for a policy that is not loaded; the platform was told instead."
    ),
    Described(
        names.METRIC_INCIDENTS_OPENED,
        "counter",
        ("tenant", "severity"),
        f"Incidents opened, by the worst severity they began with (`{OTHER}`: one that the tenant does not know).",
    ),
    Described(
        names.METRIC_INCIDENTS_RESOLVED,
        "counter",
        ("tenant", "by"),
        "Incidents closed: by their `alerts`, by `people`, or by `absence`: no Alertmanager knew their alerts any more.",
    ),
    Described(names.METRIC_INCIDENTS_OPEN, "gauge", ("tenant", "state"), "Incidents that are open, by state."),
    Described(
        names.METRIC_ACKNOWLEDGE_SECONDS,
        "histogram",
        ("tenant",),
        "From the first page of an incident, or the first one since it began to page again, until somebody acknowledged.",
        PEOPLE,
    ),
    Described(
        names.METRIC_RESOLVE_SECONDS, "histogram", ("tenant",), "From the opening of an incident until it was closed.", PEOPLE
    ),
    Described(
        names.METRIC_ESCALATION_STEPS,
        "counter",
        ("tenant", "policy", "step"),
        "Steps of escalation policies that were run. `step` counts from 1; above it, nobody answered the steps before.",
    ),
    Described(
        names.METRIC_UNREACHABLE_STEPS, "counter", ("tenant",), "Steps that found nobody to tell; the next one followed at once."
    ),
    Described(names.METRIC_POSTPONED_STEPS, "counter", (), "Steps that could not be planned and were put off."),
    Described(
        names.METRIC_PAGED_AGAIN,
        "counter",
        ("tenant", "reason"),
        "Incidents that began to page again from the first step, and why.",
    ),
    Described(names.METRIC_PAGES, "counter", ("tenant", "recipient"), "Pages sent, to a `person`, a `team` or a `channel`."),
    Described(
        names.METRIC_DELIVERIES, "counter", ("tenant", "channel", "outcome"), "Attempts to send a message, and how they ended."
    ),
    Described(
        names.METRIC_DELIVERY_SECONDS, "histogram", ("channel",), "From when a message was due until it was sent.", _DELIVERY
    ),
    Described(names.METRIC_DUE_LAG, "gauge", (), "Age of the earliest step or message that is overdue; 0 when none is."),
    Described(
        names.METRIC_ALERTMANAGER_UP,
        "gauge",
        ("alertmanager",),
        "1 when the Alertmanager answered the last time it was asked, else 0.",
    ),
    Described(
        names.METRIC_STALE_INCIDENTS,
        "gauge",
        (),
        "Open incidents with an alert that no reachable Alertmanager knows, and of which it is not certain that it is over.",
    ),
    Described(names.METRIC_WATCHDOG_SECONDS, "gauge", ("tenant", "policy"), "For how long an expected Watchdog has stayed away."),
    Described(
        names.METRIC_HEARTBEATS,
        "counter",
        ("outcome",),
        "Heartbeats of the receiver, `heard` by the URL that expects them or `unheard`.",
    ),
    Described(names.METRIC_POLICIES, "gauge", (), "Tenants whose policy is loaded."),
    Described(names.METRIC_POLICY_PROBLEMS, "gauge", (), "Policy files that were refused; one more when none is found at all."),
    Described(
        names.METRIC_OVERRIDES_REFUSED,
        "counter",
        (),
        "Administrators' own sentences and layouts that cannot be used, each once for what is wrong with it.",
    ),
)


_LABELS: Final = {metric.name: metric.labels for metric in METRICS}
_OWNERS: Final = (("tenant",), ("channel",), ("tenant", "channel"))
"""Labels that say whose a series is: it goes with a tenant, with a channel that nobody has, and with a tenant's channel."""


def _of(kind: Kind) -> Iterator[Described]:
    return (metric for metric in METRICS if metric.kind == kind)


class Metrics:
    """One registry for one receiver."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters = {m.name: Counter(m.name, m.text, m.labels, registry=self._registry) for m in _of("counter")}
        self._gauges = {m.name: Gauge(m.name, m.text, m.labels, registry=self._registry) for m in _of("gauge")}
        self._histograms = {
            m.name: Histogram(m.name, m.text, m.labels, buckets=m.buckets, registry=self._registry) for m in _of("histogram")
        }
        # Finding a series by its labels costs more than counting: each is found once.
        self._counted: dict[LabelSet, Counter] = {}
        self._observed: dict[LabelSet, Histogram] = {}
        self._known: frozenset[LabelSet] = frozenset()
        for labels in always():
            self._count(*labels)

    def loaded(self, policies: Collection[TenantPolicy], problems: int) -> None:
        """What is in force after a reload: its counters begin at 0, and those of tenants and channels that are gone go."""
        self._gauges[names.METRIC_POLICIES].set(len(policies))
        self._gauges[names.METRIC_POLICY_PROBLEMS].set(problems)
        known = frozenset(labels for policy in policies for labels in of_tenant(policy))
        self._forget(_owners(self._known) - _owners(known))
        self._known = known
        for labels in known:
            self._count(*labels)

    def _forget(self, gone: set[LabelSet]) -> None:
        for found, parents in ((self._counted, self._counters), (self._observed, self._histograms)):
            for labels in [labels for labels in found if not gone.isdisjoint(_owner(labels))]:
                del found[labels]
                parents[labels[0]].remove(*labels[1:])

    def _count(self, *labels: str) -> Counter:
        found = self._counted.get(labels)
        if found is None:
            name, *values = labels
            found = self._counted[labels] = self._counters[name].labels(*values) if values else self._counters[name]
        return found

    def _observe(self, *labels: str) -> Histogram:
        found = self._observed.get(labels)
        if found is None:
            name, *values = labels
            found = self._observed[labels] = self._histograms[name].labels(*values) if values else self._histograms[name]
        return found

    def received(self, tenant: str, alerts: int) -> None:
        """A webhook passed all checks."""
        self._count(names.METRIC_POSTS, tenant).inc()
        self._count(names.METRIC_ALERTS, tenant).inc(alerts)

    def committed(self, seconds: float) -> None:
        """It is durable."""
        self._observe(names.METRIC_STORE_SECONDS).observe(seconds)

    def folded(self, post: Post, fold: Fold) -> None:
        """What a webhook changed is durable."""
        for number, changes in fold.changes:
            if number == 0 and changes.incident is not None:
                severity = changes.incident.severity
                self._count(names.METRIC_INCIDENTS_OPENED, post.tenant, severity if severity in post.severities else OTHER).inc()
            else:
                self.decided(changes)

    def decided(self, changes: Changes) -> None:
        """What was decided about an open incident is durable."""
        incident = changes.incident
        if incident is None:
            return
        tenant = incident.tenant
        if incident.resolved is not None:
            self._count(names.METRIC_INCIDENTS_RESOLVED, tenant, _closed_by(changes)).inc()
            self._observe(names.METRIC_RESOLVE_SECONDS, tenant).observe((incident.resolved - incident.opened).total_seconds())
        for position in changes.ran:
            self._count(names.METRIC_ESCALATION_STEPS, tenant, incident.policy, str(position + 1)).inc()
        for event in changes.events:
            if event.kind == "acknowledged" and incident.paged is not None:
                self._observe(names.METRIC_ACKNOWLEDGE_SECONDS, tenant).observe((event.at - incident.paged).total_seconds())
            elif event.kind == "unreachable":
                self._count(names.METRIC_UNREACHABLE_STEPS, tenant).inc()
            elif event.kind in AGAIN:
                self._count(names.METRIC_PAGED_AGAIN, tenant, event.kind).inc()

    def refused(self, status: HTTPStatus, requests: int = 1) -> None:
        """So many were answered with an error."""
        self._counters[names.METRIC_REQUESTS_REFUSED].labels(str(int(status))).inc(requests)

    def foreign(self, tenant: str, alerts: int) -> None:
        """Alerts were dropped because they carry another tenant's label."""
        self._count(names.METRIC_FOREIGN_ALERTS, tenant).inc(alerts)

    def override_refused(self) -> None:
        """An own layout or catalog cannot be used; the shipped one stands in for it."""
        self._count(names.METRIC_OVERRIDES_REFUSED).inc()

    def unrouted(self) -> None:
        """A webhook went to the platform because its policy is not loaded."""
        self._count(names.METRIC_UNROUTED_POSTS).inc()

    def delivered(self, tenant: str, channel: str, outcome: str) -> None:
        """An attempt to send a message has ended."""
        self._count(names.METRIC_DELIVERIES, tenant, channel, outcome).inc()

    def sent(self, channel: str, after: dt.timedelta) -> None:
        """A message left, so long after it was due."""
        self._observe(names.METRIC_DELIVERY_SECONDS, channel).observe(after.total_seconds())

    def paged(self, tenant: str, recipient: str) -> None:
        """A page left for `person/…`, `team/…` or `channel/…`; for whom exactly is nobody's business here."""
        self._count(names.METRIC_PAGES, tenant, recipient.partition("/")[0]).inc()

    def open(self, counts: Mapping[tuple[str, State], int]) -> None:
        """How many incidents of a tenant are in a state, of all that are open."""
        self._gauges[names.METRIC_INCIDENTS_OPEN].clear()
        for (tenant, state), count in counts.items():
            self._gauges[names.METRIC_INCIDENTS_OPEN].labels(tenant, state).set(count)

    def reachable(self, alertmanager: str, *, reached: bool) -> None:
        """An Alertmanager was asked."""
        self._gauges[names.METRIC_ALERTMANAGER_UP].labels(alertmanager).set(reached)

    def reconciled(self, stale: int) -> None:
        """All of them were asked; so many incidents are left in doubt."""
        self._gauges[names.METRIC_STALE_INCIDENTS].set(stale)

    def heard(self, tenant: str, policy: str, seconds: float) -> None:
        """An expected Watchdog has stayed away for so long."""
        self._gauges[names.METRIC_WATCHDOG_SECONDS].labels(tenant, policy).set(seconds)

    def beaten(self, *, heard: bool) -> None:
        """A heartbeat of ours was sent."""
        self._count(names.METRIC_HEARTBEATS, "heard" if heard else "unheard").inc()

    def lag(self, seconds: float) -> None:
        """How late the earliest due thing is; 0 when nothing is late."""
        self._gauges[names.METRIC_DUE_LAG].set(max(0.0, seconds))

    def postponed(self, steps: int) -> None:
        """Steps wait because their tenant's policy is not loaded, or planning failed."""
        self._count(names.METRIC_POSTPONED_STEPS).inc(steps)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


def _owner(labels: LabelSet) -> Iterator[LabelSet]:
    """Whose series it is, as names of labels with their values."""
    values = dict(zip(_LABELS[labels[0]], labels[1:], strict=True))
    return ((*owner, *(values[label] for label in owner)) for owner in _OWNERS if values.keys() >= set(owner))


def _owners(known: Iterable[LabelSet]) -> set[LabelSet]:
    return {owner for labels in known for owner in _owner(labels)}


def _closed_by(changes: Changes) -> str:
    if changes.incident is not None and changes.incident.resolved_by:
        return "people"
    return "absence" if any(event.kind == "vanished" for event in changes.events) else "alerts"
