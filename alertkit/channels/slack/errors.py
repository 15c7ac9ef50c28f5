"""What Slack's answers mean: https://docs.slack.dev/reference/methods/chat.postMessage lists the names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertkit.channels.base import Outcome, Refused, Retry
from alertkit.channels.http import PASSING, retry_after

UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
"""Slack may have taken the message ("some aspect of the operation succeeded")."""

TOO_MUCH = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

UNDRAWABLE = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "invalid_attachments",
        "attachment_payload_limit_exceeded",
        "too_many_attachments",
        "no_text",
        "metadata_too_large",
    }
)
"""The drawing is refused, not the message: its words alone may go."""

THREAD_GONE = frozenset(
    {
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "block_mismatch",
    }
)
"""The incident's message cannot be changed or answered any more, a new one can be posted."""

UNREACHABLE_AFTER = 5.0
_RETRY_AFTER = 5.0
_RATE_LIMITED_AFTER = 30.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


def outcome(status: int, error: str, headers: Mapping[str, str]) -> Outcome:
    """The outcome of an answer that is not a success. `error` is Slack's name for it, empty when there is none."""
    name = error if _NAME.fullmatch(error) else f"status_{status}"
    if status in PASSING or name in TOO_MUCH:
        return Retry(retry_after(headers, _RATE_LIMITED_AFTER), name)
    if status >= 500 or name in UNSURE:
        return Retry(_RETRY_AFTER, name, maybe_sent=True)
    return Refused(name, reopen=name in THREAD_GONE)
