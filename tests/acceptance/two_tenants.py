"""Acme, which reads French, and Globex, which reads English: two tenants with one definition, on one platform."""

from __future__ import annotations

from pathlib import Path

import alertkit
from alertkit.testing.slack import FakeSlack

TOKEN = "an-ingest-token-for-this-test"
PROJECT = """\
version: alertkit/v1
receiver: {{url: "http://127.0.0.1:{receiver}", credentials_file: alertkit.token}}
teams:
  - {{name: platform, slack: "#platform"}}
channels:
  - {{name: slack, type: slack, token: {{secret: slack-bot}}, signing_secret: {{secret: slack-signing}}}}
routing: {{group_wait: 1s, group_interval: 1s, repeat_interval: {repeat}}}
"""
TENANT = """\
version: alertkit/v1
tenant: {name}
title: {title}
locale: {locale}
timezone: Europe/Paris
dashboards: []
"""


def generated(folder: Path, definition: str, receiver_port: int, repeat: str) -> Path:
    """What their project compiles to. `definition` is the rest of a tenant's, with places for its `name` and a `slack_id`."""
    (folder / "tenants").mkdir()
    (folder / "alertkit.yaml").write_text(PROJECT.format(receiver=receiver_port, repeat=repeat))
    for name, title, locale, slack_id in (("acme", "Acme", "fr", "U0AMELIE"), ("globex", "Globex", "en", "U0GLOBEX")):
        text = (TENANT + definition).format(name=name, title=title, locale=locale, slack_id=slack_id)
        (folder / "tenants" / f"{name}.yaml").write_text(text)
    assert not alertkit.write(alertkit.build(folder)).problems
    return folder / "generated"


def secrets_for(slack: FakeSlack) -> dict[str, str]:
    """The platform's secrets by their full names."""
    return {"platform/slack-bot": slack.token, "platform/slack-signing": slack.signing_secret}
