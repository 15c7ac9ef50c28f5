"""YAML events to nodes, whichever parser the events come from. Refuses what no definition needs, and everything hostile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

import _ruamel_yaml as libyaml
from ruamel.yaml import events

from alertkit.errors import Problem, ProblemsFound
from alertkit.model.document import Node
from alertkit.model.text import UNSEEN, quoted

MAX_DEPTH: Final = 32
"""Deepest nesting of mappings and lists."""
MAX_PROBLEMS: Final = 100
"""Reading a file stops after this many problems."""
MAX_INTEGER: Final = 1 << 53
"""Beyond it JSON readers round."""
TWICE: Final = "AK115"
"""The problem of a key that is repeated in its mapping; the first one is kept."""
MAX_DIGITS: Final = 100
"""Longest text of a number; no number that means something needs a third of it."""

FORBIDDEN: Final = re.compile(rf"[{UNSEEN}\r](?<!\r(?=\n))")  # begins with a class, which searches at twice the speed
_FORBIDDEN_VALUE = re.compile(rf"[{UNSEEN}\r]")
_FORBIDDEN_KEY = re.compile(rf"[{UNSEEN}\r\n\t]")

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUMBER_STARTS = frozenset("-0123456789")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

_SCALAR, _MAPPING, _LIST, _ALIAS, _END, _OTHER = range(6)
_KINDS: Final[dict[type, int]] = {
    getattr(source, name): kind
    for source in (libyaml, events)
    for name, kind in (
        ("ScalarEvent", _SCALAR),
        ("MappingStartEvent", _MAPPING),
        ("SequenceStartEvent", _LIST),
        ("AliasEvent", _ALIAS),
        ("MappingEndEvent", _END),
        ("SequenceEndEvent", _END),
        ("StreamStartEvent", _OTHER),
        ("StreamEndEvent", _OTHER),
        ("DocumentStartEvent", _OTHER),
        ("DocumentEndEvent", _OTHER),
    )
}


class Builder:
    """Builds the one document of a stream; collects problems and goes on as long as what follows is still known.

    `next_event` gives a parser's events and finally None. More than `max_events` of them are refused. `meant` says which
    characters of the events' texts stand for others.
    """

    def __init__(self, next_event: Callable[[], Any], file: str, max_events: int, meant: dict[int, str] | None = None) -> None:
        self.problems: list[Problem] = []
        self._read = next_event
        self._file = file
        self._meant = meant
        self._max = max_events
        self._left = max_events

    def document(self) -> Node | None:
        """The document, or None when the stream holds none. What is wrong is in `problems`.

        Raises:
            ProblemsFound: reading had to stop.
        """
        self._next()  # the stream's start
        start = self._next()
        if not hasattr(start, "version"):
            return None
        if start.version or start.tags:
            self._problem(start, "AK110", "directives are not allowed", "remove the lines that begin with %")
        event = self._next()
        node = self._node(event, 1, None)
        self._next()  # the document's end
        following = self._next()
        if hasattr(following, "version"):
            self._problem(following, "AK111", "a second document begins here", "put it into a file of its own")
        return node

    def _text(self, written: str) -> str:
        return written.translate(self._meant) if self._meant else written

    def _next(self) -> Any:
        self._left -= 1
        event = self._read()
        if self._left < 0 and event is not None:
            limit = f"the file has more than {self._max:,} keys, values and brackets"
            self._stop(event, "AK113", limit, "split it into a folder with one file for each section")
        return event

    def _node(self, event: Any, depth: int, key: Any) -> Node:
        value = self._value(event, depth)
        mark = event.start_mark
        if key is None:
            return Node(value, self._file, mark.line + 1, mark.column + 1)
        if value is None and getattr(event, "value", None) == "":
            mark = key  # nothing is written; parsers disagree on where that is
        return Node(value, self._file, mark.line + 1, mark.column + 1, key.line + 1, key.column + 1)

    def _value(self, event: Any, depth: int) -> dict[str, Node] | list[Node] | str | int | float | bool | None:
        kind = _KINDS[type(event)]
        if event.anchor is not None:
            self._anchor(event, kind)
        if kind == _ALIAS:
            return None
        if event.tag is not None:
            hint = "quote text that begins with !, remove the tag otherwise"
            self._problem(event, "AK109", f"the tag {quoted(self._text(event.tag))} is not allowed", hint)
        if kind == _SCALAR:
            return self._scalar(event)
        if depth > MAX_DEPTH:
            self._stop(event, "AK112", f"values are nested deeper than {MAX_DEPTH} levels", "is a bracket missing?")
        return self._mapping(depth) if kind == _MAPPING else self._list(depth)

    def _list(self, depth: int) -> list[Node]:
        items = []
        while _KINDS[type(event := self._next())] != _END:
            items.append(self._node(event, depth + 1, None))
        return items

    def _mapping(self, depth: int) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while _KINDS[type(event := self._next())] != _END:
            key = self._key(event, depth)
            node = self._node(self._next(), depth + 1, event.start_mark)
            if key in items:
                first = f"the first is in line {items[key].key_line}"
                self._problem(event, TWICE, f"the key {quoted(key)} stands twice in this mapping; {first}", "remove one")
            elif key is not None:
                items[key] = node
        return items

    def _key(self, event: Any, depth: int) -> str | None:
        """The key's text; None when it is not one, which has been noted."""
        if _KINDS[type(event)] == _SCALAR and event.tag is None and event.anchor is None:
            text = self._text(event.value)
            self._refuse_unseen(event, _FORBIDDEN_KEY, "key")
            if event.style or (text not in _WORDS and text != "<<" and not _NUMBER.fullmatch(text)):
                return text
            self._refuse_plain_key(event, text)
            return None
        before = len(self.problems)
        self._value(event, depth + 1)
        if len(self.problems) == before:
            self._problem(event, "AK114", "a list or a mapping is no key", "quote it if { } or [ ] is meant as text")
        return None

    def _refuse_plain_key(self, event: Any, text: str) -> None:
        if text == "<<":
            self._problem(event, "AK108", "merge keys are not allowed", "write the merged keys out here")
        elif text:
            self._problem(event, "AK114", f"the key {quoted(text)} is not text", f'write "{text[:60]}":')
        else:
            self._problem(event, "AK114", "the key is missing", "write one before the colon")

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text = self._text(event.value)
        if event.style:
            self._refuse_unseen(event, _FORBIDDEN_VALUE, "value")
            return text
        if text in _WORDS:
            return _WORDS[text]
        return self._number(event, text) if text[0] in _NUMBER_STARTS else text

    def _number(self, event: Any, text: str) -> str | int | float:
        match = _NUMBER.fullmatch(text)
        if match is None:
            return text
        if len(text) <= MAX_DIGITS:
            number = int(text) if match.end(1) == match.end(2) == -1 else float(text)
            if abs(number) <= MAX_INTEGER if isinstance(number, int) else _is_kept(number, text):
                return number
        self._problem(event, "AK116", f"the number {quoted(text)} cannot be held exactly", "quote it if it is an identifier")
        return 0

    def _refuse_unseen(self, event: Any, forbidden: re.Pattern[str], what: str) -> None:
        match = forbidden.search(event.value)
        if match is not None:
            self._problem(event, "AK106", f"the {what} holds {describe(match[0])}", "remove it")

    def _anchor(self, event: Any, kind: int) -> None:
        name = self._text(event.anchor)
        what = f"the alias {quoted('*' + name)}" if kind == _ALIAS else f"the anchor {quoted('&' + name)}"
        hint = "write the value out where it is used; text that begins with & or * needs quotes"
        self._problem(event, "AK107", f"{what} is not allowed", hint)

    def _problem(self, event: Any, code: str, message: str, hint: str) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self._file, mark.line + 1, mark.column + 1, code, message, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            self._stop(event, "AK119", f"reading stops after {MAX_PROBLEMS} problems", "mend these first")

    def _stop(self, event: Any, code: str, message: str, hint: str) -> NoReturn:
        mark = event.start_mark
        raise ProblemsFound([*self.problems, Problem(self._file, mark.line + 1, mark.column + 1, code, message, hint)])


def describe(character: str) -> str:
    """A character that cannot be shown, in words."""
    return _NAMES.get(character) or f"the invisible character U+{ord(character):04X}"


_NAMES = {"\n": "a line break", "\t": "a tab", "\r": "a carriage return", "\ufeff": "a byte order mark (U+FEFF)"}


def _is_kept(number: float, text: str) -> bool:
    """True unless the float has become infinite, or zero although a digit is not."""
    return number not in (float("inf"), float("-inf")) and (number != 0 or not re.search("[1-9]", re.split("[eE]", text)[0]))
