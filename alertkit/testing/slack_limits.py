"""Slack's limits on a message, as far as they are documented or were met: what the fake Slack refuses, as Slack does.

Sources: docs.slack.dev (blocks, composition objects, chat.postMessage, chat.update) and the doc comments of Slack's own
`@slack/types`; the limit on all blocks together is undocumented (slackapi/bolt-js issue 2509).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

BLOCKS = 50
ATTACHMENTS = 100
ALL_BLOCKS = 13_200
UPDATE_TEXT = 4_000
POST_TEXT = 40_000
LEGACY_FIELDS = frozenset(
    {"text", "title", "title_link", "pretext", "fields", "author_name", "footer", "image_url", "thumb_url", "ts"}
)


def refusal(payload: Json, *, update: bool) -> tuple[str, list[str]]:
    """Slack's name for what is wrong with a message and the details it gives; an empty name when nothing is."""
    text, blocks, attachments = payload.get("text") or "", payload.get("blocks") or [], payload.get("attachments") or []
    if not (text or blocks or attachments):
        return "no_text", []
    if update and len(text) > UPDATE_TEXT:
        return "msg_too_long", []
    if len(attachments) > ATTACHMENTS:
        return "too_many_attachments", []
    if found := list(_blocks(blocks, "/blocks")):
        return "invalid_blocks", found
    if found := [problem for place, attachment in enumerate(attachments) for problem in _attachment(attachment, place)]:
        return "invalid_attachments", found
    return ("msg_blocks_too_long", []) if _size(blocks, attachments) > ALL_BLOCKS else ("", [])


def _size(blocks: list[Json], attachments: list[Json]) -> int:
    drawn = [*blocks, *(block for attachment in attachments for block in attachment.get("blocks") or [])]
    return len(json.dumps(drawn, ensure_ascii=False)) if drawn else 0


def _attachment(attachment: Json, place: int) -> Iterator[str]:
    where = f"/attachments/{place}"
    if "blocks" in attachment and LEGACY_FIELDS & attachment.keys():
        yield f"{where}: blocks and legacy fields together"
    yield from _blocks(attachment.get("blocks") or [], f"{where}/blocks")


def _blocks(blocks: list[Json], where: str) -> Iterator[str]:
    if len(blocks) > BLOCKS:
        yield f"{where}: more than {BLOCKS} items"
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(ids) != len(set(ids)):
        yield f"{where}: block_id is not unique"
    for place, block in enumerate(blocks):
        kind = block.get("type") if isinstance(block, dict) else None
        rule = _BLOCKS.get(str(kind))
        if rule is None:
            yield f"{where}/{place}: unsupported type: {kind}"
        else:
            yield from rule(block, f"{where}/{place}")


def _header(block: Json, where: str) -> Iterator[str]:
    yield from _text(block.get("text"), f"{where}/text", 150, plain=True)


def _section(block: Json, where: str) -> Iterator[str]:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        yield f"{where}: text or fields is needed"
    if block.get("text") is not None:
        yield from _text(block["text"], f"{where}/text", 3000)
    if fields is not None and not 1 <= len(fields) <= 10:
        yield f"{where}/fields: 1 to 10 items"
    for place, field in enumerate(fields or []):
        yield from _text(field, f"{where}/fields/{place}", 2000)


def _context(block: Json, where: str) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 10:
        yield f"{where}/elements: 1 to 10 items"
    for place, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _text(element, f"{where}/elements/{place}", 3000)


def _actions(block: Json, where: str) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= 25:
        yield f"{where}/elements: 1 to 25 items"
    ids = [element.get("action_id") for element in elements if "action_id" in element]
    if len(ids) != len(set(ids)):
        yield f"{where}: action_id is not unique"
    for place, element in enumerate(elements):
        rule = {"button": _button, "static_select": _select}.get(element.get("type"))
        if rule is None:
            yield f"{where}/elements/{place}: unsupported type: {element.get('type')}"
        else:
            yield from rule(element, f"{where}/elements/{place}")


def _button(element: Json, where: str) -> Iterator[str]:
    yield from _text(element.get("text"), f"{where}/text", 75, plain=True)
    yield from _lengths(element, where, {"action_id": 255, "value": 2000, "url": 3000})
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{where}/style: primary or danger"
    yield from _confirm(element, where)


def _select(element: Json, where: str) -> Iterator[str]:
    yield from _text(element.get("placeholder"), f"{where}/placeholder", 150, plain=True)
    yield from _lengths(element, where, {"action_id": 255})
    options = element.get("options") or []
    if not 1 <= len(options) <= 100:
        yield f"{where}/options: 1 to 100 items"
    for place, option in enumerate(options):
        yield from _text(option.get("text"), f"{where}/options/{place}/text", 75, plain=True)
        yield from _lengths(option, f"{where}/options/{place}", {"value": 150})
    yield from _confirm(element, where)


def _confirm(element: Json, where: str) -> Iterator[str]:
    confirm = element.get("confirm")
    for name, limit in {"title": 100, "text": 300, "confirm": 30, "deny": 30}.items() if confirm else ():
        yield from _text((confirm or {}).get(name), f"{where}/confirm/{name}", limit)


def _rich_text(block: Json, where: str) -> Iterator[str]:
    if not block.get("elements"):
        yield f"{where}/elements: 1 or more items"


def _markdown(block: Json, where: str) -> Iterator[str]:
    yield from _lengths(block, where, {"text": 12_000})


def _anything(_block: Json, _where: str) -> Iterator[str]:
    return iter(())


def _text(text: Any, where: str, limit: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"{where}: must be a {'plain_text' if plain else 'text'} object"
        return
    if (text["type"] == "plain_text" and "verbatim" in text) or (text["type"] == "mrkdwn" and "emoji" in text):
        yield f"{where}: a property of the other kind of text"
    if not isinstance(text.get("text"), str) or not 1 <= len(text["text"]) <= limit:
        yield f"{where}/text: 1 to {limit} characters"


def _lengths(element: Json, where: str, limits: dict[str, int]) -> Iterator[str]:
    for name, limit in limits.items():
        if name in element and not 1 <= len(element[name]) <= limit:
            yield f"{where}/{name}: 1 to {limit} characters"


_BLOCKS: dict[str, Callable[[Json, str], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": _anything,
    "image": _anything,
    "rich_text": _rich_text,
    "markdown": _markdown,
}
