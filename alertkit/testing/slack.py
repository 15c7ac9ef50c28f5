"""A Slack that runs in a test: it keeps messages, enforces Slack's limits and errors, fails on demand, and clicks buttons.

with FakeSlack() as slack:
    channel = SlackChannel(slack.token, slack.signing_secret, base_url=slack.url)
    ...                                                   # deliver something
    [message] = slack.messages_in("#acme-payments")
    assert "RoyaltyExportLate" in message.shown
    request = slack.click(message, "acknowledge", user="U024BE7LH")
    requests.post(receiver_url, data=request.body, headers=request.headers)
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from dataclasses import dataclass, field, replace
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from aiohttp import web

from alertkit.testing.server import Server
from alertkit.testing.slack_clicks import SignedRequest, block_actions, signed
from alertkit.testing.slack_limits import POST_TEXT, refusal
from alertkit.testing.slack_message import Json, SlackMessage

__all__ = ["FakeSlack", "SignedRequest", "SlackMessage"]


@dataclass
class _Failure:
    method: str
    times: int
    status: int = 200
    error: str = ""
    retry_after: int | None = None
    hang: bool = False
    lost: bool = False


@dataclass
class _State:
    messages: dict[tuple[str, str], SlackMessage] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    failures: list[_Failure] = field(default_factory=list)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    count: int = 0


class FakeSlack(Server):
    """Slack's Web API on a free port of 127.0.0.1, from `with` (or `async with`) to the end of its block.

    Every channel that is posted to exists; `close_channel` makes one refuse. `url` is the `base_url` for a client, `webhook_url`
    an incoming webhook that posts to the channel `#webhook`.
    """

    def __init__(self, token: str = "xoxb-fake-token", signing_secret: str = "fake-signing-secret") -> None:  # noqa: S107 -- a double
        super().__init__()
        self.token = token
        self.signing_secret = signing_secret
        self._state = _State()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where the Web API is."""
        return f"{self.origin}/api/"

    @property
    def webhook_url(self) -> str:
        """An incoming webhook."""
        return f"{self.origin}/services/T0FAKE/B0FAKE/secret"

    @property
    def messages(self) -> list[SlackMessage]:
        """All messages, oldest first."""
        with self._lock:
            return sorted(self._state.messages.values(), key=lambda message: message.ts)

    @property
    def calls(self) -> list[tuple[str, Json]]:
        """Every call: the method and what was sent."""
        with self._lock:
            return list(self._state.calls)

    @property
    def answers(self) -> list[Json]:
        """What was sent to the response URLs of clicks."""
        with self._lock:
            return list(self._state.answers)

    def messages_in(self, channel: str) -> list[SlackMessage]:
        """Messages in a channel (its id or the name it was posted to) that do not stand in a thread, oldest first."""
        wanted = self.channel_id(channel)
        return [found for found in self.messages if found.channel == wanted and (not found.thread_ts or found.broadcast)]

    def thread(self, message: SlackMessage) -> list[SlackMessage]:
        """Replies to a message, oldest first."""
        return [found for found in self.messages if found.thread_ts == message.ts and found.channel == message.channel]

    def latest(self, message: SlackMessage) -> SlackMessage:
        """The message as it stands now."""
        with self._lock:
            return self._state.messages[message.channel, message.ts]

    def channel_id(self, name: str) -> str:
        """The id of a channel or of the direct messages with a person; an id is its own."""
        with self._lock:
            return self._channel_id(name)

    def close_channel(self, name: str, error: str = "is_archived") -> None:
        """Refuse every later message to the channel with one of Slack's errors."""
        channel = self.channel_id(name)
        with self._lock:
            self._state.closed[channel] = error

    def delete(self, message: SlackMessage) -> None:
        """Delete a message, as somebody may do in Slack."""
        with self._lock:
            del self._state.messages[message.channel, message.ts]

    def fail(
        self,
        method: str = "chat.postMessage",
        *,
        error: str = "",
        status: int = 200,
        retry_after: int | None = None,
        hang: bool = False,
        lost: bool = False,
        times: int = 1,
    ) -> None:
        """Fail the next `times` calls of a method (`webhook` for the incoming webhook).

        `error` is one of Slack's names, `status` an HTTP status, `retry_after` seconds of a 429, `hang` never answers, `lost`
        takes the message and answers with a 500 nevertheless.
        """
        status = 429 if retry_after is not None else 500 if lost else status
        with self._lock:
            self._state.failures.append(_Failure(method, times, status, error, retry_after, hang, lost))

    def click(self, message: SlackMessage, action: str, user: str, *, choice: int = 0, at: float | None = None) -> SignedRequest:
        """Click a button of a message: the signed request that Slack would send.

        `action` is an action id, with or without `alertkit:`; `choice` counts the options of a menu from 0; `at` is when it is
        signed, in seconds since 1970 (None: now).

        Raises:
            KeyError: the message, as it stands now, has no such button.
        """
        latest = self.latest(message)
        element = latest.buttons.get(f"alertkit:{action}") or latest.buttons[action]
        payload = block_actions(latest, element, user, choice, f"{self.origin}/actions/{user}")
        return self.sign(urlencode({"payload": json.dumps(payload)}).encode(), at)

    def sign(self, body: bytes, at: float | None = None) -> SignedRequest:
        """Sign a body as Slack does."""
        return signed(body, self.signing_secret, at)

    def send_click(self, url: str, message: SlackMessage, action: str, user: str, *, choice: int = 0) -> int:
        """Click a button and send the request; the status of the answer. Slack allows three seconds for it."""
        click = self.click(message, action, user, choice=choice)
        try:
            with urlopen(Request(url, click.body, click.headers), timeout=3) as answer:  # noqa: S310 -- the test's own address
                return int(answer.status)
        except HTTPError as error:
            return error.code

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as Slack."""
        kind, _, rest = request.path.lstrip("/").partition("/")
        if kind == "services":
            return await self._webhook(request)
        if kind == "actions":
            answer = await request.json()
            with self._lock:
                self._state.answers.append({"user": rest, **answer})
            return web.json_response({"ok": True})
        return await self._api(rest, request)

    async def _api(self, method: str, request: web.Request) -> web.StreamResponse:
        payload: Json = await request.json() if request.can_read_body else {}
        with self._lock:
            self._state.calls.append((method, payload))
            failure = self._next_failure(method)
        if failure and not failure.lost:
            return await _failed(failure)
        with self._lock:
            answer = self._answer(method, payload, request.headers.get("Authorization", ""))
        return await _failed(failure) if failure else web.json_response(answer)

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        payload: Json = await request.json()
        with self._lock:
            self._state.calls.append(("webhook", payload))
            failure = self._next_failure("webhook")
            if failure is None:
                error, _ = refusal(payload, update=False)
                if not error:
                    self._keep("#webhook", payload)
        if failure:
            return await _failed(failure, webhook=True)
        return web.Response(text=error or "ok", status=400 if error else 200)

    def _answer(self, method: str, payload: Json, authorization: str) -> Json:
        if authorization != f"Bearer {self.token}":
            return _error("invalid_auth" if authorization else "not_authed")
        if method == "auth.test":
            return {"ok": True, "team_id": "T0FAKE", "user_id": "U0BOT", "bot_id": "B0FAKE"}
        if method not in ("chat.postMessage", "chat.update"):
            return _error("unknown_method")
        error, details = refusal(payload, update=method == "chat.update")
        if error:
            return _error(error, details)
        return self._post(payload) if method == "chat.postMessage" else self._update(payload)

    def _post(self, payload: Json) -> Json:
        channel = self._channel_id(payload.get("channel") or "")
        thread = payload.get("thread_ts", "")
        if not channel:
            return _error("channel_not_found")
        if channel in self._state.closed:
            return _error(self._state.closed[channel])
        if thread and (channel, thread) not in self._state.messages:
            return _error("message_not_found")
        message = self._keep(channel, payload)
        return {"ok": True, "channel": channel, "ts": message.ts, "message": {"text": message.text, "ts": message.ts}}

    def _update(self, payload: Json) -> Json:
        """Text without blocks removes the blocks; attachments that are not mentioned stay."""
        channel, ts = payload.get("channel", ""), payload.get("ts", "")
        old = self._state.messages.get((channel, ts))
        if old is None:
            known = channel in self._state.channels.values()
            return _error("message_not_found" if known else "channel_not_found")
        new = replace(
            old,
            text=payload.get("text") or "",
            blocks=tuple(payload.get("blocks") or ()),
            attachments=tuple(payload["attachments"]) if "attachments" in payload else old.attachments,
            edits=(*old.edits, replace(old, edits=())),
        )
        self._state.messages[channel, ts] = new
        return {"ok": True, "channel": channel, "ts": ts, "text": new.text}

    def _keep(self, channel: str, payload: Json) -> SlackMessage:
        self._state.count += 1
        message = SlackMessage(
            channel=self._channel_id(channel),
            ts=f"{1_700_000_000 + self._state.count}.{self._state.count:06}",
            text=(payload.get("text") or "")[:POST_TEXT],
            blocks=tuple(payload.get("blocks") or ()),
            attachments=tuple(payload.get("attachments") or ()),
            thread_ts=payload.get("thread_ts", ""),
            broadcast=bool(payload.get("reply_broadcast")),
        )
        self._state.messages[message.channel, message.ts] = message
        return message

    def _channel_id(self, name: str) -> str:
        """A person's direct messages are a channel of their own."""
        if not name or name in self._state.channels.values():
            return name
        prefix = "D" if re.fullmatch(r"[UW][A-Z0-9]+", name) else "C"
        if re.fullmatch(r"[CGD][A-Z0-9]{6,}", name):
            return self._state.channels.setdefault(name, name)
        return self._state.channels.setdefault(name.lstrip("#"), f"{prefix}{len(self._state.channels) + 1:08}")

    def _next_failure(self, method: str) -> _Failure | None:
        for failure in self._state.failures:
            if failure.method == method and failure.times:
                failure.times -= 1
                return failure
        return None


async def _failed(failure: _Failure, *, webhook: bool = False) -> web.StreamResponse:
    if failure.hang:
        await asyncio.sleep(3_600)
    headers = {"Retry-After": str(failure.retry_after)} if failure.retry_after is not None else {}
    if failure.status == 429:
        return web.json_response(_error("ratelimited"), status=429, headers=headers)
    if failure.status >= 500:
        return web.Response(text="<html>upstream</html>", status=failure.status, content_type="text/html")
    if webhook:
        return web.Response(text=failure.error, status=failure.status if failure.status != 200 else 400)
    return web.json_response(_error(failure.error or "unknown"), status=failure.status)


def _error(name: str, details: list[str] | None = None) -> Json:
    """As Slack answers: HTTP 200, `ok` false."""
    return {"ok": False, "error": name, **({"response_metadata": {"messages": details}} if details else {})}
