"""Every metric of the receiver: its kind, its labels and what it says. docs/reference/metrics.md is made from this list."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from alertkit import names
from alertkit.receiver.label_sets import OTHER

_COMMIT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DELIVERY: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)
PEOPLE: Final = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
"""Seconds that people take: from a minute to a day."""

Kind = Literal["counter", "gauge", "histogram"]


class Metric(msgspec.Struct, frozen=True):
    """`text` says what it counts; `buckets`, of a histogram, are in seconds."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    text: str
    buckets: tuple[float, ...] = ()


METRICS: Final = (
    Metric(names.METRIC_POSTS, "counter", ("tenant",), "Webhooks accepted."),
    Metric(names.METRIC_ALERTS, "counter", ("tenant",), "Alerts in accepted webhooks."),
    Metric(names.METRIC_STORE_SECONDS, "histogram", (), "From the body of a webhook to its commit.", _COMMIT),
    Metric(names.METRIC_REQUESTS_REFUSED, "counter", ("status",), "Webhooks not accepted, by the HTTP status of the answer."),
    Metric(names.METRIC_FOREIGN_ALERTS, "counter", ("tenant",), "Alerts dropped because they were labelled with another tenant."),
    Metric(
        names.METRIC_UNROUTED_POSTS, "counter", (), "Webhooks for a policy that is not loaded; the platform was told instead."
    ),
    Metric(
        names.METRIC_INCIDENTS_OPENED,
        "counter",
        ("tenant", "severity"),
        f"Incidents opened, by the worst severity they began with (`{OTHER}`: one that the tenant does not know).",
    ),
    Metric(
        names.METRIC_INCIDENTS_RESOLVED,
        "counter",
        ("tenant", "by"),
        "Incidents closed: by their `alerts`, by `people`, or by `absence`: no Alertmanager knew their alerts any more.",
    ),
    Metric(names.METRIC_INCIDENTS_OPEN, "gauge", ("tenant", "state"), "Incidents that are open, by state."),
    Metric(
        names.METRIC_ACKNOWLEDGE_SECONDS,
        "histogram",
        ("tenant",),
        "From the first page of an incident, or the first one since it began to page again, until somebody acknowledged.",
        PEOPLE,
    ),
    Metric(
        names.METRIC_RESOLVE_SECONDS, "histogram", ("tenant",), "From the opening of an incident until it was closed.", PEOPLE
    ),
    Metric(
        names.METRIC_ESCALATION_STEPS,
        "counter",
        ("tenant", "policy", "step"),
        "Steps of escalation policies that were run. `step` counts from 1; above it, nobody answered the steps before.",
    ),
    Metric(
        names.METRIC_UNREACHABLE_STEPS, "counter", ("tenant",), "Steps that found nobody to tell; the next one followed at once."
    ),
    Metric(names.METRIC_POSTPONED_STEPS, "counter", (), "Steps that could not be planned and were put off."),
    Metric(
        names.METRIC_PAGED_AGAIN,
        "counter",
        ("tenant", "reason"),
        "Incidents that began to page again from the first step, and why.",
    ),
    Metric(names.METRIC_PAGES, "counter", ("tenant", "recipient"), "Pages sent, to a `person`, a `team` or a `channel`."),
    Metric(
        names.METRIC_DELIVERIES, "counter", ("tenant", "channel", "outcome"), "Attempts to send a message, and how they ended."
    ),
    Metric(names.METRIC_DELIVERY_SECONDS, "histogram", ("channel",), "From when a message was due until it was sent.", _DELIVERY),
    Metric(names.METRIC_DUE_LAG, "gauge", (), "Age of the earliest step or message that is overdue; 0 when none is."),
    Metric(
        names.METRIC_ALERTMANAGER_UP,
        "gauge",
        ("alertmanager",),
        "1 when the Alertmanager answered the last time it was asked, else 0.",
    ),
    Metric(
        names.METRIC_STALE_INCIDENTS,
        "gauge",
        (),
        "Open incidents with an alert that no reachable Alertmanager knows, and of which it is not certain that it is over.",
    ),
    Metric(names.METRIC_WATCHDOG_SECONDS, "gauge", ("tenant", "policy"), "For how long an expected Watchdog has stayed away."),
    Metric(
        names.METRIC_HEARTBEATS,
        "counter",
        ("outcome",),
        "Heartbeats of the receiver, `heard` by the URL that expects them or `unheard`.",
    ),
    Metric(names.METRIC_POLICIES, "gauge", (), "Tenants whose policy is loaded."),
    Metric(names.METRIC_POLICY_PROBLEMS, "gauge", (), "Policy files that were refused; one more when none is found at all."),
    Metric(
        names.METRIC_OVERRIDES_REFUSED,
        "counter",
        (),
        "Administrators' own sentences and layouts that cannot be used, each once for what is wrong with it.",
    ),
)
