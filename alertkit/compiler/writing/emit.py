"""Plain data to YAML text for the few shapes that we write: mappings, lists, text, whole numbers and truth values.

The text means the same to YAML 1.1 readers (PyYAML, Go's yaml.v2) and YAML 1.2 readers (ruamel, editors): text that either
would read as something else is quoted, several lines become a literal block, and characters that cannot be seen are escapes.
Keys stand in insertion order; the same data give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from alertkit.model.text import UNSEEN

_LONGEST_KEY: Final = 1_000
"""Parsers look for a key's colon within 1,024 characters; a longer key is marked as one by `?`."""

_UNSAFE_STARTS = frozenset("-?:,[]{}#&*!|>'\"%@` \t")
_NUMBER_STARTS = frozenset("+.0123456789")
_WORDS = frozenset(
    spelled
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
    for spelled in (word, word.title(), word.upper())
) | {"", "~", "=", "<<"}
_NUMBER = re.compile(
    r"""[-+]?(?:
        0[xX][0-9a-fA-F_]* | 0[oO][0-7_]* | 0[bB][01_]*
      | [0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?              # base 60: 1:30
      | \.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?
      | [0-9_]+                                             # ruamel takes +_ for a number, and fails
      | \.?(?:inf|nan|infinity)
    ) | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?          # a date, or a date and time
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_ESCAPED = re.compile(rf'[{UNSEEN}\t\n\r"\\]')
_NOT_IN_LITERAL = re.compile(rf"[{UNSEEN}\r]|(?:^|\n)[ \t]+(?:\n|$)")
_NOT_ON_ONE_LINE = re.compile(rf"[{UNSEEN}\t\n\r]")
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def emit(data: Mapping[str, Any], *, header: str = "") -> str:
    """The data as YAML text; `header` is text that stands before it, comments as a rule.

    Raises:
        TypeError: there is a value that is no mapping with text keys, list, tuple, text, whole number or truth value.
        ValueError: a text holds half of a surrogate pair, which is no character.
    """
    out: list[str] = [header]
    if data:
        _mapping(data, "", "", out)
    else:
        out.append("{}\n")
    return "".join(out)


def _mapping(data: Mapping[str, Any], lead: str, pad: str, out: list[str]) -> None:
    """The lines of a mapping: `lead` stands before the first key, `pad` before the others."""
    for key, value in data.items():
        text = _line(key)
        head = f"{lead}{text}:" if len(text) <= _LONGEST_KEY else f"{lead}? {text}\n{pad}:"
        lead = pad
        if type(value) is str:
            out.append(f"{head} {_text(value, pad)}\n")
        elif isinstance(value, Mapping) and value:
            out.append(f"{head}\n")
            _mapping(value, pad + "  ", pad + "  ", out)
        elif isinstance(value, (list, tuple)) and value:
            out.append(f"{head}\n")
            _list(value, pad + "  ", pad + "  ", out)
        else:
            out.append(f"{head} {_small(value, pad)}\n")


def _list(data: Iterable[Any], lead: str, pad: str, out: list[str]) -> None:
    """The lines of a list, with `lead` and `pad` as in a mapping."""
    for value in data:
        if isinstance(value, Mapping) and value:
            _mapping(value, f"{lead}- ", pad + "  ", out)
        elif isinstance(value, (list, tuple)) and value:
            _list(value, f"{lead}- ", pad + "  ", out)
        else:
            out.append(f"{lead}- {_small(value, pad)}\n")
        lead = pad


def _small(value: Any, pad: str) -> str:
    """What stands behind a key or a dash: anything but a mapping or a list with something in it."""
    if isinstance(value, str):
        return _text(value, pad)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    raise TypeError(f"{type(value).__name__} is nothing that is written as YAML here")


def _text(text: str, pad: str) -> str:
    return _literal(text, pad) if "\n" in text and not _NOT_IN_LITERAL.search(text) and text.strip("\n") else _line(text)


def _literal(text: str, pad: str) -> str:
    """A literal block. The indentation is written when the text begins with space, the chomping when it is not one line end."""
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    header = ("2" if text[0] in " \t\n" else "") + ("-" if ends == 0 else "" if ends == 1 else "+")
    lines = [f"{pad}  {line}" if line else "" for line in body.split("\n")]
    return "\n".join([f"|{header}", *lines, *[""] * (ends - 1)])


def _line(text: str) -> str:
    """The text on one line: bare where every reader takes it as it stands, in quotes otherwise."""
    if _is_bare(text):
        return text
    if _NOT_ON_ONE_LINE.search(text) or not ('"' in text or "\\" in text):
        return '"' + _ESCAPED.sub(_escape, text) + '"'
    return "'" + text.replace("'", "''") + "'"


def _is_bare(text: str) -> bool:
    if text in _WORDS or text[0] in _UNSAFE_STARTS or text[-1] in " :" or ": " in text or " #" in text:
        return False
    if text[0] in _NUMBER_STARTS and (_NUMBER.fullmatch(text) or text.startswith("...")):
        return False
    return text.isprintable() or not _NOT_ON_ONE_LINE.search(text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"U+{code:04X} is half of a surrogate pair, not a character")
    return _ESCAPES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")
