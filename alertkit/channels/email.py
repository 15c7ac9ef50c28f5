"""E-mail: one thread per incident, in plain text and HTML.

A mail cannot be rewritten, so an `update` sends nothing and what happened arrives as a `reply`. The thread hangs together by
`References` to a Message-ID that is computed from the incident, and every Message-ID from the delivery's key: nothing has to be
stored, and a mail that is sent twice has the same id twice, which mail stores drop.
"""

from __future__ import annotations

import hashlib
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import aiosmtplib
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alertkit import resources
from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.looks import colour
from alertkit.model.message import Message
from alertkit.model.text import one_line

Security = Literal["starttls", "tls", "none"]

_LATER = 60.0
_SUBJECT = 200
_PRIORITY = {"critical": "high"}


class EmailChannel:
    """Sends through one mail server. `login` is a user name and a password, `timeout` in seconds is for the whole exchange.

    `templates` holds email/layout.html.j2 and email/layout.txt.j2; they run in Jinja2's sandbox.
    """

    repeatable = True

    def __init__(
        self,
        host: str,
        sender: str,
        *,
        port: int = 587,
        security: Security = "starttls",
        login: tuple[str, str] | None = None,
        timeout: float = 15.0,
        templates: Path | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._sender = sender
        self._security = security
        self._login = login
        self._timeout = timeout
        self._layouts = Layouts(templates or resources.root() / "templates")

    async def deliver(self, delivery: Delivery) -> Outcome:
        """Send one mail; an `update` has nothing to send."""
        if delivery.purpose == "update":
            return Sent(delivery.reference)
        try:
            mail = compose(delivery, self._sender, self._layouts)
        except (ValueError, MessageError, IndexError):
            return Refused("the address of sender or recipient is no mail address")
        except TemplateError as error:
            return Refused(f"the mail's template fails: {type(error).__name__}")
        return await self._send(mail)

    async def close(self) -> None:
        """Nothing is kept open between mails."""

    async def _send(self, mail: EmailMessage) -> Outcome:
        user, password = self._login or (None, None)
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=user,
                password=password,
                timeout=self._timeout,
                use_tls=self._security == "tls",
                start_tls=self._security == "starttls",
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return _failed(error)
        return Sent(str(mail["Message-ID"]))


class Layouts:
    """The mail's two layouts, read when first needed and again when they change."""

    def __init__(self, templates: Path) -> None:
        loader = FileSystemLoader(templates)
        self._html = _environment(loader, escape=True)
        self._text = _environment(loader, escape=False)

    def html(self, message: Message) -> str:
        """The mail as a page; whatever the message holds is escaped."""
        return self._html.get_template("email/layout.html.j2").render(
            message=message, title=_title(message), colour=colour(message), language=message.locale.replace("_", "-")
        )

    def text(self, message: Message) -> str:
        """The mail for who reads no HTML."""
        return self._text.get_template("email/layout.txt.j2").render(message=message)


def _environment(loader: FileSystemLoader, *, escape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def compose(delivery: Delivery, sender: str, layouts: Layouts) -> EmailMessage:
    """The mail of a delivery.

    Raises:
        ValueError: an address is none.
        TemplateError: the layout asks for something that is not there, or for something that the sandbox forbids.
    """
    message = delivery.message
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(sender)
    mail["To"] = _address(delivery.address)
    mail["Subject"] = one_line(message.subject or message.headline, _SUBJECT)
    domain = mail["From"].addresses[0].domain
    root = f"<{_digest(delivery.incident)}@{domain}>"
    mail["Message-ID"] = root if delivery.purpose == "open" else f"<{_digest(delivery.key)}@{domain}>"
    if delivery.purpose != "open":
        mail["References"] = root
        mail["In-Reply-To"] = root
    mail["Auto-Submitted"] = "auto-generated"
    if message.state == "firing":
        mail["Importance"] = _PRIORITY.get(message.severity, "normal")
    mail.set_content(layouts.text(message))
    mail.add_alternative(layouts.html(message), subtype="html")
    mail["Content-Language"] = message.locale.replace("_", "-")
    return mail


def _address(text: str) -> Address:
    """One address, with or without a name.

    Raises:
        ValueError: it is none, or hides a line break.
    """
    name, spec = parseaddr(text)
    if not spec or "@" not in spec or any(character in text for character in "\r\n\0"):
        raise ValueError("not a mail address")
    return Address(display_name=name, addr_spec=spec)


def _title(message: Message) -> str:
    """The subject without the reference: the badge above it says the state, the last line which incident it is."""
    return message.subject.partition("] ")[2] or message.headline


def _digest(text: str) -> str:
    return f"alertkit.{hashlib.sha256(text.encode()).hexdigest()[:32]}"


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
