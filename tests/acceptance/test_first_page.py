"""The whole way, with real servers: a metric crosses a threshold, a person reads about it in French and acknowledges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import servers
import two_tenants
from servers import eventually
from two_tenants import TOKEN, secrets_for

from alertkit.testing.slack import FakeSlack, SlackMessage

DEFINITION = """\
services:
  - {{name: royalties, owner: payments}}
  - {{name: billing, owner: payments}}
alerts:
  - name: ExportLate
    service: royalties
    expr: export_age_seconds > 93600
    severity: critical
    unit: duration
    summary: {{en: "The last export is {{value}} old", fr: "Le dernier export date de {{value}}"}}
  - name: QueueStuck
    service: billing
    expr: queue_age_seconds > 600
    severity: critical
    unit: duration
    summary: {{en: "The oldest job waits for {{value}}", fr: "La plus ancienne tâche attend depuis {{value}}"}}
teams:
  - {{name: payments, slack: "#{name}-payments", members: [amelie]}}
people:
  - {{id: amelie, name: Amélie Durand, slack: {slack_id}}}
escalation:
  - name: standard
    steps:
      - notify: [{{team: payments}}]
      - {{after: 10s, notify: [{{person: amelie}}]}}
routing:
  routes:
    - {{match: {{severity: critical}}, escalate: standard}}
"""
CALM = {
    'export_age_seconds{tenant="acme"}': 60.0,
    'queue_age_seconds{tenant="acme"}': 1.0,
    'export_age_seconds{tenant="globex"}': 60.0,
    'queue_age_seconds{tenant="globex"}': 1.0,
}


@pytest.mark.acceptance
def test_a_metric_that_crosses_its_threshold_reaches_a_person_who_acknowledges_it(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    port = servers.free_port()
    generated = two_tenants.generated(tmp_path, DEFINITION, port, repeat="1m")
    metrics = dict(CALM)
    with (
        FakeSlack() as slack,
        servers.receiver(tmp_path, generated, port, TOKEN, secrets_for(slack), slack.url) as receiver,
        servers.alertmanager(tool("prometheus-alertmanager"), tmp_path, generated, servers.free_port(), TOKEN) as alertmanager,
        servers.metrics_page(metrics) as exporter,
        servers.prometheus(tool("prometheus"), tmp_path, generated, [servers.app(exporter)], alertmanager),
    ):
        metrics['export_age_seconds{tenant="acme"}'] = 97_200.0
        page = eventually("the page in acme's room", lambda: about(slack, "#acme-payments", "ExportLate"))
        assert "Le dernier export date de 1 jour et 3 heures" in page.shown.replace("\xa0", " ").replace("\u202f", " ")
        assert {"alertkit:acknowledge", "alertkit:resolve"} <= page.buttons.keys()

        interactions = f"{receiver}/v1/interactions/slack/platform/slack"
        assert slack.send_click(interactions, page, "acknowledge", user="U0STRANGER") == 200
        assert slack.send_click(interactions, page, "acknowledge", user="U0AMELIE") == 200
        acknowledged = eventually("the page says who has it", lambda: mentioning(slack.latest(page), "Amélie"))
        assert acknowledged.ts == page.ts, "the page itself is updated, not repeated"

        # The second incident opens later and nobody acknowledges it: once its second step has come, the first one's is overdue.
        metrics['queue_age_seconds{tenant="acme"}'] = 1_000.0
        eventually("the second step of the other incident", lambda: about(slack, "U0AMELIE", "QueueStuck"))
        assert not about(slack, "U0AMELIE", "ExportLate"), "an acknowledged incident escalates no further"

        metrics['export_age_seconds{tenant="acme"}'] = 60.0
        eventually("the page turns to resolved", lambda: slack.latest(page).colour != acknowledged.colour)
        told = {message.channel for message in slack.messages}
        assert told == {slack.channel_id(name) for name in ("#acme-payments", "U0AMELIE")}, "another tenant or room was told"


def about(slack: FakeSlack, channel: str, alert: str) -> SlackMessage | None:
    """The first message of a channel that names an alert."""
    words = {"ExportLate": "export", "QueueStuck": "tâche"}[alert]
    return next((message for message in slack.messages_in(channel) if words in message.shown), None)


def mentioning(message: SlackMessage, words: str) -> SlackMessage | None:
    return message if words in message.shown else None
