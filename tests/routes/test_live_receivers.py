"""Alertmanager's own receivers as a running Alertmanager treats them: files of secrets, sentences, mirrors, intervals."""

from __future__ import annotations

import hooks
import routed
import servers

ACME = """\
routing:
  group_wait: 0s
  receivers:
    - {{name: room, type: slack, channel: "#ops", url: {{secret: slack-hook}}, mirror: true}}
    - {{name: hook, type: webhook, url: "http://127.0.0.1:{port}/own", token: {{secret: hook-token}}}}
    - {{name: never, type: webhook, url: "http://127.0.0.1:{port}/never"}}
  intervals: [{{name: always, times: [{{hours: "00:00-24:00"}}]}}, {{name: past, dates: ["2020-01-01"]}}]
  routes:
    - {{match: {{kind: muted}}, notify: never, mute: [always]}}
    - {{match: {{kind: inactive}}, notify: never, active: [past]}}
    - {{match: {{severity: info}}, notify: hook, active: [always]}}
"""


def test_secrets_come_from_files_sentences_arrive_mirrors_copy_and_intervals_mute(tmp_path, tool):
    with hooks.hook() as (port, posts):
        project = (
            f'receiver: {{url: "http://127.0.0.1:{port}", credentials_file: alertkit.token}}\n'
            f'webhook_hosts: ["127.0.0.1"]\nalertmanager: {{secrets_dir: {tmp_path / "secrets"}}}\n'
        )
        file = routed.written(routed.build(tmp_path, {"acme": ACME.format(port=port)}, project), tmp_path)
        secrets = tmp_path / "secrets" / "acme"
        secrets.mkdir(parents=True)
        (secrets / "slack-hook").write_text(f"http://127.0.0.1:{port}/slack")
        (secrets / "hook-token").write_text("sesame")
        binary = tool("prometheus-alertmanager")
        with servers.alertmanager(binary, tmp_path, file.parent.parent, servers.free_port(), "secret") as url:
            base = {"tenant": "acme", "service": "web"}
            hooks.fire(url, {**base, "kind": "muted", "alertname": "M"}, {**base, "kind": "inactive", "alertname": "I"})
            hooks.fire(url, {**base, "severity": "critical", "alertname": "Down"}, summary="The web is down")
            hooks.fire(url, {**base, "severity": "info", "alertname": "Note"})
            servers.eventually("three posts", lambda: len(posts) >= 3)

    told = {post.path: post for post in posts}
    assert set(told) == {"/slack", "/v1/alerts/acme/owner-web", "/own"}
    assert told["/slack"].body["channel"] == "#ops"
    assert "The web is down" in told["/slack"].body["attachments"][0]["text"]
    assert told["/own"].token == "Bearer sesame"
    assert told["/v1/alerts/acme/owner-web"].token == "Bearer secret"
    assert told["/own"].body["receiver"] == "acme/alertmanager/hook"
