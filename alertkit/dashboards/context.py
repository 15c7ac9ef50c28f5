"""What a view is built from: the facts about one tenant that dashboards show, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from alertkit import names
from alertkit.model.policy import AlertText
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup
from alertkit.model.tenant import Project, Service, Tenant, Version


class ViewContext(msgspec.Struct, frozen=True):
    """One tenant as its views see it.

    `groups` are the rules as emitted, expressions isolated. `texts` maps a rule's id to its words and unit. `isolated` says
    that every query must carry the tenant's matcher; `shared` are the metrics that need none. `views` are the dashboards
    that the tenant gets, for links among them. `grafana` is the oldest version that must show them.
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
            datasource=project.datasource_uid,
            grafana=project.targets.grafana,
            services=tenant.services,
            groups=tuple(groups),
            texts=texts,
            views=tenant.dashboards,
            environment=project.environment,
            shared=project.shared_metrics,
        )

    def alerts(self) -> Iterator[AlertingRule]:
        """Alerting rules in the order of the groups."""
        return (rule for group in self.groups for rule in group.rules if isinstance(rule, AlertingRule))

    def records(self) -> Iterator[RecordingRule]:
        """Recording rules in the order of the groups."""
        return (rule for group in self.groups for rule in group.rules if isinstance(rule, RecordingRule))
