"""A definition as written: values that remember the file, line and column they came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something stands. `line` and `column` count from 1, in characters; `file` is relative to the project."""

    file: str
    line: int
    column: int


class Node(msgspec.Struct, frozen=True, gc=False):
    """A value and where it begins. A value of a mapping also knows where its key begins (0 otherwise)."""

    value: dict[str, Node] | list[Node] | str | int | float | bool | None
    file: str
    line: int
    column: int
    key_line: int = 0
    key_column: int = 0

    @property
    def place(self) -> Place:
        """Where the value begins."""
        return Place(self.file, self.line, self.column)

    @property
    def key_place(self) -> Place:
        """Where its key begins; of a value without a key, where the value begins."""
        return Place(self.file, self.key_line, self.key_column) if self.key_line else self.place


def plain(node: Node) -> Any:
    """The same value as dictionaries, lists and scalars, without places."""
    value = node.value
    if isinstance(value, dict):
        return {key: plain(child) if isinstance(child.value, (dict, list)) else child.value for key, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    return value


def find(node: Node, path: Iterable[str | int]) -> Node:
    """The deepest node that exists on the path; the node itself when not even the first step does."""
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
    return node


def locate(node: Node, path: Iterable[str | int], *, key: bool = False) -> Place:
    """Where the deepest existing value on the path begins, or with `key` where its key begins."""
    found = find(node, path)
    return found.key_place if key else found.place


def _child(node: Node, step: str | int) -> Node | None:
    value = node.value
    if isinstance(value, dict):
        return value.get(step) if isinstance(step, str) else None
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None
