"""What a view is built from: the facts about one tenant that dashboards show, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import msgspec

from alertkit import names
from alertkit.dashboards.legends import Legends
from alertkit.model.pack import View
from alertkit.model.policy import AlertText
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup
from alertkit.model.sentence import Text
from alertkit.model.slo import Slo
from alertkit.model.tenant import PackUse, Project, Service, Tenant, Version


class ViewContext(msgspec.Struct, frozen=True, dict=True):  # dict: for what is worked out once
    """One tenant as its views see it.

    `groups` are the rules as emitted, expressions isolated. `texts` maps a rule's id to its words and unit. `isolated` says
    that every query must carry the tenant's matcher; `shared` are the metrics that need none. `views` are the dashboards
    that the tenant gets, for links among them. `titles` are what to call recorded series, by name and language. `grafana` is
    the oldest version that must show them. `receiver_job` is Prometheus' job of alertkit's receiver where the tenant may ask
    for what it counts, else empty.
    """

    tenant: str
    title: str
    locale: str
    timezone: str
    label: str
    isolated: bool
    datasource: str
    grafana: Version
    services: tuple[Service, ...]
    groups: tuple[RuleGroup, ...]
    texts: dict[str, AlertText]
    views: tuple[str, ...] = ()
    environment: str = ""
    shared: frozenset[str] = frozenset()
    slos: tuple[Slo, ...] = ()
    uses: tuple[PackUse, ...] = ()
    receiver_job: str = ""
    titles: dict[str, Text] = {}

    @classmethod
    def of(cls, tenant: Tenant, project: Project, groups: Sequence[RuleGroup], texts: dict[str, AlertText]) -> ViewContext:
        """The context of a resolved tenant, from the rules and words that were compiled for it."""
        return cls(
            tenant=tenant.name,
            title=tenant.title,
            locale=tenant.locale,
            timezone=tenant.timezone,
            label=project.label,
            isolated=project.enforce == "selectors" and tenant.name != names.PLATFORM,
            datasource=_datasource(tenant, project),
            grafana=project.targets.grafana,
            services=tenant.services,
            groups=tuple(groups),
            texts=texts,
            views=tenant.dashboards,
            environment=project.environment,
            shared=project.shared_metrics,
            slos=tenant.slos,
            uses=tenant.uses,
            receiver_job=_receiver_job(tenant, project),
            titles={record.record: record.title for record in reversed(tenant.records) if record.title},
        )

    def alerts(self) -> Iterator[AlertingRule]:
        """Alerting rules in the order of the groups."""
        return (rule for group in self.groups for rule in group.rules if isinstance(rule, AlertingRule))

    def records(self) -> Iterator[RecordingRule]:
        """Recording rules in the order of the groups."""
        return (rule for group in self.groups for rule in group.rules if isinstance(rule, RecordingRule))

    @cached_property
    def recorded(self) -> dict[str, RecordingRule]:
        """A recording rule of each name; those of one name are of one form, for one service each."""
        return {rule.record: rule for rule in self.records()}

    @cached_property
    def legends(self) -> Legends:
        """What tells series apart, worked out once for all views."""
        return Legends(self.label, self.recorded)

    def records_of(self, use: PackUse) -> tuple[RecordingRule, ...]:
        """What a service records through a pack."""
        name = names.group(self.tenant, names.pack_group(use.service, use.pack))
        return tuple(
            rule for group in self.groups if group.name == name for rule in group.rules if isinstance(rule, RecordingRule)
        )

    def alerts_of(self, use: PackUse) -> tuple[AlertingRule, ...]:
        """A service's alerts of a pack."""
        prefix = names.pack_rule(use.service, use.pack, "")
        return tuple(rule for rule in self.alerts() if rule.id.startswith(prefix))

    def uses_for(self, view: View) -> tuple[PackUse, ...]:
        """The uses of packs whose figures stand on a view."""
        return tuple(use for use in self.uses if use.view == view)


def _receiver_job(tenant: Tenant, project: Project) -> str:
    """The job, when the platform watches the receiver and its figures carry this label for the tenant."""
    watched = project.alertmanager.health and project.enforce == "selectors"
    reachable = tenant.name == names.PLATFORM or project.label == names.DEFAULT_TENANT_LABEL
    return project.alertmanager.job if watched and reachable else ""


def _datasource(tenant: Tenant, project: Project) -> str:
    """The uid of the tenant's own data source, or of the common one."""
    if project.tenant_source is None or tenant.name == names.PLATFORM:
        return project.datasource_uid
    return names.datasource_uid(tenant.name, project.environment)
