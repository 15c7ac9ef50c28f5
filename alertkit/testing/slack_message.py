"""A message as the fake Slack keeps it, and what of it people see, click and are rung by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_PINGS = re.compile(r"<!(?:here|channel|everyone)>|<!subteam\^[^>]*>|<@[^>]*>")
_BARE = re.compile(r"(?<![\w<])@(?:here|channel|everyone)\b|https?://\S+|(?<![\w<&])#[a-z0-9_-]+")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True)
class SlackMessage:
    """A message as it stands in a channel. `edits` are its earlier versions, oldest first."""

    channel: str
    ts: str
    text: str
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str = ""
    broadcast: bool = False
    edits: tuple[SlackMessage, ...] = ()

    @property
    def shown(self) -> str:
        """What people see, line by line, without markup; the top-level text only when there are no blocks."""
        texts = [unescaped(text["text"]) for text in self.texts()]
        return "\n".join(texts if self.blocks else [unescaped(self.text), *texts])

    @property
    def colour(self) -> str:
        """The colour bar, empty when there is none."""
        return next((attachment["color"] for attachment in self.attachments if "color" in attachment), "")

    @property
    def buttons(self) -> dict[str, Json]:
        """Buttons and menus by action id."""
        return {element["action_id"]: element for element in self.elements()}

    @property
    def pings(self) -> list[str]:
        """What rings somebody or turns into a link: explicit mentions, and bare ones where Slack looks for them by itself."""
        markup = [self.text, *(text["text"] for text in self.texts() if text["type"] == "mrkdwn")]
        eager = [text["text"] for text in self.texts() if text["type"] == "mrkdwn" and not text.get("verbatim")]
        return [ping for text in markup for ping in _PINGS.findall(text)] + [p for text in eager for p in _BARE.findall(text)]

    def drawn(self) -> list[Json]:
        """All blocks, those of attachments after the message's own."""
        return [*self.blocks, *(block for attachment in self.attachments for block in attachment.get("blocks") or ())]

    def elements(self) -> Iterator[Json]:
        """Buttons and menus."""
        return (element for block in self.drawn() if block["type"] == "actions" for element in block["elements"])

    def texts(self) -> Iterator[Json]:
        """Text objects, in the order in which they are shown."""
        for block in self.drawn():
            candidates = [block.get("text"), *(block.get("fields") or ()), *(block.get("elements") or ())]
            for candidate in candidates:
                if isinstance(candidate, dict):
                    yield from _text_objects(candidate)


def _text_objects(value: Json) -> Iterator[Json]:
    if value.get("type") in ("plain_text", "mrkdwn") and isinstance(value.get("text"), str):
        yield value
        return
    for name in ("text", "placeholder"):
        if isinstance(value.get(name), dict):
            yield from _text_objects(value[name])


def unescaped(text: str) -> str:
    """Text as Slack shows it: the three entities that it knows, resolved."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text
