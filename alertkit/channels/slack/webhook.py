"""Slack's incoming webhook: the degraded way in, for who has no bot token.

It answers `ok` and not where the message is, so nothing can be rewritten, answered or clicked: an `update` sends nothing, and
what happened arrives as a message of its own. Same errors, same drawing as the channel with a token.
"""

from __future__ import annotations

from typing import Any

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.http import Poster
from alertkit.channels.layouts import Layouts
from alertkit.channels.pace import Pace
from alertkit.channels.slack import errors
from alertkit.channels.slack.layout import Drawing

_UNDRAWABLE = errors.UNDRAWABLE | {"invalid_payload"}


class SlackWebhookChannel:
    """Posts to one room. `url` is a secret: who has it can post. `timeout` in seconds. Used within one event loop."""

    repeatable = True

    def __init__(self, url: str, *, timeout: float = 10.0, layouts: Layouts | None = None) -> None:
        self.layouts = layouts or Layouts()
        self._drawing = Drawing(self.layouts)
        self._url = url
        self._poster = Poster(timeout, errors.UNREACHABLE_AFTER)

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Post; when Slack cannot draw the message, its words alone."""
        if delivery.purpose == "update":
            return Sent()
        if delivery.purpose == "reply":
            drawn = self._drawing.reply(delivery.message, delivery.tenant)
        else:
            drawn = self._drawing.root(delivery.message, delivery.tenant, interactive=False)
        outcome = await self._post(drawn)
        if isinstance(outcome, Refused) and outcome.reason in _UNDRAWABLE:
            return await self._post({"text": drawn["text"], "mrkdwn": False})
        return outcome

    def paces(self, delivery: Delivery) -> tuple[Pace, ...]:
        """About one message a second: https://docs.slack.dev/apis/web-api/rate-limits."""
        return () if delivery.purpose == "update" else (Pace("webhook", 1.0),)

    async def close(self) -> None:
        """Give back connections."""
        await self._poster.close()

    async def _post(self, body: dict[str, Any]) -> Outcome:
        answer = await self._poster.post(self._url, body)
        if isinstance(answer, Retry) or answer.status == 200:
            return answer if isinstance(answer, Retry) else Sent()
        return errors.outcome(answer.status, answer.text.strip(), answer.headers)
