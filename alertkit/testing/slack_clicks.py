"""A click as Slack sends it: what it says, and its signature."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass

from alertkit.testing.slack_message import Json, SlackMessage


@dataclass(frozen=True)
class SignedRequest:
    """A click as Slack sends it: post `body` with `headers` to the interactivity address."""

    body: bytes
    headers: dict[str, str]


def signed(body: bytes, secret: str, at: float | None = None) -> SignedRequest:
    """A body with the headers that sign it; `at` is when, in seconds since 1970 (None: now)."""
    timestamp = str(int(time.time() if at is None else at))
    base = b"v0:" + timestamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature,
    }
    return SignedRequest(body, headers)


def block_actions(message: SlackMessage, element: Json, user: str, choice: int, response_url: str) -> Json:
    """The payload of a click, in the shape of Slack's own samples."""
    action = {"action_id": element["action_id"], "block_id": "b1", "type": element["type"], "action_ts": message.ts}
    if element["type"] == "static_select":
        action |= {"selected_option": element["options"][choice], "placeholder": element["placeholder"]}
    else:
        action |= {"text": element["text"], **({"value": element["value"]} if "value" in element else {})}
    where = {"type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": False}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": "T0FAKE"},
        "api_app_id": "A0FAKE",
        "token": "legacy-token",
        "container": where,
        "trigger_id": "1.2.3",
        "team": {"id": "T0FAKE", "domain": "fake"},
        "channel": {"id": message.channel, "name": "fake"},
        "message": {"type": "message", "text": message.text, "ts": message.ts, "bot_id": "B0FAKE"},
        "response_url": response_url,
        "actions": [action],
    }
