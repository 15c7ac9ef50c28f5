"""E-mail: one thread per incident, in plain text and HTML.

A mail cannot be rewritten, so an `update` sends nothing and what happened arrives as a `reply`. The thread hangs together by
`References` to a Message-ID that is computed from the incident, and every Message-ID from the delivery's key: nothing has to be
stored, and a mail that is sent twice has the same id twice, which mail stores drop.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.layouts import Layouts
from alertkit.channels.mail import compose
from alertkit.channels.templates import LayoutError

Security = Literal["starttls", "tls", "none"]

CONNECTIONS = 16
"""Mails on their way at once: Postfix refuses a client more than 50 connections by default, and shares them with others."""
_LATER = 60.0


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in. `login` is a user name and a password, `timeout` in seconds is for the whole exchange.

    `tls` says whose certificates are believed; the default is the machine's authorities.
    """

    host: str
    port: int = 587
    security: Security = "starttls"
    login: tuple[str, str] | None = field(default=None, repr=False)
    timeout: float = 15.0
    tls: ssl.SSLContext | None = None


class EmailChannel:
    """Sends through one mail server. Mails look as `layouts` has it."""

    repeatable = True

    def __init__(self, server: MailServer, sender: str, layouts: Layouts | None = None) -> None:
        self._server = server
        self._sender = sender
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self.layouts = layouts or Layouts()

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Send one mail; an `update` has nothing to send."""
        if delivery.purpose == "update":
            return Sent(delivery.reference)
        try:
            mail = compose(delivery, self._sender, self.layouts)
        except (ValueError, MessageError, IndexError):
            return Refused("the address of sender or recipient is no mail address")
        except LayoutError:
            return Refused("the mail's layout cannot be used")
        async with self._connections:
            return await self._send(mail)

    async def close(self) -> None:
        """Nothing is kept open between mails."""

    async def _send(self, mail: EmailMessage) -> Outcome:
        server = self._server
        user, password = server.login or (None, None)
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                username=user,
                password=password,
                timeout=server.timeout,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                tls_context=server.tls,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _failed(error)
        return Sent(str(mail["Message-ID"]))


def _failed(error: Exception) -> Outcome:
    """From the server's code: 4xx is for now, 5xx for good. Codes only, because a server's words may repeat the password."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in error.recipients]
        return _coded(max(codes, default=550))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _coded(error.code)
    if isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPConnectTimeoutError | ConnectionError):
        return Retry(_LATER, "unreachable")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError | OSError):
        return Retry(_LATER, type(error).__name__, maybe_sent=True)
    return Refused(type(error).__name__)


def _coded(code: int) -> Outcome:
    return Refused(f"smtp_{code}") if code >= 500 else Retry(_LATER, f"smtp_{code}")
