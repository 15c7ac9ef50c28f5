"""A resolved tenant becomes values: rules, its part of Alertmanager's configuration, the receiver's policy, promtool's cases."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from alertkit import names
from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.policies import compile_policy
from alertkit.compiler.routes.compile import compile_routes
from alertkit.compiler.rules.compile import Rules, compile_rules
from alertkit.compiler.rules.guard import Guard
from alertkit.compiler.rules.links import panel_url
from alertkit.compiler.slos.compile import compile_slo, inhibit_rule
from alertkit.compiler.slos.parts import SloContext, SloRules
from alertkit.model.cases import Cases
from alertkit.model.policy import TenantPolicy
from alertkit.model.route import Fragment
from alertkit.model.rules import AlertingRule, RuleGroup
from alertkit.model.tenant import Project, Tenant


class Compiled(msgspec.Struct, frozen=True):
    """A tenant as values: its definition, its rules, its part of Alertmanager's configuration, and what the receiver reads.

    `own_rules` are those that are no SLO's, `slo_rules` those of each of the tenant's SLOs, in their order; `rules` are both.
    """

    tenant: Tenant
    rules: Rules
    fragment: Fragment
    policy: TenantPolicy
    own_rules: Rules
    slo_rules: tuple[SloRules, ...]

    @property
    def groups(self) -> tuple[RuleGroup, ...]:
        """Every group of rules, those that record first."""
        return (*self.rules.records, *self.rules.alerts)

    @property
    def alerts(self) -> tuple[AlertingRule, ...]:
        """Every alert."""
        return tuple(rule for group in self.groups for rule in group.rules if isinstance(rule, AlertingRule))


def compile_tenant(tenant: Tenant, project: Project, guard: Guard) -> Compiled:
    """The tenant's artifacts as values. `guard` has passed its expressions, so nothing here fails."""
    own = compile_rules(tenant, project, guard)
    context = _slo_context(tenant, project, guard)
    of_slos = tuple(compile_slo(slo, context) for slo in tenant.slos)
    return Compiled(
        tenant=tenant,
        rules=_together(own, of_slos),
        fragment=_with_muting(compile_routes(tenant, project), tenant, context),
        policy=compile_policy(tenant, project, {rule: text for one in of_slos for rule, text in one.texts.items()}),
        own_rules=own,
        slo_rules=of_slos,
    )


def cases_of(compiled: Compiled, project: Project, guard: Guard) -> Cases:
    """The promtool cases of a tenant that could be compiled."""
    tenant = compiled.tenant
    return compile_cases(
        compiled.own_rules,
        tuple(zip(tenant.slos, compiled.slo_rules, strict=True)),
        tenant.cases,
        _slo_context(tenant, project, guard),
        isolated=project.enforce == "selectors" and tenant.name != names.PLATFORM,
        detections=tenant.detections,
    )


def _slo_context(tenant: Tenant, project: Project, guard: Guard) -> SloContext:
    return SloContext(tenant.name, project.label, tenant.locale, guard, lambda rule: panel_url(tenant, project, rule))


def _together(own: Rules, of_slos: Iterable[SloRules]) -> Rules:
    parts = (own, *(one.rules for one in of_slos))
    return Rules(
        records=tuple(group for part in parts for group in part.records),
        alerts=tuple(group for part in parts for group in part.alerts),
    )


def _with_muting(fragment: Fragment, tenant: Tenant, context: SloContext) -> Fragment:
    """The fragment with the rule by which a page of an SLO mutes its tickets."""
    muting = inhibit_rule(tenant.slos, context)
    return msgspec.structs.replace(fragment, inhibit=(*fragment.inhibit, muting)) if muting else fragment
