"""Sentences with `{field}` places, as tenants and packs write them. No logic, no format language: a field is a name.

`{value}` is the expression's value, any other field the alert's label of that name; `{{` and `}}` stand for braces.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

Text = dict[str, str]
"""Locale → sentence, never empty; a sentence written without a language stands under the tenant's own."""

VALUE = "value"
_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,62})\}|[{}]", re.ASCII)


class Field(msgspec.Struct, frozen=True):
    """A place that is filled when the sentence is rendered."""

    name: str


Part = str | Field


@lru_cache(maxsize=1024)  # what the same words say is asked for each rule and each panel
def parse(text: str) -> tuple[Part, ...]:
    """Split a sentence into literal text and fields.

    Raises:
        ValueError: a brace stands alone, or a field is not a label name.
    """
    parts: list[Part] = []
    literal, end = "", 0
    for match in _TOKEN.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        token = match[0]
        if match[1]:
            parts += [literal, Field(match[1])] if literal else [Field(match[1])]
            literal = ""
        elif len(token) == 2:
            literal += token[0]
        else:
            raise ValueError(
                f"a lone {token!r} at character {match.start() + 1}; write {{name}} for a field or {token * 2} for a brace"
            )
    literal += text[end:]
    return (*parts, literal) if literal else tuple(parts)


def fields(text: str) -> frozenset[str]:
    """Names of the fields in a sentence.

    Raises:
        ValueError: as `parse`.
    """
    return frozenset(part.name for part in parse(text) if isinstance(part, Field))
