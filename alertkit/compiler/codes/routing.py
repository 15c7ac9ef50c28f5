"""AK6xx: routes, inhibition and maintenance."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

_DAY = "escalation:\n  - {name: day, steps: [{notify: [{team: web}]}]}\n"
_TWO = (
    "alerts:\n"
    "  - {name: Down, service: web, expr: up == 0, severity: critical, summary: down}\n"
    "  - {name: Slow, service: web, expr: latency_seconds > 1, severity: critical, summary: slow}\n"
)
_PAGER = "    - {name: pager, type: pagerduty, routing_key: {secret: pagerduty}}\n"


def _webhook_for(version: str) -> str:
    return (
        f'# alertkit.yaml\ntargets: {{alertmanager: "{version}"}}\nalertmanager: {{secrets_dir: /etc/alertmanager/secrets}}\n'
        "# tenants/acme.yaml\nrouting:\n  receivers:\n    - {name: hook, type: webhook, url: {secret: hook}}\n"
    )


CODES: Final[dict[str, Code]] = {
    "AK601": Code(
        "A route that is never reached",
        "The first route that matches takes the alert. An earlier route matches every alert of this one.",
        wrong=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "  - {name: night, steps: [{notify: [{team: platform}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical}, escalate: day}\n"
            "    - {match: {severity: critical, service: web}, escalate: night}\n"
        ),
        right=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "  - {name: night, steps: [{notify: [{team: platform}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical, service: web}, escalate: day}\n"
            "    - {match: {severity: critical}, escalate: night}\n"
        ),
    ),
    "AK602": Code(
        "A value that no alert has",
        "No alert of the tenant has this severity, service or name, so nothing would ever match. Of a label that is called "
        "almost as one of these this is a warning: the expression of an alert may return it.",
        wrong=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: fatal}, escalate: day}\n"
        ),
        right=(
            "escalation:\n"
            "  - {name: day, steps: [{notify: [{team: web}]}]}\n"
            "routing:\n"
            "  routes:\n"
            "    - {match: {severity: critical}, escalate: day}\n"
        ),
    ),
    "AK603": Code(
        "An inhibit rule without effect",
        "Source and target of the rule match the same alerts. Alertmanager lets no alert that matches both sides be muted by "
        "another one that does, so the rule would mute nothing.",
        wrong="routing:\n  inhibit:\n    - {source: {severity: warning}, target: {severity: warning}, equal: [region]}\n",
        right="routing:\n  inhibit:\n    - {source: {severity: critical}, target: {severity: warning}, equal: [region]}\n",
    ),
    "AK604": Code(
        "A matcher that cannot be read",
        "A matcher is the name of a label, one of = != =~ !~, and a value, in double quotes if it holds more than letters and "
        "digits. After =~ and !~ stands a pattern in RE2's syntax that matches the whole value.",
        wrong=(f"{_DAY}routing:\n  routes:\n    - {{matchers: ['severity==critical'], escalate: day}}\n"),
        right=(f"{_DAY}routing:\n  routes:\n    - {{matchers: ['severity=~\"critical|warning\"'], escalate: day}}\n"),
    ),
    "AK605": Code(
        "A route without a condition, or without a target",
        "A route says which alerts it takes, with match or matchers, and what takes them: a policy, with escalate, or one of "
        "Alertmanager's own receivers, with notify. A route below another one may leave the target to that one.",
        wrong=f"{_DAY}routing:\n  routes:\n    - {{escalate: day}}\n",
        right=f"{_DAY}routing:\n  routes:\n    - {{match: {{severity: critical}}, escalate: day}}\n",
    ),
    "AK606": Code(
        "An alert would reach one target twice",
        "A route that continues takes a copy, and the alert goes on. Where a later route sends it to the same policy or "
        "receiver, Alertmanager would tell that one twice.",
        wrong=(
            f"{_DAY}routing:\n  routes:\n    - {{match: {{severity: critical}}, escalate: day, continue: true}}\n"
            "    - {match: {service: web}, escalate: day}\n"
        ),
        right=(
            f"{_DAY}  - {{name: night, steps: [{{notify: [{{team: platform}}]}}]}}\n"
            "routing:\n  routes:\n    - {match: {severity: critical}, escalate: day, continue: true}\n"
            "    - {match: {service: web}, escalate: night}\n"
        ),
    ),
    "AK607": Code(
        "A route that contradicts itself",
        "One condition of the route, or of a route above it, demands a value that another one refuses, so no alert can meet all "
        "of them.",
        wrong=(
            f"{_DAY}routing:\n  routes:\n    - match: {{severity: critical}}\n      escalate: day\n"
            "      routes:\n        - {match: {severity: warning}}\n"
        ),
        right=(
            f"{_DAY}routing:\n  routes:\n    - match: {{severity: critical}}\n      escalate: day\n"
            "      routes:\n        - {match: {service: web}, group_by: [region]}\n"
        ),
    ),
    "AK608": Code(
        "Alerts that mute each other in a circle",
        "Alertmanager lets an alert mute others even while it is muted itself. When all alerts of the circle fire, all are muted "
        "and nobody is told.",
        wrong=(
            f"{_TWO}routing:\n  inhibit:\n    - {{source: {{alertname: Down}}, target: {{alertname: Slow}}}}\n"
            "    - {source: {alertname: Slow}, target: {alertname: Down}}\n"
        ),
        right=f"{_TWO}routing:\n  inhibit:\n    - {{source: {{alertname: Down}}, target: {{alertname: Slow}}}}\n",
    ),
    "AK609": Code(
        "An interval that cannot be used so",
        "An interval has times or dates. It mutes receivers of Alertmanager's own only: on the way to a policy it would hold "
        "back the news that an alert has ended. Policies have active hours instead, and tenants have maintenance windows.",
        wrong=(
            f'{_DAY}routing:\n  intervals: [{{name: nights, times: [{{hours: "22:00-06:00"}}]}}]\n'
            "  routes:\n    - {match: {severity: critical}, escalate: day, mute: [nights]}\n"
        ),
        right=(
            'escalation:\n  - {name: day, active: {hours: "06:00-22:00"}, steps: [{notify: [{team: web}]}]}\n'
            "routing:\n  routes:\n    - {match: {severity: critical}, escalate: day}\n"
        ),
    ),
    "AK610": Code(
        "A secret or mail server without a place",
        "Receivers of Alertmanager's own read secrets from files, which the project maps: <secrets_dir>/<tenant>/<id>. Mail "
        "leaves through the project's mail server. Neither is a tenant's to choose.",
        wrong=f"routing:\n  receivers:\n{_PAGER}",
        right=(
            "# alertkit.yaml\nalertmanager: {secrets_dir: /etc/alertmanager/secrets}\n"
            f"# tenants/acme.yaml\nrouting:\n  receivers:\n{_PAGER}"
        ),
    ),
    "AK611": Code(
        "The target Alertmanager is too old",
        "The field is known to later versions of Alertmanager only; targets.alertmanager names the oldest one that must read the "
        "result.",
        wrong=_webhook_for("0.25"),
        right=_webhook_for("0.26"),
    ),
    "AK612": Code(
        "A test that depends on a time and has none",
        "Who is told depends on schedules, active hours and maintenance windows, so a test that expects a person or nobody says "
        "when.",
        wrong=f"{_DAY}routing:\n  tests:\n    - {{name: nobody is told, labels: {{severity: info}}, reaches: nobody}}\n",
        right=(
            f"{_DAY}routing:\n  tests:\n"
            '    - {name: nobody is told, labels: {severity: info}, at: "2026-11-21T03:00", reaches: nobody}\n'
        ),
    ),
}
