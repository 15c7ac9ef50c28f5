"""Plain text that came from outside, made fit to show: one line, bounded, without characters that hide or reorder others."""

from __future__ import annotations

import re
from typing import Final

ELLIPSIS = "…"
UNSEEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff"
"""Inside a character class: what no file of definitions may hold, and no file of ours shows bare. C0 but tab and line ends, C1,
line separators, bidirectional controls, lone surrogates, byte order mark."""
_BLANKS = re.compile(r"[\t\n\x0b\x0c\r\x85\u2028\u2029 ]+")
_UNSHOWN: Final = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u3164\ufeff\uffa0"  # seen as nothing
    "\u200e\u200f\u202a-\u202e\u2066-\u206f"  # directions
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff"  # surrogates, private use, no characters
    "\U000e0000-\U0010ffff"  # tags and private use
)
"""A character class of what can only hide or reorder text. Joiners and variation selectors stay: words and emoji need them."""
_HIDDEN = re.compile(f"[{_UNSHOWN}]")
# One class and no alternatives: what a search is fast at.
_UNTIDY = re.compile(f"[{_UNSHOWN}\t\n\x0b\x0c\r\x85\u2028\u2029]")


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters; a cut ends in `…`."""
    # Most text is short, plain and ASCII, and to see that costs a fraction of a search.
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    return clip(_tidy(text[: 4 * limit + 64]), limit)


def paragraph(text: str, limit: int) -> str:
    """The text with its line breaks, of at most `limit` characters; a cut ends in `…`."""
    if "\n" not in text:
        return one_line(text, limit)
    lines = [one_line(line, len(line)) for line in text[: 4 * limit + 64].split("\n")]
    return clip("\n".join(lines).strip("\n"), limit)


def _tidy(line: str) -> str:
    if "  " not in line and not _UNTIDY.search(line):
        return line.strip(" ")
    return _BLANKS.sub(" ", visible(_BLANKS.sub(" ", line))).strip(" ")


def visible(text: str) -> str:
    """The text without control, direction, zero-width, surrogate and private characters."""
    return _HIDDEN.sub("", text)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut ends in `…`."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + ELLIPSIS


def quoted(text: str) -> str:
    """Foreign text for a message: quoted, bounded, with nothing in it that a terminal would obey."""
    return repr(text if len(text) <= 60 else text[:59] + ELLIPSIS)
