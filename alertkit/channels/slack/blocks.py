"""Parts of a message as Slack's blocks; which of them stand where is the layout's (`layout`).

Text of an alert or a tenant is only ever a `plain_text` object with emoji off and `&<>` escaped: it can neither mention, link,
nor format. `mrkdwn` holds alertkit's own words and mentions from configuration, escaped and `verbatim`. Text is cut until it fits
Slack's limits as escaped; what was dropped is counted. Kinds and order of blocks do not change over an incident's life.

What says the same in every message is one dict in all of them: nobody changes a block once it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from alertkit.model.message import Action, ActionKind, Confirm, Entry, Fact, Link, Message
from alertkit.model.text import ELLIPSIS, one_line, paragraph

Block = dict[str, Any]

TEXT = 3_900
"""Of the top-level text; `chat.update` refuses more than 4,000."""
HEADER = 150
SECTION = 2_800
DESCRIPTION = 1_500
FIELD = 300
CONTEXT = 300
BUTTON = 75
URLS = 2_500
"""Of all links together. With these limits the blocks stay below 12,000 characters of JSON: Slack refuses about 13,000 although
every part keeps to its own limit (bolt-js issue 2509)."""
CHOICE = 150
FACTS = 10
"""Five to a section: a fact takes two of its ten fields."""

ACTION_PREFIX = "alertkit:"
LINK_PREFIX = "alertkit:link:"

_SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}
_STATE_SIGNS = {"acknowledged": "👀", "snoozed": "💤", "suppressed": "🔇", "resolved": "✅"}
_MENTION = re.compile(r"(?:([UW])|(S))[A-Z0-9]{2,20}", re.ASCII)
_ROOM_MENTIONS = ("here", "channel", "everyone")
_STYLES = {"acknowledge": "primary", "resolve": None, "snooze": None, "escalate": "danger"}


def text(message: Message) -> str:
    """The whole message in words: what notifications show and screen readers read."""
    lines = [message.summary, *map(str, message.facts), message.origin]
    return escape("\n".join(line for line in lines if line), TEXT)


def news(message: Message) -> str:
    """What has just changed, in words."""
    return escape(message.event or message.summary, TEXT)


def escape(value: str, limit: int) -> str:
    """The text for Slack, at most `limit` characters long once its `&<>` are escaped; a cut ends in `…`."""
    clean = paragraph(value, limit)
    escaped = _entities(clean)
    if len(escaped) <= limit:
        return escaped
    kept, room = [], limit - len(ELLIPSIS)
    for character in map(_entities, clean):
        room -= len(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS


def _entities(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(value: str, limit: int) -> Block:
    """A text object that Slack shows as it is."""
    return {"type": "plain_text", "text": escape(value, limit) or ELLIPSIS, "emoji": False}


def sign(message: Message) -> str:
    """What is seen before anything is read."""
    return _STATE_SIGNS.get(message.state) or _SIGNS.get(message.severity, "⚠️")


@lru_cache(maxsize=2048)
def _label(value: str, limit: int) -> Block:
    """One of the catalogs' words: buttons say the same in every message."""
    return plain(value, limit)


def header(value: str) -> Block:
    """A headline."""
    return {"type": "header", "text": plain(value, HEADER)}


def mentions(addresses: Iterable[str]) -> list[Block]:
    """Whoever shall be rung, when there is anybody."""
    found = [mention for address in addresses if (mention := _mention(address))][:50]
    return [{"type": "section", "text": own_markup(" ".join(dict.fromkeys(found)))}] if found else []


def _mention(address: str) -> str:
    """An address from configuration as a mention; empty when it is a room or nothing that Slack could ring."""
    if address in _ROOM_MENTIONS:
        return f"<!{address}>"
    match = _MENTION.fullmatch(address)
    if match is None:
        return ""
    return f"<@{address}>" if match[1] else f"<!subteam^{address}>"


def own_markup(markup: str) -> Block:
    """Our own words, or an administrator's, as mrkdwn: Slack looks for no names and addresses in it."""
    return {"type": "mrkdwn", "text": markup, "verbatim": True}


def section(value: str, limit: int) -> Block:
    """A paragraph of plain text."""
    return {"type": "section", "text": plain(value, limit)}


def alerts(message: Message) -> Block:
    """The alerts' sentences; the summary when there are none."""
    return section(_told(message.entries) or message.summary, SECTION)


def description(message: Message) -> list[Block]:
    """What the only alert has to say beyond its sentence."""
    return [section(entry.description, DESCRIPTION) for entry in message.entries[:1] if entry.description]


def facts(message: Message) -> list[Block]:
    """Names in bold beside their values: in two columns on a desk, one under the other on a phone."""
    shown = message.facts[:FACTS]
    return [{"type": "section", "fields": _fields(shown[place : place + 5])} for place in range(0, len(shown), 5)]


def context(lines: Sequence[str]) -> list[Block]:
    """Small print."""
    return [{"type": "context", "elements": [plain(line, CONTEXT) for line in lines]}] if lines else []


def actions(message: Message) -> list[Block]:
    """Buttons that act, one of a kind."""
    drawn = {action.kind: _button(action) for action in message.actions if len(action.value) < CHOICE - 12}
    return [{"type": "actions", "elements": list(drawn.values())}] if drawn else []


def links(message: Message) -> list[Block]:
    """Buttons that lead out."""
    drawn = [_link(link) for link in _affordable(message.links)]
    return [{"type": "actions", "elements": drawn}] if drawn else []


def _told(entries: Sequence[Entry]) -> str:
    """The alerts, one line each when there are several. What does not fit is counted as `+N`."""
    if len(entries) == 1:
        return _line(entries[0])
    lines: list[str] = []
    room = SECTION - 12
    for place, entry in enumerate(entries):
        line = f"{'✓' if entry.resolved else '•'} {_line(entry)}"
        room -= len(_entities(line)) + 1
        if room < 0:
            return "\n".join([*lines, f"{ELLIPSIS} +{len(entries) - place}"])
        lines.append(line)
    return "\n".join(lines)


def _line(entry: Entry) -> str:
    return " · ".join([part for part in (one_line(entry.sentence, SECTION), entry.value, entry.detail) if part])


def _fields(facts: Sequence[Fact]) -> list[Block]:
    shown: list[Block] = []
    for fact in facts:
        shown += [_name(fact.name), plain(fact.value, FIELD)]
    return shown


@lru_cache(maxsize=2048)
def _name(name: str) -> Block:
    return own_markup(f"*{escape(name, 60) or ELLIPSIS}*")


def _button(action: Action) -> Block:
    if action.choices:
        return _menu(action)
    return {**_words_of_button(action.kind, action.text, action.confirm), "value": action.value}


@lru_cache(maxsize=1024)
def _words_of_button(kind: ActionKind, text: str, confirm: Confirm | None) -> Block:
    button: Block = {"type": "button", "action_id": f"{ACTION_PREFIX}{kind}", "text": _label(text, BUTTON)}
    if style := _STYLES[kind]:
        button["style"] = style
    return button | ({"confirm": _confirm(confirm)} if confirm else {})


def _menu(action: Action) -> Block:
    options = [{"text": _label(c.text, BUTTON), "value": f"{c.seconds}:{action.value}"} for c in action.choices[:10]]
    return {
        "type": "static_select",
        "action_id": f"{ACTION_PREFIX}{action.kind}",
        "placeholder": _label(action.text, BUTTON),
        "options": options,
    }


def _confirm(confirm: Confirm) -> Block:
    return {
        "title": _label(confirm.title, 100),
        "text": _label(confirm.text, 300),
        "confirm": _label(confirm.yes, 30),
        "deny": _label(confirm.no, 30),
    }


def _affordable(links: Iterable[Link]) -> Iterator[Link]:
    """One link of a kind (ids of buttons are unique), while addresses fit; a long one is left out, never cut."""
    room = URLS
    drawn: set[str] = set()
    for link in links:
        if len(link.url) <= room and link.kind not in drawn:
            room -= len(link.url)
            drawn.add(link.kind)
            yield link


def _link(link: Link) -> Block:
    return {"type": "button", "action_id": f"{LINK_PREFIX}{link.kind}", "text": _label(link.text, BUTTON), "url": link.url}
