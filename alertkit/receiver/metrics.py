"""What the receiver counts, for Prometheus. Labels take values from configuration only, so cardinality is bounded."""

from __future__ import annotations

from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One registry for one receiver."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._posts = Counter("alertkit_posts", "Webhooks accepted.", ["tenant"], registry=registry)
        self._alerts = Counter("alertkit_alerts", "Alerts in accepted webhooks.", ["tenant"], registry=registry)
        self._stored = Histogram("alertkit_store_seconds", "From the body to the commit.", buckets=_SECONDS, registry=registry)
        self._refused = Counter("alertkit_requests_refused", "Webhooks not accepted.", ["status"], registry=registry)
        self._foreign = Counter("alertkit_foreign_alerts", "Alerts labelled with another tenant.", ["tenant"], registry=registry)
        self._unrouted = Counter("alertkit_unrouted_posts", "Webhooks for a policy that is not loaded.", registry=registry)
        self._deliveries = Counter(
            "alertkit_deliveries", "Messages by channel and outcome.", ["channel", "outcome"], registry=registry
        )
        self._lag = Gauge("alertkit_due_lag_seconds", "Age of the earliest step or message that is overdue.", registry=registry)
        self._postponed = Counter("alertkit_postponed_steps", "Steps that could not be planned and wait.", registry=registry)
        self._policies = Gauge("alertkit_policies", "Tenants whose policy is loaded.", registry=registry)
        self._problems = Gauge("alertkit_policy_problems", "Policy files that were refused.", registry=registry)

    def received(self, tenant: str, alerts: int) -> None:
        """A webhook passed all checks."""
        self._posts.labels(tenant).inc()
        self._alerts.labels(tenant).inc(alerts)

    def committed(self, seconds: float) -> None:
        """It is durable."""
        self._stored.observe(seconds)

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
        """A message left, or did not."""
        self._deliveries.labels(channel, outcome).inc()

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
