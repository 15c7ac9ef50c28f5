"""A mail server that runs in a test: it keeps mails, asks for a password when it has one, and refuses on demand.

with FakeMailServer() as server:
    channel = EmailChannel(MailServer(server.host, server.port, "none"), "alerts@example.org")
    ...
    [mail] = server.mails
    assert mail["Subject"] == "[ACME-142] RoyaltyExportLate"
"""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

Security = Literal["none", "starttls", "tls"]


class FakeMailServer:
    """An SMTP server on a free port of 127.0.0.1, from `with` to the end of its block.

    `login` is the user name and password that it asks for; None lets everybody send. With `tls`, a context that holds its
    certificate, it speaks TLS from the first byte (`security="tls"`) or demands it before anything is sent (`"starttls"`).
    `most_at_once` is how many clients have spoken to it at the same time.
    """

    def __init__(
        self, login: tuple[str, str] | None = None, *, tls: ssl.SSLContext | None = None, security: Security = "none"
    ) -> None:
        self.host = "127.0.0.1"
        self.port = _free_port(self.host)
        self.mails: list[EmailMessage] = []
        self.most_at_once = 0
        self._here: set[int] = set()
        self._login = login
        self._refusals: dict[str, list[str]] = {"rcpt": [], "data": []}
        self._lock = threading.Lock()
        self._controller = Controller(
            self,
            hostname=self.host,
            port=self.port,
            authenticator=self._authenticate,
            auth_require_tls=False,
            ssl_context=tls if security == "tls" else None,
            tls_context=tls if security == "starttls" else None,
            require_starttls=security == "starttls",
        )

    def refuse(self, answer: str, *, at: str = "data", times: int = 1) -> None:
        """Answer the next recipients (`at="rcpt"`) or mails (`at="data"`) with a line such as `451 try later`."""
        with self._lock:
            self._refusals[at] += [answer] * times

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._controller.stop()

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's name
        self, _server: smtp.SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """A client is there."""
        session.host_name = hostname
        with self._lock:
            self._here.add(id(session))
            self.most_at_once = max(self.most_at_once, len(self._here))
        return responses

    async def handle_QUIT(self, _server: smtp.SMTP, session: Session, _envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        """It is gone."""
        with self._lock:
            self._here.discard(id(session))
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: smtp.SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if answer := self._refusal("rcpt"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: smtp.SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        """Keep a mail, or not."""
        if answer := self._refusal("data"):
            return answer
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        with self._lock:
            self.mails.append(mail)
        return "250 OK"

    def _refusal(self, at: str) -> str:
        with self._lock:
            return self._refusals[at].pop(0) if self._refusals[at] else ""

    def _authenticate(
        self, _server: smtp.SMTP, _session: Session, _envelope: Envelope, _mechanism: str, auth_data: Any
    ) -> AuthResult:
        if not isinstance(auth_data, LoginPassword) or self._login is None:
            return AuthResult(success=False, handled=False)
        given = auth_data.login.decode(), auth_data.password.decode()
        return AuthResult(success=given == self._login, handled=False)


def _free_port(host: str) -> int:
    """aiosmtpd wants to know its port beforehand."""
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])
