"""A tenant and its project as resolved: defaults filled in, environment applied, units parsed, every name known to exist."""

from __future__ import annotations

from typing import Literal

import msgspec

from alertkit import names
from alertkit.model.oncall import EscalationPolicy, Maintenance, Person, Schedule, Team
from alertkit.model.policy import ChannelSettings, Unit
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import Source

Version = tuple[int, int]
"""Major and minor version of a target."""

Text = dict[str, str]
"""Locale → sentence, never empty; a sentence written without a language stands under the tenant's own."""


class Targets(msgspec.Struct, frozen=True):
    """The oldest versions that must read what is generated."""

    prometheus: Version
    alertmanager: Version
    grafana: Version


class Timings(msgspec.Struct, frozen=True):
    """Alertmanager's timings of a route."""

    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration


class ReceiverTarget(msgspec.Struct, frozen=True):
    """Where Alertmanager posts. `credentials_file` may contain {tenant}."""

    url: str
    credentials_file: str
    max_alerts: int


class Service(msgspec.Struct, frozen=True):
    """What a tenant runs; `owner` is a team, `packs` are the rule packs that watch it."""

    name: str
    owner: str
    packs: tuple[str, ...] = ()


class RecordDefinition(msgspec.Struct, frozen=True):
    """A recording rule as its author meant it, before isolation. Records of one `group` are evaluated in order."""

    record: str
    expr: str
    labels: dict[str, str]
    source: Source
    group: str = "records"


class AlertDefinition(msgspec.Struct, frozen=True):
    """An alert as its author meant it, before isolation. `pack` is the rule pack that it comes from, if any."""

    name: str
    service: str
    expr: str
    severity: str
    summary: Text
    source: Source
    hold: Duration | None = None
    keep_firing_for: Duration | None = None
    labels: dict[str, str] = {}
    unit: Unit = "none"
    description: Text = {}
    runbook: str = ""
    pack: str = ""

    @property
    def id(self) -> str:
        """The rule's id, stable and unique in the tenant: a pack may be used by several services."""
        return names.pack_rule(self.service, self.pack, self.name) if self.pack else self.name


class CaseDefinition(msgspec.Struct, frozen=True):
    """A written case: with these series, in promtool's notation, the alert fires at one time and is silent at another.

    `alert` is the rule's id. Series carry what their author wrote; the tenant label is still missing. `labels` are some that
    the firing alert has. `interval` is the distance of the samples.
    """

    alert: str
    title: str
    series: dict[str, str]
    source: Source
    labels: dict[str, str] = {}
    fires_at: Duration | None = None
    silent_at: Duration | None = None
    interval: Duration = Duration(60_000)


class RouteDefinition(msgspec.Struct, frozen=True):
    """Alerts that all of `match` hold for go to `policy`."""

    match: tuple[Matcher, ...]
    policy: str
    source: Source


class InhibitDefinition(msgspec.Struct, frozen=True):
    """An inhibit rule before it is scoped to its tenant."""

    source_match: tuple[Matcher, ...]
    target_match: tuple[Matcher, ...]
    equal: tuple[str, ...]


class Routing(msgspec.Struct, frozen=True):
    """Which alerts make one incident and which policy takes them."""

    group_by: tuple[str, ...]
    timings: Timings
    routes: tuple[RouteDefinition, ...]
    inhibit: tuple[InhibitDefinition, ...]
    simulate: bool


class Tenant(msgspec.Struct, frozen=True):
    """All that is compiled for one tenant. People, teams, schedules and channels include those taken from the platform."""

    name: str
    title: str
    locale: str
    timezone: str
    services: tuple[Service, ...]
    records: tuple[RecordDefinition, ...]
    alerts: tuple[AlertDefinition, ...]
    people: dict[str, Person]
    teams: dict[str, Team]
    schedules: dict[str, Schedule]
    channels: dict[str, ChannelSettings]
    policies: dict[str, EscalationPolicy]
    routing: Routing
    maintenance: tuple[Maintenance, ...]
    dashboards: tuple[str, ...]
    cases: tuple[CaseDefinition, ...] = ()


class Project(msgspec.Struct, frozen=True):
    """What every tenant's compilation shares. `environment` is the one that was asked for, or empty.

    `relaxed` are the environments in which packs take their relaxed values. `runbooks` is the URL of a pack's runbook with
    {pack} and {alert}, or empty.
    """

    tenants: str
    label: str
    enforce: Literal["selectors", "label"]
    targets: Targets
    receiver: ReceiverTarget
    datasource_uid: str
    grafana_url: str
    shared_metrics: frozenset[str]
    evaluation_interval: Duration
    environments: tuple[str, ...]
    environment: str = ""
    relaxed: frozenset[str] = frozenset()
    runbooks: str = ""

    def reserved_labels(self) -> frozenset[str]:
        """Labels that no definition sets by hand."""
        return names.RESERVED_LABELS | {self.label}
