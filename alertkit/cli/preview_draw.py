"""A message as each channel would show it: in a terminal and as a piece of a page. Each channel needs only its own packages."""

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

from alertkit.channels import mail
from alertkit.channels.layouts import Layouts
from alertkit.channels.looks import colour
from alertkit.channels.slack.layout import Drawing as SlackDrawing
from alertkit.model.message import Message
from alertkit.testing.slack_message import Json, SlackMessage, unescaped


class Drawing(NamedTuple):
    """How a channel is drawn: for a terminal, and as HTML."""

    terminal: Callable[[Message], RenderableType]
    html: Callable[[Message], Markup]


def drawing(channel: str, layouts: Layouts, tenant: str) -> Drawing:
    """The drawing of a channel by a tenant's layouts."""
    match channel:
        case "slack":
            slack = _Slack(layouts, tenant)
            return Drawing(slack.terminal, slack.html)
        case "email":
            post = _Mail(layouts, tenant)
            return Drawing(post.terminal, post.html)
        case _:
            return Drawing(lambda message: Panel(Text(_event(message)), border_style=colour(message)), _event_html)


class _Slack:
    def __init__(self, layouts: Layouts, tenant: str) -> None:
        self._drawing = SlackDrawing(layouts)
        self._tenant = tenant

    def html(self, message: Message) -> Markup:
        from alertkit.testing.slack_page import message_html

        return message_html(self._message(message), self._thread(message))

    def terminal(self, message: Message) -> RenderableType:
        seen = self._message(message)
        lines = [part for block in seen.blocks for part in _block(block)]
        drawn = [part for attachment in seen.attachments for block in attachment["blocks"] for part in _block(block)]
        panel = Panel(Group(*drawn), box=box.HEAVY, border_style=colour(message), padding=(0, 1))
        return Group(*lines, panel, *(Text(f"↳ {reply.shown}", style="dim") for reply in self._thread(message)))

    def _message(self, message: Message) -> SlackMessage:
        """The message as it would stand in Slack."""
        payload = self._drawing.root(message, self._tenant, interactive=True)
        return SlackMessage("preview", "1", payload["text"], tuple(payload["blocks"]), tuple(payload["attachments"]))

    def _thread(self, message: Message) -> list[SlackMessage]:
        """What would stand in the message's thread: what has happened, unless it is new."""
        if message.state == "firing" or not message.event:
            return []
        payload = self._drawing.reply(msgspec.structs.replace(message, mentions=()), self._tenant)
        return [SlackMessage("preview", "2", payload["text"], tuple(payload["blocks"]), thread_ts="1")]


def _block(block: Json) -> Iterator[RenderableType]:
    match block["type"]:
        case "header":
            yield Text(_said(block["text"]), style="bold")
        case "section" if "fields" in block:
            yield _facts([_said(field).strip("*") for field in block["fields"]])
        case "section":
            yield Text(_said(block["text"]))
        case "context":
            yield Text("  ".join(map(_said, block["elements"])), style="dim")
        case "divider":
            yield Text("─" * 20, style="dim")
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


class _Mail:
    def __init__(self, layouts: Layouts, tenant: str) -> None:
        self._layouts = layouts
        self._tenant = tenant

    def terminal(self, message: Message) -> RenderableType:
        text = Text(mail.text(message, self._layouts, self._tenant).rstrip())
        return Panel(text, title=Text(message.subject), title_align="left", border_style=colour(message))

    def html(self, message: Message) -> Markup:
        page = mail.html(message, self._layouts, self._tenant)
        return Markup('<iframe title="{}" srcdoc="{}"></iframe>').format(message.subject, page)


def _event(message: Message) -> str:
    from alertkit.channels.pagerduty import event

    return msgspec.json.format(msgspec.json.encode(event(message, "preview")), indent=2).decode()


def _event_html(message: Message) -> Markup:
    return Markup("<pre>{}</pre>").format(escape(_event(message)))
