"""A message as a mail: plain text and HTML by the layouts of its tenant, and the headers that keep its mails together."""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Final

from alertkit.channels.base import Delivery
from alertkit.channels.layouts import Layouts
from alertkit.channels.looks import colour
from alertkit.channels.templates import Readable, Templates, render
from alertkit.model.message import Message
from alertkit.model.text import one_line

HTML: Final = "email/layout.html.j2"
TEXT: Final = "email/layout.txt.j2"

_SUBJECT = 200
_PRIORITY = {"critical": "high"}
_LARGEST = 256 * 1024
"""Characters of a part."""
_HTML = Templates(("message", "title", "colour", "language"), escape=True)
_TEXT = Templates(("message", "title", "language"))


def html(message: Message, layouts: Layouts, tenant: str = "") -> str:
    """The mail as a page; whatever the message holds is escaped."""
    title, language = _title(message), message.locale.replace("_", "-")

    def draw(layout: Readable) -> str:
        return render(layout, _LARGEST, message=message, title=title, colour=colour(message), language=language)

    return layouts.drawn(tenant, HTML, _HTML.read, draw)


def text(message: Message, layouts: Layouts, tenant: str = "") -> str:
    """The mail for who reads no HTML."""
    title, language = _title(message), message.locale.replace("_", "-")

    def draw(layout: Readable) -> str:
        return render(layout, _LARGEST, message=message, title=title, language=language)

    return layouts.drawn(tenant, TEXT, _TEXT.read, draw)


def compose(delivery: Delivery, sender: str, layouts: Layouts) -> EmailMessage:
    """The mail of a delivery.

    Raises:
        ValueError: an address is none.
        LayoutError: not even the shipped layout can be used.
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
    mail.set_content(text(message, layouts, delivery.tenant))
    mail.add_alternative(html(message, layouts, delivery.tenant), subtype="html")
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
