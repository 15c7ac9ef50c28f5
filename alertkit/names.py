"""Every name that alertkit emits or reserves: labels, annotations, series, versions and routes. Nothing else defines one."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

DEFINITION_VERSION: Final = "alertkit/v1"
POLICY_VERSION: Final = "alertkit.policy/v1"
MANIFEST_VERSION: Final = "alertkit.manifest/v1"

LANGUAGES: Final = ("en", "fr", "de", "es", "it")
SEVERITIES: Final = ("critical", "warning", "info")
"""Worst first."""

PLATFORM: Final = "platform"
"""The reserved tenant: shared infrastructure, and everything that no tenant's route takes."""

DEFAULT_TENANT_LABEL: Final = "tenant"
"""Whose it is, on every alert and every recorded series; `tenancy.label` of the project names another."""
LABEL_SEVERITY: Final = "severity"
"""`critical`, `warning` or `info`, on every alert."""
LABEL_SERVICE: Final = "service"
"""The service that the alert, record or SLO belongs to."""
LABEL_SLO: Final = "slo"
"""The SLO that a recorded series or an alert belongs to."""
LABEL_TIER: Final = "tier"
"""Which burn-rate alert of an SLO it is: `page-1h`, `ticket-3d`; pages mute tickets by it."""
LABEL_DETECTION: Final = "detection"
"""The alert that an anomaly's or a capacity's recorded series belong to."""
RESERVED_LABELS: Final = frozenset(
    {"alertname", "__name__", LABEL_SEVERITY, LABEL_SERVICE, LABEL_SLO, LABEL_TIER, LABEL_DETECTION}
)
"""Labels whose values alertkit decides; a definition may not set them by hand. The tenant label joins them per project."""

ANNOTATION_RULE: Final = "alertkit_rule"
"""Stable id of the rule, unique in the tenant; by it the receiver finds the rule's words."""
ANNOTATION_VALUE: Final = "alertkit_value"
"""The expression's value as Prometheus prints it, in full precision."""
ANNOTATION_UNIT: Final = "alertkit_unit"
"""What the value is measured in: `percent`, `duration`, `bytes` …"""
ANNOTATION_PREFIX: Final = "alertkit_"
ANNOTATION_SUMMARY: Final = "summary"
"""The alert's sentence in the tenant's language, for who reads Prometheus, Alertmanager or Grafana."""
ANNOTATION_DESCRIPTION: Final = "description"
"""Where to look first, in the tenant's language."""
ANNOTATION_RUNBOOK: Final = "runbook_url"
"""Where it is written what to do."""
ANNOTATION_DASHBOARD: Final = "dashboard_url"
"""The panel that draws the alert."""

# Alerts of the receiver about itself, on the platform's policy `unrouted`.
LABEL_AFFECTED: Final = "affected_tenant"
"""The tenant that an alert of the receiver about itself is about."""
LABEL_SUBJECT: Final = "subject"
"""What exactly it is about: an address, a policy, a file."""
ALERT_UNREACHABLE: Final = "AlertkitNobodyReached"
"""A step found nobody to tell."""
ALERT_REFUSED: Final = "AlertkitMessageRefused"
"""A channel refused a message for good."""
ALERT_FOREIGN: Final = "AlertkitForeignAlerts"
"""Alerts with another tenant's label were posted to a tenant's path, and dropped."""
ALERT_POLICY: Final = "AlertkitPolicyRefused"
"""A policy file was refused; the last good one is in force."""
ALERT_TEMPLATE: Final = "AlertkitTemplateRefused"
"""A layout or a catalog of words was refused; alertkit's own is in force."""
ALERT_OVERDUE: Final = "AlertkitOverdue"
"""Steps or messages have been due for more than five minutes."""
ALERT_WATCHDOG: Final = "AlertkitWatchdogMissing"
"""The alert that always fires has not come for too long."""
TROUBLES: Final = frozenset(
    {ALERT_UNREACHABLE, ALERT_REFUSED, ALERT_FOREIGN, ALERT_POLICY, ALERT_TEMPLATE, ALERT_OVERDUE, ALERT_WATCHDOG}
)
"""All of them."""

WATCHDOG: Final = "AlertkitWatchdog"
"""The alert that always fires."""
WATCHDOGS: Final = frozenset({WATCHDOG, "Watchdog"})
"""Alerts that always fire: ours, and the one that rule packs of Prometheus bring."""

REASON_SILENCED: Final = "Alertmanager: silenced"
REASON_INHIBITED: Final = "Alertmanager: inhibited"
REASON_MUTED: Final = "Alertmanager: muted"
REASONS: Final = frozenset({REASON_SILENCED, REASON_INHIBITED, REASON_MUTED})
"""Why Alertmanager keeps an incident's alerts back, as it is stored: messages say it in the reader's language."""

# What the receiver counts, as a rule or a panel reads it; docs/reference/metrics.md says what each means.
METRIC_POSTS: Final = "alertkit_posts_total"
METRIC_ALERTS: Final = "alertkit_alerts_total"
METRIC_STORE_SECONDS: Final = "alertkit_store_seconds"
METRIC_REQUESTS_REFUSED: Final = "alertkit_requests_refused_total"
METRIC_FOREIGN_ALERTS: Final = "alertkit_foreign_alerts_total"
METRIC_UNROUTED_POSTS: Final = "alertkit_unrouted_posts_total"
METRIC_INCIDENTS_OPENED: Final = "alertkit_incidents_opened_total"
METRIC_INCIDENTS_RESOLVED: Final = "alertkit_incidents_resolved_total"
METRIC_INCIDENTS_OPEN: Final = "alertkit_incidents_open"
METRIC_ACKNOWLEDGE_SECONDS: Final = "alertkit_acknowledge_seconds"
METRIC_RESOLVE_SECONDS: Final = "alertkit_resolve_seconds"
METRIC_ESCALATION_STEPS: Final = "alertkit_escalation_steps_total"
METRIC_UNREACHABLE_STEPS: Final = "alertkit_unreachable_steps_total"
METRIC_POSTPONED_STEPS: Final = "alertkit_postponed_steps_total"
METRIC_PAGED_AGAIN: Final = "alertkit_paged_again_total"
METRIC_PAGES: Final = "alertkit_pages_total"
METRIC_DELIVERIES: Final = "alertkit_deliveries_total"
METRIC_DELIVERY_SECONDS: Final = "alertkit_delivery_seconds"
METRIC_DUE_LAG: Final = "alertkit_due_lag_seconds"
METRIC_ALERTMANAGER_UP: Final = "alertkit_alertmanager_up"
METRIC_STALE_INCIDENTS: Final = "alertkit_stale_incidents"
METRIC_WATCHDOG_SECONDS: Final = "alertkit_watchdog_seconds"
METRIC_HEARTBEATS: Final = "alertkit_heartbeats_total"
METRIC_POLICIES: Final = "alertkit_policies"
METRIC_POLICY_PROBLEMS: Final = "alertkit_policy_problems"
METRIC_OVERRIDES_REFUSED: Final = "alertkit_overrides_refused_total"

POLICY_UNROUTED: Final = "unrouted"
"""The policy of alerts that no route takes and no service owns."""
OWNER_POLICY_PREFIX: Final = "owner-"
"""`owner-<team>` notifies the team that owns the alert's service, when no route takes the alert."""

# Recorded series and alerts of SLOs, named level:metric:operations. No name depends on whether a window is written 4w or 28d.

SLO_EVENTS: Final = "slo:events:rate5m"
"""Events a second."""
SLO_ERRORS: Final = "slo:errors:rate5m"
"""Bad events a second; 0 when there are events and no errors."""
SLO_OBJECTIVE: Final = "slo:objective:ratio"
"""The objective."""
SLO_BUDGET: Final = "slo:error_budget:ratio"
"""1 minus the objective."""
SLO_PERIOD: Final = "slo:time_period:days"
"""The SLO's window."""
SLO_BURN: Final = "slo:current_burn_rate:ratio"
"""Errors per event over 5 minutes, divided by the budget."""
SLO_PERIOD_BURN: Final = "slo:period_burn_rate:ratio"
"""Errors per event over the SLO's window, divided by the budget."""
SLO_REMAINING: Final = "slo:period_error_budget_remaining:ratio"
"""What is left of the budget of the SLO's window; negative once it is overspent."""
SLO_ALERT: Final = "ErrorBudgetBurn"
"""A budget is burning faster than a tier allows."""
SLO_ABSENCE: Final = "SLODataMissing"
"""There is no data at all, where `absence: true` asks for that."""
TIER_ABSENCE: Final = "absence"


def slo_ratio(window: object) -> str:
    """Errors per event over a window, given as its canonical duration: `slo:errors_per_events:ratio_rate1h`."""
    return f"slo:errors_per_events:ratio_rate{window}"


SLO_RULES: Final = "slo/"
"""Ids of SLOs' alerts begin so."""


def slo_rule(slo: str, tier: str) -> str:
    """Stable id of an SLO's alert, unique in the tenant; no name of a tenant's own alert can hold a slash."""
    return f"{SLO_RULES}{slo}/{tier}"


# Recorded series of detections, told apart by the detection label.

DETECTION_INPUT: Final = "detection:input:value"
"""What the author's expression yields."""
DETECTION_SPREAD_1H: Final = "detection:input:stddev1h"
"""How much it varies within an hour."""
DETECTION_SPREAD: Final = "detection:input:stddev1h_avg1d"
"""The same, averaged over a day."""
DETECTION_LEVEL: Final = "detection:input:avg1h"
"""Its mean over an hour."""
DETECTION_CHANGE: Final = "detection:input:avg1h_change1d_avg1w"
"""How much that mean changes from one day to the next, averaged over a week."""
DETECTION_LOWEST: Final = "detection:input:min1d"
"""Its lowest value of a day."""

MARKER: Final = "generated by alertkit"
"""Stands in the first line of every generated text file; a file without it is never overwritten or removed."""
JSON_MARKS: Final = (f'"version": "{POLICY_VERSION}"', '"uid": "ak-')
"""One of these stands in every generated JSON file, which can have no comment: a compiled policy, a dashboard."""


def is_generated(data: bytes) -> bool:
    """True for the bytes of a file that alertkit wrote."""
    if data.startswith(b"{"):
        return any(mark.encode() in data for mark in JSON_MARKS)
    return MARKER.encode() in data[:200]


def receiver(tenant: str, policy: str) -> str:
    """Name of the Alertmanager receiver of a tenant's policy; `/` cannot occur in either part, so it is unique."""
    return f"{tenant}/{policy}"


def native_receiver(tenant: str, name: str) -> str:
    """Name of one of Alertmanager's own receivers; two slashes keep it apart from every policy's."""
    return f"{tenant}/alertmanager/{name}"


def interval(tenant: str, name: str) -> str:
    """Name of a time interval in Alertmanager's configuration."""
    return f"{tenant}/{name}"


def alerts_path(tenant: str, policy: str) -> str:
    """Path of the receiver's URL to which Alertmanager posts a policy's alerts; the path alone selects the policy."""
    return f"/v1/alerts/{tenant}/{policy}"


def owner_policy(team: str) -> str:
    """Name of the policy that notifies the owner of a service. No team of a tenant has a name that a lent one has."""
    return f"{OWNER_POLICY_PREFIX}{team.removeprefix(lent(''))}"


def group(tenant: str, section: str) -> str:
    """Name of a rule group. Group names need to be unique within a file only, but logs and the UI show no file."""
    return f"{tenant}/{section}"


def pack_rule(service: str, pack: str, alert: str) -> str:
    """Stable id of a pack's alert, unique in the tenant; no name of a tenant's own alert can hold a slash."""
    return f"{service}/{pack}/{alert}"


def pack_group(service: str, pack: str) -> str:
    """The section whose rule group holds a service's records of a pack."""
    return f"{service}/{pack}"


def lent(name: str) -> str:
    """What something of the platform is called where a tenant uses it; no name of a tenant's own can hold a slash."""
    return f"{PLATFORM}/{name}"


def is_lent(name: str) -> bool:
    """True for a name that `lent` made."""
    return name.startswith(lent(""))


def secret(owner: str, secret_id: str) -> str:
    """A secret's full name, which is also its path below the secrets directory. `owner` is a tenant or `platform`."""
    return f"{owner}/{secret_id}"


# Grafana. Hashes keep these apart where a readable part must be cut; they name things and protect nothing.

_NOT_IN_UIDS: Final = re.compile("[^A-Za-z0-9_-]")


def dashboard_uid(tenant: str, view: str, environment: str = "") -> str:
    """Grafana's uid of a dashboard, at most 40 characters. A changed title leaves it, and links to it, alone."""
    return _grafana_uid("ak", tenant, view, environment)


def folder_uid(tenant: str, environment: str = "") -> str:
    """Grafana's uid of the folder with a tenant's dashboards, at most 40 characters."""
    return _grafana_uid("akf", tenant, environment)


def datasource_uid(tenant: str, environment: str = "") -> str:
    """Grafana's uid of a tenant's own data source, at most 40 characters."""
    return _grafana_uid("akd", tenant, environment)


def provider(tenant: str, environment: str = "") -> str:
    """Name of the tenant's provider and data source in Grafana; unique, because a dot is in no tenant's name."""
    return f"alertkit-{tenant}.{environment}" if environment else f"alertkit-{tenant}"


def kubernetes_name(tenant: str, part: str, environment: str = "") -> str:
    """Name of an object of Kubernetes; unique, because a dot is in none of its parts."""
    return ".".join(filter(None, ("alertkit", tenant, part, environment)))


def dashboard_uid_start(tenant: str, view: str) -> str:
    """How the uid of a dashboard begins; the rest is a digest, so only uids that begin alike can be alike."""
    return _uid_start("ak", tenant, view)


def _grafana_uid(prefix: str, *parts: str) -> str:
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=5).digest()
    return f"{_uid_start(prefix, *parts)}-{base64.b32encode(digest).decode().lower()}"


def _uid_start(prefix: str, *parts: str) -> str:
    return f"{prefix}-{_NOT_IN_UIDS.sub('-', '-'.join(filter(None, parts)))[: 40 - len(prefix) - 10]}"


PANEL_RANGE: Final = "from=now-6h&to=now"
"""How the link of a rule to its panel ends: Prometheus cannot say when an alert began. A message, which knows, puts the
incident's own time in its place."""


def panel_id(key: str) -> int:
    """Grafana's id of a panel in its dashboard, from 1 to 2**31 - 1: the same whatever panels stand beside it."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") % (2**31 - 1) + 1


def alert_panel(rule_id: str) -> str:
    """Key of the panel that draws an alert; the alert's link leads there."""
    return f"alert/{rule_id}"


def slo_panel(slo: str) -> str:
    """Key of the panel with an SLO's burn rates, to which its alerts link."""
    return f"slo/{slo}/burn"
