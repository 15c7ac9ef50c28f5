"""A message as each channel would show it: in a terminal and as a piece of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
from markupsafe import Markup, escape
from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alertkit import resources
from alertkit.channels.email import Layouts
from alertkit.channels.looks import colour
from alertkit.channels.pagerduty import event
from alertkit.channels.slack import blocks
from alertkit.model.message import Message
from alertkit.testing.slack_message import Json, SlackMessage, unescaped
from alertkit.testing.slack_page import message_html


class Drawing(NamedTuple):
    """How a channel is drawn: for a terminal, and as HTML."""

    terminal: Callable[[Message], RenderableType]
    html: Callable[[Message], Markup]


def slack_message(message: Message) -> SlackMessage:
    """The message as it would stand in Slack."""
    payload = blocks.root(message, interactive=True)
    return SlackMessage("preview", "1", payload["text"], tuple(payload["blocks"]), tuple(payload["attachments"]))


def slack_thread(message: Message) -> list[SlackMessage]:
    """What would stand in the message's thread: what has happened, unless it is new."""
    if message.state == "firing" or not message.event:
        return []
    payload = blocks.reply(msgspec.structs.replace(message, mentions=()))
    return [SlackMessage("preview", "2", payload["text"], tuple(payload["blocks"]), thread_ts="1")]


def _slack_terminal(message: Message) -> RenderableType:
    seen = slack_message(message)
    lines = [Text(_said(block["text"]), style="bold") for block in seen.blocks]
    drawn = [part for attachment in seen.attachments for block in attachment["blocks"] for part in _block(block)]
    panel = Panel(Group(*drawn), box=box.HEAVY, border_style=colour(message), padding=(0, 1))
    return Group(*lines, panel, *(Text(f"↳ {reply.shown}", style="dim") for reply in slack_thread(message)))


def _block(block: Json) -> Iterator[RenderableType]:
    match block["type"]:
        case "section" if "fields" in block:
            yield _facts([_said(field).strip("*") for field in block["fields"]])
        case "section":
            yield Text(_said(block["text"]))
        case "context":
            yield Text("  ".join(map(_said, block["elements"])), style="dim")
        case "actions":
            yield Text("  ").join(_button(element) for element in block["elements"])


def _facts(cells: list[str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in zip(cells[::2], cells[1::2], strict=True):
        table.add_row(Text(name, style="bold"), Text(value))
    return table


def _button(element: Json) -> Text:
    text = _said(element.get("text") or element["placeholder"])
    if element["type"] == "static_select":
        return Text(f"[ {text} ▾ ]", style="bold")
    if "url" in element:
        return Text(f"[ {text} ↗ ]", style="blue")
    return Text(f"[ {text} ]", style={"primary": "bold green", "danger": "bold red"}.get(element.get("style", ""), "bold"))


def _said(text: Json) -> str:
    return unescaped(text["text"])


def _layouts() -> Layouts:
    return Layouts(resources.root() / "templates")


def _mail_terminal(message: Message) -> RenderableType:
    return Panel(
        Text(_layouts().text(message).rstrip()), title=Text(message.subject), title_align="left", border_style=colour(message)
    )


def _mail_html(message: Message) -> Markup:
    return Markup('<iframe title="{}" srcdoc="{}"></iframe>').format(message.subject, _layouts().html(message))


def _event(message: Message) -> str:
    return msgspec.json.format(msgspec.json.encode(event(message, "preview")), indent=2).decode()


def _pagerduty_html(message: Message) -> Markup:
    return Markup("<pre>{}</pre>").format(escape(_event(message)))


DRAWINGS = {
    "slack": Drawing(_slack_terminal, lambda message: message_html(slack_message(message), slack_thread(message))),
    "email": Drawing(_mail_terminal, _mail_html),
    "pagerduty": Drawing(lambda message: Panel(Text(_event(message)), border_style=colour(message)), _pagerduty_html),
}
"""Every channel that can be previewed."""
