"""Asking Alertmanager's API (v2) what it has: since when it runs, and which alerts it knows and keeps back."""

from __future__ import annotations

import base64
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import aiohttp
import msgspec
from yarl import URL

from alertkit import names
from alertkit.errors import AlertkitError, UsageError
from alertkit.receiver.reconcile import View

PATIENCE: Final = 20.0
"""Seconds for both answers of one peer."""
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of the list of alerts."""


class PeerError(AlertkitError):
    """A peer did not answer, or not as Alertmanager does."""


class Login(msgspec.Struct, frozen=True):
    """How to log in to every peer: a bearer token or a user with a password, from files that are read at each poll."""

    token_file: Path | None = None
    user: str = ""
    password_file: Path | None = None

    def headers(self) -> dict[str, str]:
        """The header, if any.

        Raises:
            PeerError: a file cannot be read.
        """
        if self.token_file:
            return {"Authorization": f"Bearer {_token(self.token_file)}"}
        if self.password_file:
            pair = f"{self.user}:{_secret(self.password_file)}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}


class _Status(msgspec.Struct, frozen=True):
    uptime: Annotated[dt.datetime, msgspec.Meta(tz=True)]


class _AlertStatus(msgspec.Struct, frozen=True, rename="camel"):
    state: str
    silenced_by: list[str] = []
    inhibited_by: list[str] = []


class _Alert(msgspec.Struct, frozen=True):
    fingerprint: str
    status: _AlertStatus


_STATUS = msgspec.json.Decoder(_Status)
_ALERTS = msgspec.json.Decoder(list[_Alert])


class Peers:
    """All Alertmanagers that post to this receiver, in the order in which they were given. Used within one event loop."""

    def __init__(self, urls: Sequence[str], login: Login, ca: Path | None = None) -> None:
        self.urls = tuple(map(checked, urls))
        self._login = login
        self._tls = _tls(ca)
        self._session: aiohttp.ClientSession | None = None

    async def view(self, url: str) -> View:
        """What one of them has.

        Raises:
            PeerError: it cannot be said.
        """
        try:
            headers = self._login.headers()
            status = _STATUS.decode(await self._get(f"{url}/api/v2/status", headers))
            alerts = _ALERTS.decode(await self._get(f"{url}/api/v2/alerts", headers))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PeerError(f"no answer: {type(error).__name__}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise PeerError(f"not an answer of Alertmanager's: {error}") from error
        return View(status.uptime, {alert.fingerprint: _kept_back(alert.status) for alert in alerts})

    async def close(self) -> None:
        """Give back connections."""
        if self._session is not None:
            await self._session.close()

    async def _get(self, url: str, headers: dict[str, str]) -> bytes:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=PATIENCE / 2)
            self._session = aiohttp.ClientSession(
                timeout=timeout, connector=aiohttp.TCPConnector(ssl=self._tls), cookie_jar=aiohttp.DummyCookieJar()
            )
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:
                raise PeerError(f"answered {answer.status}")
            return b"".join([chunk async for chunk in _bounded(answer)])


async def _bounded(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in answer.content.iter_chunked(1 << 16):
        size += len(chunk)
        if size > LARGEST:
            raise PeerError(f"its answer is larger than {LARGEST} bytes")
        yield chunk


def _kept_back(status: _AlertStatus) -> str:
    if status.state != "suppressed":
        return ""
    return names.REASON_SILENCED if status.silenced_by else names.REASON_INHIBITED if status.inhibited_by else names.REASON_MUTED


def checked(url: str) -> str:
    """The URL without a final slash.

    Raises:
        UsageError: it is none, or holds a password, which belongs in a file.
    """
    try:
        parsed = URL(url)
    except ValueError:
        parsed = URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.fragment:
        raise UsageError(f"--alertmanager {url!r} is not a URL such as https://alertmanager-0:9093")
    if parsed.user or parsed.password:
        raise UsageError("--alertmanager holds a user: give --alertmanager-user and --alertmanager-password-file")
    return url.rstrip("/")


def _tls(ca: Path | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--alertmanager-ca {ca} holds no certificates: {error}") from error


def _token(path: Path) -> str:
    text = _secret(path)
    if not text or not text.isascii() or not text.isprintable():
        raise PeerError(f"{path} holds no token")
    return text


def _secret(path: Path) -> str:
    try:
        return path.read_bytes().decode().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise PeerError(f"{path} cannot be read: {type(error).__name__}") from error
