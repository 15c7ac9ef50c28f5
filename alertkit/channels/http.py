"""Posting JSON, for every channel that does: one session, no redirects, and what a failure to be answered means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from alertkit.channels.base import Retry

_BODY = 2_000
_LONGEST = 3_600.0
PASSING = frozenset({408, 425, 429})
"""Statuses below 500 that say: not now."""


class Answer(msgspec.Struct, frozen=True):
    """Status, headers (any case), and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: str


class Poster:
    """Posts within `timeout` seconds; `unreachable_after` is the pause after a failure. Used within one event loop.

    `connector` makes what connections are made with; the default goes wherever a name leads.
    """

    def __init__(
        self, timeout: float, unreachable_after: float, connector: Callable[[], aiohttp.BaseConnector] | None = None
    ) -> None:
        self._connector = connector
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._after = unreachable_after
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session, opened when it is first needed."""
        if self._session is None:
            connector = self._connector() if self._connector else None
            self._session = aiohttp.ClientSession(timeout=self._timeout, connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def post(self, url: str, body: dict[str, Any]) -> Answer | Retry:
        """Post a value as JSON."""
        return await self.send(url, msgspec.json.encode(body), {"Content-Type": "application/json"})

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | Retry:
        """Post once; a Retry when nobody answered, which names the kind of failure only (its text would name the address)."""
        try:
            async with self.session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                text = (await answer.content.read(_BODY)).decode("utf-8", "replace")
                return Answer(answer.status, answer.headers, text)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            return Retry(self._after, "unreachable")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Retry(self._after, type(error).__name__, maybe_sent=True)

    async def close(self) -> None:
        """Give back connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    """Seconds of `Retry-After`, bounded; `otherwise` when it is missing or no number."""
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "")
    try:
        return min(max(float(value), 1.0), _LONGEST)
    except ValueError:
        return otherwise
