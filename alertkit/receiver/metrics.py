"""What the receiver counts, for Prometheus. Labels take values from configuration only, so cardinality is bounded.

Decisions are counted when they are durable, from what they changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from alertkit import names
from alertkit.model.incident import Changes, Fold, Post
from alertkit.model.message import State
from alertkit.model.policy import TenantPolicy
from alertkit.receiver.label_sets import AGAIN, OTHER, LabelSet, always, of_tenant
from alertkit.receiver.metric_list import METRICS, Kind, Metric

# A series with the time at which each counter began says nothing that Prometheus does not know, and doubles what it keeps.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client left this one untyped


_LABELS: Final = {metric.name: metric.labels for metric in METRICS}
_OWNERS: Final = (("tenant",), ("channel",), ("tenant", "channel"))
"""Labels that say whose a series is: it goes with a tenant, with a channel that nobody has, and with a tenant's channel."""


def _of(kind: Kind) -> Iterator[Metric]:
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
        # Whose unrouted posts they are is told by the incident: it must not multiply series.
        policy = incident.policy.partition("/")[0]
        for position in changes.ran:
            self._count(names.METRIC_ESCALATION_STEPS, tenant, policy, str(position + 1)).inc()
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
