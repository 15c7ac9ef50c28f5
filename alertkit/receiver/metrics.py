"""What the receiver counts, for Prometheus. Labels take values from configuration only, so cardinality is bounded.

Decisions are counted when they are durable, from what they changed. docs/reference/metrics.md is made from `described`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from alertkit import names
from alertkit.model.incident import Changes, EventKind, Fold, Post
from alertkit.model.message import State

_COMMIT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELIVERY: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)
PEOPLE: Final = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
"""Seconds that people take: from a minute to a day."""
OTHER: Final = "other"
"""The severity of alerts whose severity the tenant does not know: labels of alerts are not ours to multiply series by."""
_AGAIN: Final[frozenset[EventKind]] = frozenset({"alerts_joined", "acknowledgement_expired", "snooze_ended", "suppression_ended"})

# A series with the time at which each counter began says nothing that Prometheus does not know, and doubles what it keeps.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client left this one untyped


class Described(msgspec.Struct, frozen=True):
    """A metric for the reference: as it is exposed, of which kind, with which labels, and what it says."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


class Metrics:
    """One registry for one receiver."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.described: list[Described] = []
        self._posts = self._counter(names.METRIC_POSTS, "Webhooks accepted.", "tenant")
        self._alerts = self._counter(names.METRIC_ALERTS, "Alerts in accepted webhooks.", "tenant")
        self._stored = self._histogram(names.METRIC_STORE_SECONDS, "From the body of a webhook to its commit.", _COMMIT)
        self._refused = self._counter(
            names.METRIC_REQUESTS_REFUSED, "Webhooks not accepted, by the HTTP status of the answer.", "status"
        )
        self._foreign = self._counter(
            names.METRIC_FOREIGN_ALERTS, "Alerts dropped because they were labelled with another tenant.", "tenant"
        )
        self._unrouted = self._counter(
            names.METRIC_UNROUTED_POSTS, "Webhooks for a policy that is not loaded; the platform was told instead."
        )
        self._opened = self._counter(
            names.METRIC_INCIDENTS_OPENED,
            f"Incidents opened, by the worst severity they began with (`{OTHER}`: one that the tenant does not know).",
            *("tenant", "severity"),
        )
        self._resolved = self._counter(
            names.METRIC_INCIDENTS_RESOLVED,
            "Incidents closed: by their `alerts`, by `people`, or by `absence`: no Alertmanager knew their alerts any more.",
            *("tenant", "by"),
        )
        self._open = self._gauge(names.METRIC_INCIDENTS_OPEN, "Incidents that are open, by state.", "tenant", "state")
        self._acknowledge = self._histogram(
            names.METRIC_ACKNOWLEDGE_SECONDS,
            "From the first page of an incident, or the first one since it began to page again, until somebody acknowledged.",
            *(PEOPLE, "tenant"),
        )
        self._resolve = self._histogram(
            names.METRIC_RESOLVE_SECONDS, "From the opening of an incident until it was closed.", PEOPLE, "tenant"
        )
        self._steps = self._counter(
            names.METRIC_ESCALATION_STEPS,
            "Steps of escalation policies that were run. `step` counts from 1; above it, the steps before had reached nobody who"
            " answered.",
            *("tenant", "policy", "step"),
        )
        self._unreachable = self._counter(
            names.METRIC_UNREACHABLE_STEPS, "Steps that found nobody to tell; the next one followed at once.", "tenant"
        )
        self._postponed = self._counter(names.METRIC_POSTPONED_STEPS, "Steps that could not be planned and were put off.")
        self._again = self._counter(
            names.METRIC_PAGED_AGAIN, "Incidents that began to page again from the first step, and why.", "tenant", "reason"
        )
        self._pages = self._counter(
            names.METRIC_PAGES, "Pages sent, to a `person`, a `team` or a `channel`.", "tenant", "recipient"
        )
        self._deliveries = self._counter(
            names.METRIC_DELIVERIES, "Attempts to send a message, by channel and outcome.", "channel", "outcome"
        )
        self._delivery = self._histogram(
            names.METRIC_DELIVERY_SECONDS, "From when a message was due until it was sent.", _DELIVERY, "channel"
        )
        self._lag = self._gauge(names.METRIC_DUE_LAG, "Age of the earliest step or message that is overdue; 0 when none is.")
        self._alertmanager = self._gauge(
            names.METRIC_ALERTMANAGER_UP, "1 when the Alertmanager answered the last time it was asked, else 0.", "alertmanager"
        )
        self._stale = self._gauge(
            names.METRIC_STALE_INCIDENTS,
            "Open incidents with an alert that no reachable Alertmanager knows, and of which it is not certain that it is over.",
        )
        self._policies = self._gauge(names.METRIC_POLICIES, "Tenants whose policy is loaded.")
        self._problems = self._gauge(names.METRIC_POLICY_PROBLEMS, "Policy files that were refused.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        self.described.append(Described(name, "counter", labels, text))
        return Counter(name, text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        self.described.append(Described(name, "gauge", labels, text))
        return Gauge(name, text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        self.described.append(Described(name, "histogram", labels, text))
        return Histogram(name, text, labels, buckets=buckets, registry=self._registry)

    def received(self, tenant: str, alerts: int) -> None:
        """A webhook passed all checks."""
        self._posts.labels(tenant).inc()
        self._alerts.labels(tenant).inc(alerts)

    def committed(self, seconds: float) -> None:
        """It is durable."""
        self._stored.observe(seconds)

    def folded(self, post: Post, fold: Fold) -> None:
        """What a webhook changed is durable."""
        for number, changes in fold.changes:
            if number == 0 and changes.incident is not None:
                severity = changes.incident.severity
                self._opened.labels(post.tenant, severity if severity in post.severities else OTHER).inc()
            else:
                self.decided(changes)

    def decided(self, changes: Changes) -> None:
        """What was decided about an open incident is durable."""
        incident = changes.incident
        if incident is None:
            return
        tenant = incident.tenant
        if incident.resolved is not None:
            self._resolved.labels(tenant, _closed_by(changes)).inc()
            self._resolve.labels(tenant).observe((incident.resolved - incident.opened).total_seconds())
        for position in changes.ran:
            self._steps.labels(tenant, incident.policy, str(position + 1)).inc()
        for event in changes.events:
            if event.kind == "acknowledged" and incident.paged is not None:
                self._acknowledge.labels(tenant).observe((event.at - incident.paged).total_seconds())
            elif event.kind == "unreachable":
                self._unreachable.labels(tenant).inc()
            elif event.kind in _AGAIN:
                self._again.labels(tenant, event.kind).inc()

    def refused(self, status: HTTPStatus) -> None:
        """It was answered with an error."""
        self._refused.labels(str(int(status))).inc()

    def foreign(self, tenant: str, alerts: int) -> None:
        """Alerts were dropped because they carry another tenant's label."""
        self._foreign.labels(tenant).inc(alerts)

    def unrouted(self) -> None:
        """A webhook went to the platform because its policy is not loaded."""
        self._unrouted.inc()

    def delivered(self, channel: str, outcome: str) -> None:
        """An attempt to send a message has ended."""
        self._deliveries.labels(channel, outcome).inc()

    def sent(self, channel: str, after: dt.timedelta) -> None:
        """A message left, so long after it was due."""
        self._delivery.labels(channel).observe(after.total_seconds())

    def paged(self, tenant: str, recipient: str) -> None:
        """A page left for `person/…`, `team/…` or `channel/…`; for whom exactly is nobody's business here."""
        self._pages.labels(tenant, recipient.partition("/")[0]).inc()

    def open(self, counts: Mapping[tuple[str, State], int]) -> None:
        """How many incidents of a tenant are in a state, of all that are open."""
        self._open.clear()
        for (tenant, state), count in counts.items():
            self._open.labels(tenant, state).set(count)

    def reachable(self, alertmanager: str, *, reached: bool) -> None:
        """An Alertmanager was asked."""
        self._alertmanager.labels(alertmanager).set(reached)

    def reconciled(self, stale: int) -> None:
        """All of them were asked; so many incidents are left in doubt."""
        self._stale.set(stale)

    def lag(self, seconds: float) -> None:
        """How late the earliest due thing is; 0 when nothing is late."""
        self._lag.set(max(0.0, seconds))

    def postponed(self, steps: int) -> None:
        """Steps wait because their tenant's policy is not loaded, or planning failed."""
        self._postponed.inc(steps)

    def policies(self, loaded: int, problems: int) -> None:
        """What is loaded after a reload."""
        self._policies.set(loaded)
        self._problems.set(problems)

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


def _closed_by(changes: Changes) -> str:
    if changes.incident is not None and changes.incident.resolved_by:
        return "people"
    return "absence" if any(event.kind == "vanished" for event in changes.events) else "alerts"
