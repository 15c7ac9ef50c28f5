"""A mistake at a path of a definition, before the path is turned into a line and column."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from alertkit.compiler.reading.places import inside
from alertkit.errors import Level, Problem
from alertkit.model.document import Node, find, locate
from alertkit.model.rules import Source

Path = tuple[str | int, ...]
Places = Callable[[Path], Source]
"""Where a path of the definition stands in its files."""


class Finding(msgspec.Struct, frozen=True):
    """What is wrong at `path`; `on_key` when the key itself is to blame, not its value.

    `offset` is a place inside the text at the path, in characters from 0.
    """

    path: Path
    code: str
    message: str
    hint: str = ""
    on_key: bool = False
    level: Level = Level.ERROR
    offset: int | None = None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint with the nearest known word, or with the few words there are, or nothing."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(choices)}" if 0 < len(choices) <= 12 else ""


def problems_at(node: Node, findings: Iterable[Finding], tenant: str, files: Mapping[str, bytes] | None = None) -> list[Problem]:
    """Findings with their paths turned into places, each once, in order.

    With the text of the `files` that the definition was read from, a place inside an expression is exact.
    """
    problems = set()
    for finding in findings:
        place = locate(node, finding.path, key=finding.on_key)
        if finding.offset is not None and files and place.file in files:
            place = inside(find(node, finding.path), finding.offset, files[place.file].decode(errors="replace"))
        problems.add(
            Problem(place.file, place.line, place.column, finding.code, finding.message, finding.hint, tenant, finding.level)
        )
    return sorted(problems)


def places(node: Node) -> Places:
    """The lines of a definition, by path."""

    def place(path: Path) -> Source:
        found = locate(node, path)
        return Source(found.file, found.line)

    return place
