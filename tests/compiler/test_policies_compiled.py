from __future__ import annotations

from pathlib import Path

from compiled import resolved

from alertkit.compiler.policies import compile_policy
from alertkit.model.oncall import EscalationPolicy, Step, Target
from alertkit.model.policy import AlertText, TenantPolicy

PLATFORM = """# alertkit.yaml
people:
  - {id: kim, name: Kim, slack: U0PLATKIM}
  - {id: sam, name: Sam, email: sam@b.example}
  - {id: joe, name: Joe, slack: U0PLATJOE}
teams: [{name: platform, slack: "#p", members: [kim]}, {name: network, email: net@b.example, members: [joe]}]
channels:
  - {name: slack, type: slack, token: {secret: bot}}
  - {name: mail, type: email, host: h.example, from: a@b.example}
  - {name: pager, type: pagerduty, routing_key: {secret: key}}
schedules:
  - {name: night, layers: [{rotation: daily, handoff: "09:00", from: "2026-01-05", members: [kim]}],
     overrides: [{from: "2026-12-24T09:00", until: "2026-12-25T09:00", person: sam}]}
# tenants/acme.yaml
"""


def compiled(folder: Path, example: str) -> TenantPolicy:
    tenant, scope = resolved(folder, example)
    return compile_policy(tenant, scope.project, {})


def policy_of(folder: Path, steps: str, rest: str = "") -> TenantPolicy:
    return compiled(folder, PLATFORM + f"escalation: [{{name: day, steps: [{{notify: [{steps}]}}]}}]\n" + rest)


def test_what_nothing_reaches_is_not_lent(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "{team: web}")
    assert policy.people == {}
    assert set(policy.teams) == {"web"}
    assert policy.schedules == {}
    assert set(policy.channels) == {"platform/slack"}


def test_a_lent_team_comes_with_its_people_and_their_channels(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "{team: network}")
    assert set(policy.teams) == {"web", "platform/network"}
    assert set(policy.people) == {"platform/joe"}
    assert set(policy.channels) == {"platform/slack", "platform/mail"}


def test_a_lent_schedule_comes_with_everybody_in_its_layers_and_overrides(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "{schedule: night}")
    assert set(policy.schedules) == {"platform/night"}
    assert set(policy.people) == {"platform/kim", "platform/sam"}
    assert set(policy.channels) == {"platform/slack", "platform/mail"}


def test_a_lent_channel_comes_alone(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "{channel: pager}")
    assert set(policy.channels) == {"platform/pager", "platform/slack"}
    assert policy.people == {}


def test_what_is_the_tenant_s_own_stays_whether_it_is_reached_or_not(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path,
        "{team: platform}",
        "people: [{id: a, name: A, slack: U0AMELIE1}]\nchannels: [{name: log, type: log}]\n"
        'schedules: [{name: s, layers: [{rotation: daily, handoff: "09:00", from: "2026-01-05", members: [a]}]}]\n',
    )
    assert set(policy.people) == {"a", "platform/kim"}
    assert set(policy.schedules) == {"s"}
    assert "log" in policy.channels


def test_every_name_that_is_used_is_there(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "{team: network}, {schedule: night}, {channel: pager}, {team: platform}")
    targets = [target for one in policy.policies.values() for step in one.steps for target in step.notify]
    assert {target.team for target in targets if target.team} <= set(policy.teams)
    assert {target.schedule for target in targets if target.schedule} <= set(policy.schedules)
    assert {target.channel for target in targets if target.channel} <= set(policy.channels)
    contacts = [contact for one in (*policy.people.values(), *policy.teams.values()) for contact in one.contact]
    assert {contact.channel for contact in contacts} <= set(policy.channels)
    members = {member for team in policy.teams.values() for member in team.members}
    assert members <= set(policy.people)


def tell(*teams: str) -> EscalationPolicy:
    return EscalationPolicy(steps=(Step(0, tuple(Target(team=team) for team in teams)),))


def test_each_owner_is_told_of_what_no_route_takes_and_all_of_them_of_what_nobody_owns(tmp_path: Path) -> None:
    policy = compiled(
        tmp_path,
        "services: [{name: a, owner: web}, {name: b, owner: ops}, {name: c, owner: web}, {name: d, owner: platform}]\n"
        'teams: [{name: web, slack: "#w"}, {name: ops, slack: "#o"}, {name: idle, slack: "#i"}]\n',
    )
    assert policy.policies == {
        "owner-web": tell("web"),
        "owner-ops": tell("ops"),
        "owner-platform": tell("platform/platform"),
        "unrouted": tell("web", "ops", "platform/platform"),
    }


def test_where_nobody_owns_anything_the_tenant_s_teams_are_told(tmp_path: Path) -> None:
    policy = compiled(tmp_path, 'services: []\nteams: [{name: web, slack: "#w"}, {name: ops, slack: "#o"}]\n')
    assert policy.policies == {"unrouted": tell("web", "ops")}


def test_where_there_is_no_team_the_platform_is_told(tmp_path: Path) -> None:
    policy = compiled(tmp_path, "services: []\nteams: []\n")
    assert policy.policies == {"unrouted": tell("platform/platform")}
    assert set(policy.teams) == {"platform/platform"}


def test_the_words_of_every_alert_travel_under_its_id(tmp_path: Path) -> None:
    policy = compiled(
        tmp_path,
        "alerts: [{name: A, service: web, expr: x > 1, severity: info, unit: bytes, runbook: 'https://r.example',"
        " summary: {en: '{value}', fr: x}, description: d}]\nrouting: {simulate: true}\n",
    )
    assert policy.texts == {
        "A": AlertText("A", "bytes", {"en": "{value}", "fr": "x"}, {"en": "d"}, "https://r.example"),
    }
    assert policy.simulate
    assert (policy.version, policy.tenant, policy.tenant_label) == ("alertkit.policy/v1", "acme", "tenant")
    assert policy.severities == ("critical", "warning", "info")
