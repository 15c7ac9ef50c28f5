"""Slack's messages as a page: what the fake Slack holds, drawn closely enough to judge it. No scripts, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alertkit import resources
from alertkit.testing.slack_message import Json, SlackMessage, unescaped

_PAGES = Environment(
    loader=FileSystemLoader(resources.root() / "templates" / "preview"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def message_html(message: SlackMessage, thread: Iterable[SlackMessage] = (), *, clicks: bool = False) -> Markup:
    """One message and its thread as a fragment of HTML; `styles()` belongs to it.

    With `clicks` its buttons submit the form around it: the field `action` is the action id, for a menu `<id>/<choice>`.
    """
    replies = [reply.shown for reply in thread]
    fragment = _PAGES.get_template("slack.html.j2").render(
        message=message, replies=replies, shown=_shown, bold=_bold, clicks=clicks
    )
    return Markup(fragment)  # noqa: S704 -- made by a template that escapes


def styles() -> Markup:
    """The style sheet of the fragments."""
    return Markup(_PAGES.get_template("slack.css").render())  # noqa: S704 -- our own file


def page(title: str, sections: list[tuple[str, Markup]], language: str = "en") -> str:
    """A page of titled fragments."""
    return _PAGES.get_template("page.html.j2").render(title=title, sections=sections, language=language, styles=styles())


def _bold(text: Json) -> bool:
    return bool(text["type"] == "mrkdwn" and text["text"].startswith("*"))


def _shown(text: Json) -> str:
    """The words of a text object as Slack shows them."""
    said = unescaped(text["text"])
    return said.strip("*") if _bold(text) else said
