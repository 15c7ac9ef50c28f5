"""Which counters there can be, from what is loaded. Pure.

A counter that appears with its first event shows Prometheus no increase: so each is there, at 0, before anything happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final, get_args

from alertkit import names
from alertkit.model.incident import EventKind
from alertkit.model.policy import TenantPolicy
from alertkit.stores.base import Ended

LabelSet = tuple[str, ...]
"""The name of a metric, and the values of its labels in their order."""

OTHER: Final = "other"
"""The severity of alerts whose severity the tenant does not know: labels of alerts are not ours to multiply series by."""
AGAIN: Final[tuple[EventKind, ...]] = ("alerts_joined", "acknowledgement_expired", "snooze_ended", "suppression_ended")
"""Why an incident begins to page again."""
CLOSED_BY: Final = ("alerts", "people", "absence")
RECIPIENTS: Final = ("person", "team", "channel")
REFUSALS: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
HEARD: Final = ("heard", "unheard")


def always() -> Iterator[LabelSet]:
    """Those that no policy names."""
    yield from ((names.METRIC_REQUESTS_REFUSED, str(int(status))) for status in REFUSALS)
    yield from ((names.METRIC_HEARTBEATS, outcome) for outcome in HEARD)


def of_tenant(policy: TenantPolicy) -> Iterator[LabelSet]:
    """Those of one tenant."""
    tenant = policy.tenant
    for name in (names.METRIC_POSTS, names.METRIC_ALERTS, names.METRIC_FOREIGN_ALERTS, names.METRIC_UNREACHABLE_STEPS):
        yield name, tenant
    yield from _each(names.METRIC_INCIDENTS_OPENED, tenant, (*policy.severities, OTHER))
    yield from _each(names.METRIC_INCIDENTS_RESOLVED, tenant, CLOSED_BY)
    yield from _each(names.METRIC_PAGED_AGAIN, tenant, AGAIN)
    yield from _each(names.METRIC_PAGES, tenant, RECIPIENTS)
    for name, escalation in policy.policies.items():
        yield from ((names.METRIC_ESCALATION_STEPS, tenant, name, str(n + 1)) for n in range(len(escalation.steps)))
    for channel in policy.channels:
        yield from ((names.METRIC_DELIVERIES, tenant, channel, outcome) for outcome in get_args(Ended))


def _each(name: str, tenant: str, values: Sequence[str]) -> Iterator[LabelSet]:
    return ((name, tenant, value) for value in values)
