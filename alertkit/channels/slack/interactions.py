"""Clicks: what Slack posts to the interactivity address, checked before anything in it is believed.

A click names an incident by the value of its button. The signature proves that Slack's app sent it, not that the incident belongs
to the tenant whose app this is: the receiver looks the incident up among that tenant's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import parse_qs

import msgspec
from slack_sdk.signature import Clock, SignatureVerifier

from alertkit.channels.slack.blocks import ACTION_PREFIX
from alertkit.model.message import ActionKind
from alertkit.model.text import one_line

LARGEST = 512 * 1024
"""Bytes of a body; Slack's are below 100 kB."""

_KINDS: dict[str, ActionKind] = {f"{ACTION_PREFIX}{kind}": kind for kind in ("acknowledge", "resolve", "snooze", "escalate")}


class Interaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody clicked a button that acts. `seconds` is how long to snooze; `user` and `team` are Slack's ids.

    `reference` is that of the incident's message, as `Sent.reference`; `answer_to` takes an answer that only the person sees
    (`SlackChannel.answer`), five times within 30 minutes.
    """

    action: ActionKind
    incident: str
    user: str
    seconds: int = 0
    team: str = ""
    reference: str = ""
    answer_to: str = ""


class Ignored(msgspec.Struct, frozen=True):
    """Genuine, and nothing to do: a link was opened, or it is no click. Answer 200, or Slack shows the person a warning."""

    reason: str


class Rejected(msgspec.Struct, frozen=True):
    """Not believed. Answer with `status`: 401 when the signature is wrong or old, 400 when the body is not what Slack sends."""

    status: int
    reason: str


class _User(msgspec.Struct, frozen=True):
    id: str


class _Named(msgspec.Struct, frozen=True):
    id: str = ""


class _Chosen(msgspec.Struct, frozen=True):
    value: str = ""


class _Action(msgspec.Struct, frozen=True):
    action_id: str
    value: str = ""
    selected_option: _Chosen | None = None


class _Container(msgspec.Struct, frozen=True):
    channel_id: str = ""
    message_ts: str = ""


class _Payload(msgspec.Struct, frozen=True):
    type: str
    user: _User
    actions: list[_Action] = []
    container: _Container = _Container()
    team: _Named | None = None
    response_url: str = ""


_DECODER = msgspec.json.Decoder(_Payload)


def read_interaction(
    body: bytes, headers: Mapping[str, str], signing_secret: str, now: dt.datetime
) -> Interaction | Ignored | Rejected:
    """Read a request to the interactivity address. Never raises, and says nothing of the secret."""
    if len(body) > LARGEST:
        return Rejected(400, "the body is too large")
    if not signed(body, headers, signing_secret, now):
        return Rejected(401, "the signature is missing, wrong or older than five minutes")
    try:
        fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=20)
        payload = _DECODER.decode(fields["payload"][0])
    except (ValueError, KeyError, RecursionError):
        return Rejected(400, "the body is not a form with a JSON payload")
    return _click(payload)


def signed(body: bytes, headers: Mapping[str, str], signing_secret: str, now: dt.datetime) -> bool:
    """Whether Slack signed the body with this secret within the last five minutes."""
    if not signing_secret.strip():
        return False
    try:
        return SignatureVerifier(signing_secret, _At(now)).is_valid_request(body, dict(headers))
    except (ValueError, TypeError):
        return False


class _At(Clock):
    def __init__(self, now: dt.datetime) -> None:
        self._now = now.timestamp()

    def now(self) -> float:
        return self._now


def _click(payload: _Payload) -> Interaction | Ignored | Rejected:
    if payload.type != "block_actions" or not payload.actions:
        return Ignored(f"a {one_line(payload.type, 40)} does nothing")
    action = payload.actions[0]
    kind = _KINDS.get(action.action_id)
    if kind is None:
        return Ignored("not a button that acts")
    seconds, incident = _chosen(action)
    if not incident or seconds is None:
        return Rejected(400, "the button's value names no incident")
    where = payload.container
    return Interaction(
        action=kind,
        incident=incident,
        user=payload.user.id,
        seconds=seconds,
        team=payload.team.id if payload.team else "",
        reference=reference(where.channel_id, where.message_ts) if where.message_ts else "",
        answer_to=payload.response_url,
    )


def _chosen(action: _Action) -> tuple[int | None, str]:
    """Seconds and incident: `incident` on a button, `seconds:incident` in a menu. None when the menu's value is no such thing."""
    if action.selected_option is None:
        return 0, action.value
    seconds, _, incident = action.selected_option.value.partition(":")
    return (int(seconds) if seconds.isascii() and seconds.isdecimal() and len(seconds) < 9 else None), incident


def reference(channel: str, ts: str) -> str:
    """Where a message is, as the channel returns and takes it."""
    return msgspec.json.encode({"channel": channel, "ts": ts}).decode()
