"""Plain text that came from outside, made fit to show: one line, bounded, without characters that hide or reorder others."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
_PLAIN = re.compile(r"[ -~]*")
_BLANKS = re.compile(r"[\t\n\x0b\x0c\r\x85\u2028\u2029 ]+")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that words and emoji need. The others (directions, zero widths, tags) can only hide or reorder text."""


def one_line(text: str, limit: int) -> str:
    """The text on one line of at most `limit` characters; a cut ends in `…`."""
    return clip(" ".join(visible(_BLANKS.sub(" ", text[: 4 * limit + 64])).split(" ")).strip(" "), limit)


def paragraph(text: str, limit: int) -> str:
    """The text with its line breaks, of at most `limit` characters; a cut ends in `…`."""
    lines = (visible(_BLANKS.sub(" ", line)).strip(" ") for line in text[: 4 * limit + 64].splitlines())
    return clip("\n".join(lines).strip("\n"), limit)


def visible(text: str) -> str:
    """The text without control, direction, zero-width, surrogate and unassigned characters."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in _DROPPED)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut ends in `…`."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + ELLIPSIS
