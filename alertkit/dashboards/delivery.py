"""Is the way to people whole? What Alertmanager and alertkit's receiver say about their own work."""

from __future__ import annotations

from typing import Final

from alertkit import names
from alertkit.dashboards import panels, response
from alertkit.dashboards.context import ViewContext
from alertkit.dashboards.panels import GREEN, ORANGE, RED, Stat, TimeSeries, Visual
from alertkit.dashboards.parts import selector
from alertkit.dashboards.targets import Query
from alertkit.dashboards.words import Words

RECEIVER_METRICS: Final = response.METRICS | {
    names.METRIC_POSTS,
    names.METRIC_ALERTS,
    names.METRIC_FOREIGN_ALERTS,
    names.METRIC_REQUESTS_REFUSED,
    names.METRIC_DELIVERIES,
    names.METRIC_DUE_LAG,
    names.METRIC_POLICIES,
    names.METRIC_POLICY_PROBLEMS,
    f"{names.METRIC_DELIVERY_SECONDS}_bucket",
    f"{names.METRIC_STORE_SECONDS}_bucket",
}
"""What is asked of the receiver; a test compares it with what the receiver exposes."""
ALERTMANAGER_METRICS: Final = frozenset(
    {
        "alertmanager_alerts_received_total",
        "alertmanager_notifications_total",
        "alertmanager_notifications_failed_total",
        "alertmanager_notification_latency_seconds_bucket",
    }
)
"""What is asked of Alertmanager; the names are those of 0.25 and later."""
_RATE = "[$__rate_interval]"


def of_tenant(context: ViewContext, words: Words) -> list[Visual]:
    """What the receiver accepted for the tenant."""
    own = {context.label: context.tenant}
    return [
        _lines(
            "receiver/alerts",
            words("Alerts accepted"),
            words("Alerts that alertkit's receiver accepted for this tenant, and those it dropped as another's."),
            {
                words("Alerts accepted"): f"sum(rate({selector(names.METRIC_ALERTS, own)}{_RATE}))",
                words("Dropped"): f"sum(rate({selector(names.METRIC_FOREIGN_ALERTS, own)}{_RATE})) or vector(0)",
            },
        ),
        _lines(
            "receiver/posts",
            words("Webhooks accepted"),
            words("Posts of Alertmanager that alertkit's receiver stored for this tenant."),
            {words("Accepted"): f"sum(rate({selector(names.METRIC_POSTS, own)}{_RATE}))"},
        ),
    ]


def of_platform(words: Words) -> list[Visual]:
    """Alertmanager's notifications, and the receiver's posts, deliveries and delays, over all tenants."""
    return [*_receiver_figures(words), *_receiver_lines(words), *_alertmanager(words)]


def _receiver_figures(words: Words) -> list[Visual]:
    overdue = _figure("receiver/lag", words("Overdue"), words("Age of the oldest step or message that should have gone out."))
    overdue.targets = [Query(expr=f"max({names.METRIC_DUE_LAG})", legend=words("Overdue"))]
    overdue.unit, overdue.steps, overdue.graph = "s", ((30, ORANGE), (120, RED)), True
    loaded = _figure("receiver/policies", words("Policies loaded"), words("Tenants whose policy the receiver has loaded."))
    loaded.targets = [Query(expr=f"min({names.METRIC_POLICIES})", legend=words("Policies loaded"))]
    loaded.base = panels.BLUE
    refused = _figure("receiver/problems", words("Policies refused"), words("Policy files that the receiver could not read."))
    refused.targets = [Query(expr=f"max({names.METRIC_POLICY_PROBLEMS})", legend=words("Policies refused"))]
    refused.steps = ((1, RED),)
    return [overdue, loaded, refused]


def _receiver_lines(words: Words) -> list[Visual]:
    sent = f"histogram_quantile(0.95, sum by (channel, le) (rate({names.METRIC_DELIVERY_SECONDS}_bucket[1h]))) >= 0"
    stored = f"histogram_quantile(0.99, sum by (le) (rate({names.METRIC_STORE_SECONDS}_bucket{_RATE})))"
    return [
        _lines(
            "receiver/deliveries",
            words("Deliveries"),
            words("Messages a second by channel and outcome."),
            {"{{channel}} · {{outcome}}": f"sum by (channel, outcome) (rate({names.METRIC_DELIVERIES}{_RATE}))"},
        ),
        _lines(
            "receiver/requests",
            words("Webhooks"),
            words("Posts that the receiver accepted, and those it refused, a second."),
            {
                words("Accepted"): f"sum(rate({names.METRIC_POSTS}{_RATE}))",
                words("Refused"): f"sum(rate({names.METRIC_REQUESTS_REFUSED}{_RATE})) or vector(0)",
            },
        ),
        _lines(
            "receiver/sent",
            words("Time to deliver"),
            words("95 of 100 messages of the last hour were sent within, by channel."),
            {"{{channel}}": sent},
            "s",
        ),
        _lines("receiver/stored", words("Time to store"), words("99 of 100 webhooks are on disk within."), {"p99": stored}, "s"),
    ]


def _alertmanager(words: Words) -> list[Visual]:
    by, failed = "sum by (integration)", words("failed")
    slow = f"histogram_quantile(0.99, sum by (integration, le) (rate(alertmanager_notification_latency_seconds_bucket{_RATE})))"
    return [
        _lines(
            "alertmanager/received",
            words("Alerts at Alertmanager"),
            words("Alerts a second that Prometheus sent, by state."),
            {"{{status}}": f"sum by (status) (rate(alertmanager_alerts_received_total{_RATE}))"},
        ),
        _lines(
            "alertmanager/notifications",
            words("Notifications"),
            words("Notifications a second by integration, and those that failed."),
            {
                "{{integration}}": f"{by} (rate(alertmanager_notifications_total{_RATE}))",
                f"{{{{integration}}}} · {failed}": f"{by} (rate(alertmanager_notifications_failed_total{_RATE}))",
            },
        ),
        _lines(
            "alertmanager/latency",
            words("Notification latency"),
            words("99 of 100 notifications are out within."),
            {"{{integration}}": slow},
            "s",
        ),
    ]


def _figure(key: str, title: str, description: str) -> Stat:
    return Stat(key=key, title=title, description=description, unit="none", base=GREEN, width=8)


def _lines(key: str, title: str, description: str, exprs: dict[str, str], unit: str = "cps") -> TimeSeries:
    targets = [Query(expr=expr, legend=legend) for legend, expr in exprs.items()]
    return TimeSeries(key=key, title=title, description=description, targets=targets, unit=unit, least=0)
