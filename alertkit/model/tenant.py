"""A tenant and its project as resolved: defaults filled in, environment applied, units parsed, every name known to exist."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from alertkit import names
from alertkit.model.detection import DetectionDefinition
from alertkit.model.oncall import EscalationPolicy, Maintenance, Person, Schedule, Team
from alertkit.model.pack import View
from alertkit.model.policy import ChannelSettings, Unit
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, NativeKind, TimeInterval
from alertkit.model.rules import Source
from alertkit.model.sentence import Text
from alertkit.model.slo import Slo

Version = tuple[int, int]
"""Major and minor version of a target."""


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


class AlertmanagerTarget(msgspec.Struct, frozen=True):
    """What native receivers need on Alertmanager's machine, and which of the platform's watch over alertkit itself.

    `secrets_dir` holds a file per secret, `<tenant>/<id>`; empty: there is none. `smtp_*` is the mail server, its password a
    secret's full name. `health` and `watchdog` are names of native receivers of the platform, or empty.
    """

    secrets_dir: str = ""
    smtp_host: str = ""
    smtp_from: str = ""
    smtp_user: str = ""
    smtp_password: str = ""
    health: str = ""
    watchdog: str = ""
    job: str = "alertkit"


class GrafanaTarget(msgspec.Struct, frozen=True):
    """How Grafana gets its dashboards: from files below `path` on its machine, or from Kubernetes' objects with these labels."""

    form: Literal["files", "configmaps"] = "files"
    path: str = "/var/lib/grafana/dashboards"
    org: int = 1
    label: str = "grafana_dashboard"
    source_label: str = "grafana_datasource"
    annotation: str = "grafana_folder"


class TenantSource(msgspec.Struct, frozen=True):
    """A data source for each tenant, whose name goes into `header`, the query `parameter`, or {tenant} in `url`."""

    url: str
    header: str
    parameter: str
    interval: Duration


class ReceiverTarget(msgspec.Struct, frozen=True):
    """Where Alertmanager posts. `credentials_file` may contain {tenant}; `tls` is in Alertmanager's words."""

    url: str
    credentials_file: str
    max_alerts: int
    tls: dict[str, str] = {}


class Service(msgspec.Struct, frozen=True):
    """What a tenant runs; `owner` is a team, `packs` are the rule packs that watch it."""

    name: str
    owner: str
    packs: tuple[str, ...] = ()


class PackUse(msgspec.Struct, frozen=True):
    """A service's use of a pack, as dashboards name it. `view` is the dashboard that it stands on beside the technical one."""

    service: str
    pack: str
    title: str
    view: View


class RecordDefinition(msgspec.Struct, frozen=True):
    """A recording rule as its author meant it, before isolation. Records of one `group` are evaluated in order.

    `title` is what dashboards call it.
    """

    record: str
    expr: str
    labels: dict[str, str]
    source: Source
    group: str = "records"
    title: Text = {}


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
    """Alerts that all of `match` hold for go to `policy`, or to the native receiver `notify`, or, where both are empty, to
    whatever takes those of the route above. Times that are None and an empty `group_by` are as the route above has them.
    """

    match: tuple[Matcher, ...]
    policy: str
    source: Source
    notify: str = ""
    group_by: tuple[str, ...] = ()
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    follow: bool = False
    routes: tuple[RouteDefinition, ...] = ()


class NativeDefinition(msgspec.Struct, frozen=True):
    """A receiver of Alertmanager's own. `secrets` maps an option to the full name of a secret.

    With `mirror` every critical alert goes to it as well.
    """

    name: str
    kind: NativeKind
    options: dict[str, str] = {}
    secrets: dict[str, str] = {}
    mirror: bool = False


class RouteTest(msgspec.Struct, frozen=True):
    """Where an alert with these labels must go at `at` (local, of the tenant's zone; None: at any time).

    Everything that is not empty must be reached, the person within `within` of the first notification; with `nobody` nobody
    may be told at all.
    """

    name: str
    labels: dict[str, str]
    source: Source
    at: dt.datetime | None = None
    within: Duration = Duration(0)
    policy: str = ""
    receiver: str = ""
    person: str = ""
    nobody: bool = False


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
    notify: str = ""
    """The native receiver that takes what no route takes, instead of the owner of the alert's service."""
    receivers: tuple[NativeDefinition, ...] = ()
    intervals: tuple[TimeInterval, ...] = ()
    tests: tuple[RouteTest, ...] = ()


class Tenant(msgspec.Struct, frozen=True):
    """All that is compiled for one tenant. People, teams, schedules and channels include those taken from the platform."""

    name: str
    title: str
    locale: str
    timezone: str
    services: tuple[Service, ...]
    records: tuple[RecordDefinition, ...]
    alerts: tuple[AlertDefinition, ...]
    slos: tuple[Slo, ...]
    people: dict[str, Person]
    teams: dict[str, Team]
    schedules: dict[str, Schedule]
    channels: dict[str, ChannelSettings]
    policies: dict[str, EscalationPolicy]
    routing: Routing
    maintenance: tuple[Maintenance, ...]
    dashboards: tuple[str, ...]
    cases: tuple[CaseDefinition, ...] = ()
    detections: tuple[DetectionDefinition, ...] = ()
    uses: tuple[PackUse, ...] = ()


class Project(msgspec.Struct, frozen=True):
    """What every tenant's compilation shares. `environment` is the one that was asked for, or empty.

    `relaxed` are the environments in which packs take their relaxed values. `runbooks` is the URL of a pack's runbook with
    {pack} and {alert}, or empty. `channel_types` are those of channels that other packages bring.
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
    alertmanager: AlertmanagerTarget = AlertmanagerTarget()
    grafana: GrafanaTarget = GrafanaTarget()
    tenant_source: TenantSource | None = None
    channel_types: frozenset[str] = frozenset()

    def reserved_labels(self) -> frozenset[str]:
        """Labels that no definition sets by hand."""
        return names.RESERVED_LABELS | {self.label}
