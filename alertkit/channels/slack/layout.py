"""How a message stands in Slack: a layout in YAML whose structure is its own and whose texts are templates.

    blocks:
      - header: "{{ sign }} {{ message.headline }}"
      - mentions
    attachment:
      - alerts
      - text: "{{ message.badge }}"
      - context: ["{{ message.more }}", "{{ message.origin }}"]

What a template says becomes a `plain_text` object, so nothing that an alert holds can mention, link or format. `markup` is the
administrator's own mrkdwn and no template. An element that has nothing to say is left out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from alertkit.channels.layouts import Layouts
from alertkit.channels.looks import colour
from alertkit.channels.slack import blocks
from alertkit.channels.slack.blocks import Block
from alertkit.channels.templates import LayoutError, Templates, render
from alertkit.model.message import Message

INCIDENT: Final = "slack/incident.yaml"
EVENT: Final = "slack/event.yaml"

_ELEMENTS: Final = 20
"""In each of the two lists; every one draws two blocks at most, Slack takes fifty."""
_TEXTS: Final = 10
_JSON: Final = 12_500
"""Characters of all blocks together; Slack refuses about 13,000."""

Element = Callable[[Message, bool], list[Block]]
"""Blocks of a message, with buttons that act or without."""
Drawn = dict[str, Any]
"""What is sent: `text`, `blocks` and, of an incident, `attachments`."""


class Layout(msgspec.Struct, frozen=True):
    """What stands above the coloured bar, and what beside it."""

    blocks: tuple[Element, ...] = ()
    attachment: tuple[Element, ...] = ()


class Drawing:
    """Draws messages by the layouts of their tenant."""

    def __init__(self, layouts: Layouts) -> None:
        self.layouts = layouts

    def root(self, message: Message, tenant: str = "", *, interactive: bool) -> Drawn:
        """The incident's message. Without `interactive` it has links but no buttons that act."""

        def draw(layout: Layout) -> Drawn:
            return _drawn(layout, message, blocks.text(message), interactive=interactive)

        return self.layouts.drawn(tenant, INCIDENT, read, draw, _check)

    def reply(self, message: Message, tenant: str = "") -> Drawn:
        """What has just changed, for the incident's thread."""
        text = blocks.news(message)

        def draw(layout: Layout) -> Drawn:
            drawn = _drawn(layout, message, text, interactive=False)
            return drawn if drawn["attachments"] else {"text": text, "blocks": drawn["blocks"]}

        return self.layouts.drawn(tenant, EVENT, read, draw, _check)


def _drawn(layout: Layout, message: Message, text: str, *, interactive: bool) -> Drawn:
    above, beside = (
        [b for element in part for b in element(message, interactive)] for part in (layout.blocks, layout.attachment)
    )
    # An empty list is said aloud: an update without the word would keep what was there.
    bar = [{"color": colour(message), "blocks": beside}] if beside else []
    return {"text": text, "blocks": above, "attachments": bar}


def _check(drawn: Drawn) -> None:
    size = len(msgspec.json.encode([drawn["blocks"], drawn.get("attachments")]).decode())
    if size > _JSON:
        raise LayoutError(f"it draws {size} characters of JSON, Slack takes {_JSON}")


def read(text: str) -> Layout:
    """A layout.

    Raises:
        LayoutError: it is none; the message says where.
    """
    try:
        found = YAML(typ="safe").load(io.StringIO(text))
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise LayoutError(f"{place}{getattr(error, 'problem', None) or 'no YAML'}") from error
    if not isinstance(found, dict) or not found or found.keys() - {"blocks", "attachment"}:
        raise LayoutError("a layout has blocks, attachment, or both, and nothing else")
    return Layout(*(_elements(found.get(part), part) for part in ("blocks", "attachment")))


def _elements(found: object, part: str) -> tuple[Element, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or not 1 <= len(found) <= _ELEMENTS:
        raise LayoutError(f"{part}: a list of 1 to {_ELEMENTS} elements")
    return tuple(_element(one, f"{part}[{place}]") for place, one in enumerate(found))


def _element(found: object, where: str) -> Element:
    if isinstance(found, str) and found in _FIXED:
        return _FIXED[found]
    if isinstance(found, dict) and len(found) == 1:
        [(kind, value)] = found.items()
        if kind in _TEXTUAL:
            try:
                return _TEXTUAL[kind](value)
            except LayoutError as error:
                raise LayoutError(f"{where}: {kind}: {error}") from error
    raise LayoutError(f"{where}: expected one of {', '.join([*_FIXED, *(f'{kind}: …' for kind in _TEXTUAL)])}")


_TEMPLATES = Templates(("message", "sign"))
_SAID: Final = 64 * 1024
"""Characters of a text before it is cut to what its block takes."""


def _say(source: object) -> Callable[[Message], str]:
    if not isinstance(source, str):
        raise LayoutError("expected a text")
    template = _TEMPLATES.read(source)
    return lambda message: render(template, _SAID, message=message, sign=blocks.sign(message)).strip()


def _header(source: object) -> Element:
    say = _say(source)
    return lambda message, _: [blocks.header(said)] if (said := say(message)) else []


def _section(source: object) -> Element:
    say = _say(source)
    return lambda message, _: [blocks.section(said, blocks.SECTION)] if (said := say(message)) else []


def _context(source: object) -> Element:
    sources = source if isinstance(source, list) else [source]
    if not 1 <= len(sources) <= _TEXTS:
        raise LayoutError(f"1 to {_TEXTS} texts")
    says = [_say(one) for one in sources]
    return lambda message, _: blocks.context([said for say in says if (said := say(message))])


def _markup(source: object) -> Element:
    if not isinstance(source, str) or not 1 <= len(source) <= blocks.SECTION:
        raise LayoutError(f"expected a text of 1 to {blocks.SECTION} characters")
    if "{{" in source or "{%" in source:
        raise LayoutError("markup is no template: what an alert says must not be read as markup")
    return lambda _, __: [{"type": "section", "text": blocks.own_markup(source)}]


_FIXED: Mapping[str, Element] = {
    "mentions": lambda message, _: blocks.mentions(message.mentions),
    "alerts": lambda message, _: [blocks.alerts(message)],
    "description": lambda message, _: blocks.description(message),
    "facts": lambda message, _: blocks.facts(message),
    "actions": lambda message, interactive: blocks.actions(message) if interactive else [],
    "links": lambda message, _: blocks.links(message),
    "divider": lambda _, __: [{"type": "divider"}],
}
_TEXTUAL: Mapping[str, Callable[[object], Element]] = {
    "header": _header,
    "text": _section,
    "context": _context,
    "markup": _markup,
}
