"""Slack as a channel: one message per incident, rewritten as the incident changes, with what happened in its thread.

At least once: Slack has no key that would make a second post the same as the first, so after an answer that leaves it open
(`Retry.maybe_sent`) the message may show up twice. A page too many in a thread is better than none.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import msgspec
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.http import Poster
from alertkit.channels.layouts import Layouts
from alertkit.channels.pace import Pace
from alertkit.channels.slack import blocks, errors
from alertkit.channels.slack.interactions import reference
from alertkit.channels.slack.layout import Drawing

BASE_URL = "https://slack.com/api/"
_UPDATES = Pace("chat.update", 1.2, burst=5)
_MESSAGES = Pace("chat.postMessage", 0.25, burst=10)


class Place(msgspec.Struct, frozen=True):
    """Where an incident's message is. `channel` is an id, also when the message was sent to a name or a person."""

    channel: str
    ts: str


class SlackChannel:
    """Posts with a bot token (scopes `chat:write` and `chat:write.public`).

    Buttons that act are drawn only when there is a `signing_secret` with which the receiver can check the clicks. `timeout` is in
    seconds, for the whole of a delivery's request. Used within one event loop.
    """

    repeatable = True

    def __init__(
        self,
        token: str,
        signing_secret: str = "",
        *,
        base_url: str = BASE_URL,
        timeout: float = 10.0,
        layouts: Layouts | None = None,
    ) -> None:
        self.layouts = layouts or Layouts()
        self._drawing = Drawing(self.layouts)
        self._token = token
        self._interactive = bool(signing_secret)
        self._base_url = base_url
        self._poster = Poster(timeout, errors.UNREACHABLE_AFTER)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Post, rewrite or answer. When Slack cannot draw the message, its words are sent alone."""
        place = _place(delivery.reference)
        if place is None and delivery.purpose != "open":
            return Refused("no message to update or answer", reopen=True)
        method = "chat.update" if delivery.purpose == "update" else "chat.postMessage"
        outcome = await self._call(method, _target(delivery, place) | self._drawn(delivery))
        if isinstance(outcome, Refused) and outcome.reason in errors.UNDRAWABLE:
            return await self._call(method, _target(delivery, place) | _words(delivery))
        return outcome

    def paces(self, delivery: Delivery) -> tuple[Pace, ...]:
        """The lanes of a delivery, all of which must be free: Slack counts by method, room and workspace.

        Source: https://docs.slack.dev/apis/web-api/rate-limits: about one message a second and room, several hundred messages
        a minute and workspace, 50 updates a minute and workspace.
        """
        if delivery.purpose == "update":
            return (_UPDATES,)
        place = _place(delivery.reference)
        return (Pace(f"chat.postMessage {place.channel if place else delivery.address}", 1.0), _MESSAGES)

    async def answer(self, answer_to: str, words: str) -> Outcome:
        """Tell the person who clicked, and nobody else. `answer_to` is `Interaction.answer_to`."""
        body = {"response_type": "ephemeral", "replace_original": False, "text": blocks.escape(words, blocks.TEXT)}
        posted = await self._poster.post(answer_to, body)
        if isinstance(posted, Retry) or posted.status == 200:
            return posted if isinstance(posted, Retry) else Sent()
        return errors.outcome(posted.status, "", posted.headers)

    async def close(self) -> None:
        """Give back connections."""
        await self._poster.close()

    def _drawn(self, delivery: Delivery) -> dict[str, Any]:
        if delivery.purpose == "reply":
            return self._drawing.reply(delivery.message, delivery.tenant)
        return self._drawing.root(delivery.message, delivery.tenant, interactive=self._interactive)

    async def _call(self, method: str, body: dict[str, Any]) -> Outcome:
        client = AsyncWebClient(self._token, base_url=self._base_url, session=self._poster.session, retry_handlers=[])
        try:
            answer = await client.api_call(method, json=body)
        except SlackApiError as error:
            return _failed(error)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            return Retry(errors.UNREACHABLE_AFTER, "unreachable")
        except Exception as error:  # noqa: BLE001 -- the port promises an outcome, whatever the client library raises
            return Retry(errors.UNREACHABLE_AFTER, type(error).__name__, maybe_sent=True)
        return Sent(reference(str(answer.get("channel", body["channel"])), str(answer.get("ts", ""))))


def _failed(error: SlackApiError) -> Outcome:
    """Of an answer without JSON the client gives the bare response, of the others its own."""
    answer = error.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    data = getattr(answer, "data", None)
    name = data.get("error", "") if isinstance(data, dict) else ""
    return errors.outcome(status, str(name), getattr(answer, "headers", None) or {})


def _target(delivery: Delivery, place: Place | None) -> dict[str, Any]:
    """Where it goes. `parse` is said because `chat.update` would look for links and names by itself."""
    common: dict[str, Any] = {"parse": "none", "link_names": False}
    if place is None or delivery.purpose == "open":
        return common | {"channel": delivery.address, "unfurl_links": False, "unfurl_media": False}
    if delivery.purpose == "update":
        return common | {"channel": place.channel, "ts": place.ts}
    quiet = {"unfurl_links": False, "unfurl_media": False, "reply_broadcast": delivery.broadcast}
    return common | quiet | {"channel": place.channel, "thread_ts": place.ts}


def _words(delivery: Delivery) -> dict[str, Any]:
    """The message without any drawing; an update has to say that what was drawn goes."""
    said = blocks.news(delivery.message) if delivery.purpose == "reply" else blocks.text(delivery.message)
    if delivery.purpose == "update":
        return {"text": said, "blocks": [], "attachments": []}
    return {"text": said, "mrkdwn": False}


_PLACE = msgspec.json.Decoder(Place)


def _place(text: str) -> Place | None:
    try:
        place = _PLACE.decode(text)
    except msgspec.MsgspecError:
        return None
    return place if place.channel and place.ts else None
