"""A tenant's compiled policy: everything the receiver needs to escalate and speak, and nothing else.

What the platform lends is copied in only where a policy reaches it: personal data goes no further than it is used, and a
change of the platform's people changes only the tenants that are told through them.
"""

from __future__ import annotations

from typing import TypeVar

from alertkit import names
from alertkit.compiler.routes.compile import owners
from alertkit.compiler.rules.links import panel_url
from alertkit.model.oncall import EscalationPolicy, Person, Step, Target, Team
from alertkit.model.policy import AlertText, TenantPolicy
from alertkit.model.tenant import AlertDefinition, Project, Tenant

Named = TypeVar("Named")


def compile_policy(tenant: Tenant, project: Project, slo_texts: dict[str, AlertText]) -> TenantPolicy:
    """The contract between compiler and receiver, for one tenant; `slo_texts` are the words of its SLOs' alerts."""
    policies = {**tenant.policies, **_implied_policies(tenant)}
    reached = _Reached(tenant, policies)
    return TenantPolicy(
        version=names.POLICY_VERSION,
        tenant=tenant.name,
        tenant_label=project.label,
        title=tenant.title,
        locale=tenant.locale,
        timezone=tenant.timezone,
        severities=names.SEVERITIES,
        policies=policies,
        people=reached.people,
        teams=reached.teams,
        schedules=reached.schedules,
        channels=_kept(tenant.channels, reached.channels),
        maintenance=tenant.maintenance,
        texts={alert.id: _text(alert, panel_url(tenant, project, alert.id)) for alert in tenant.alerts} | slo_texts,
        simulate=tenant.routing.simulate,
    )


def _implied_policies(tenant: Tenant) -> dict[str, EscalationPolicy]:
    """`owner-<team>` for each owner, and `unrouted` for what nobody owns: the owners, else the teams, else the platform's."""
    owning = owners(tenant)
    last_resort = owning or tuple(team for team in tenant.teams if not names.is_lent(team)) or tuple(tenant.teams)
    return {**{names.owner_policy(team): _tell((team,)) for team in owning}, names.POLICY_UNROUTED: _tell(last_resort)}


def _tell(teams: tuple[str, ...]) -> EscalationPolicy:
    return EscalationPolicy(steps=(Step(0, tuple(Target(team=team) for team in teams)),))


def _kept(entries: dict[str, Named], reached: set[str]) -> dict[str, Named]:
    return {name: entry for name, entry in entries.items() if name in reached or not names.is_lent(name)}


class _Reached:
    """What the policies can reach, followed from targets to teams and schedules, to people, to channels."""

    def __init__(self, tenant: Tenant, policies: dict[str, EscalationPolicy]) -> None:
        targets = [target for policy in policies.values() for step in policy.steps for target in step.notify]
        self.teams = _kept(tenant.teams, {target.team for target in targets})
        self.schedules = _kept(tenant.schedules, {target.schedule for target in targets})
        people = {target.person for target in targets}
        people |= {member for team in self.teams.values() for member in team.members}
        for schedule in self.schedules.values():
            people |= {member for layer in schedule.layers for member in layer.members}
            people |= {override.person for override in schedule.overrides}
        self.people = _kept(tenant.people, people)
        reachable: list[Person | Team] = [*self.people.values(), *self.teams.values()]
        self.channels = {target.channel for target in targets} | {contact.channel for one in reachable for contact in one.contact}


def _text(alert: AlertDefinition, dashboard: str) -> AlertText:
    return AlertText(
        alert=alert.name,
        unit=alert.unit if alert.unit != "none" else "none",  # the default itself, which is left out of the file
        summary=dict(alert.summary),
        description=dict(alert.description),
        runbook=alert.runbook,
        dashboard=dashboard,
    )
