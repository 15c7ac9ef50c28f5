"""A character inside a text, as line and column of the file that the text was written in."""

from __future__ import annotations

from alertkit.model.document import Node, Place


def inside(node: Node, offset: int, source: str) -> Place:
    """Where the character `offset` (from 0) of the node's text stands in `source`, the file that the node was read from.

    Found in text on one line, bare or quoted, and in literal blocks; in any other form (folded, with escapes before the
    character) it is the place of the value.
    """
    lines = source.removeprefix("\ufeff").split("\n")
    text, first = node.value, lines[node.line - 1] if node.line <= len(lines) else ""
    if not isinstance(text, str):
        return node.place
    opening = first[node.column - 1 : node.column]
    if opening == "|":
        return _in_literal(node, text, offset, lines)
    column = node.column + (opening in ("'", '"'))
    written = first[column - 1 :]
    if "\n" not in text[:offset] and written.startswith(text[:offset]):
        return Place(node.file, node.line, column + offset)
    return node.place


def _in_literal(node: Node, text: str, offset: int, lines: list[str]) -> Place:
    before, _, start = text[:offset].rpartition("\n")
    number = node.line + 1 + (before.count("\n") + 1 if "\n" in text[:offset] else 0)
    wanted = start + text[offset:].split("\n", 1)[0]
    written = lines[number - 1].removesuffix("\r") if number <= len(lines) else ""
    if not written.endswith(wanted):
        return node.place
    return Place(node.file, number, len(written) - len(wanted) + len(start) + 1)
