"""Documents into one: the files of a tenant's folder, and an environment laid over its tenant. Places follow the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from alertkit.errors import Problem
from alertkit.model.document import Node
from alertkit.model.text import quoted

_IDENTITIES: Final = ("id", "name", "record", "use")
"""What tells the entries of a list apart, the strongest first: people have an id and a name."""
REMOVE: Final = "remove"
"""The key of an entry that an environment leaves out."""

Identity = tuple[str, str]


def merge_sections(nodes: Sequence[Node]) -> tuple[Node, list[Problem]]:
    """The files of a folder, at least one, as one document, and where they contradict each other: the first is kept.

    Lists at the top are joined in the order of the files. Mappings are joined key by key. A value may be repeated, but not
    contradicted: every file may say which `version` it has. Each problem names both places.
    """
    problems: list[Problem] = []
    merged = nodes[0]
    for node in nodes[1:]:
        merged = _join(merged, node, (), problems)
    return merged, problems


def _join(first: Node, second: Node, path: tuple[str, ...], problems: list[Problem]) -> Node:
    a, b = first.value, second.value
    if isinstance(a, dict) and isinstance(b, dict):
        both = {key: _join(a[key], node, (*path, key), problems) if key in a else node for key, node in b.items()}
        return replace(first, value={**a, **both})
    if isinstance(a, list) and isinstance(b, list) and len(path) == 1:
        return replace(first, value=[*a, *b])
    if isinstance(a, (dict, list)) or type(a) is not type(b) or a != b:
        problems.append(_contradiction(first, second, path))
    return first


def _contradiction(first: Node, second: Node, path: tuple[str, ...]) -> Problem:
    here, there = second.key_place, first.key_place
    what = quoted(".".join(path))
    message = f"{what} is already in {there.file}:{there.line}:{there.column}"
    return Problem(here.file, here.line, here.column, "AK118", message, "keep one of the two")


def overlay(base: Node, partial: Node) -> Node:
    """The base with what the partial says instead.

    Mappings merge key by key, and null removes a key. A list of the partial whose entries all have an `id`, a `name`, a `record`
    or a `use` merges by it: entries with a known one merge, or go when they say `remove: true`; others are appended, and
    entries of the base that have none stay. Every other value replaces what was there. Nothing is checked for being complete;
    that is for the schema, afterwards.
    """
    old, new = base.value, partial.value
    if isinstance(old, dict) and isinstance(new, dict):
        return replace(base, value=_overlay_mapping(old, new))
    if isinstance(old, list) and isinstance(new, list) and new:
        news = [identity for node in new if (identity := _identity(node))]
        if len(news) == len(new) and all(isinstance(node.value, dict) for node in old):
            return replace(base, value=_overlay_list(old, new, news))
    return _without_nulls(partial)


def _overlay_mapping(old: dict[str, Node], new: dict[str, Node]) -> dict[str, Node]:
    merged = dict(old)
    for key, node in new.items():
        if node.value is None:
            merged.pop(key, None)
        else:
            merged[key] = overlay(merged[key], node) if key in merged else _without_nulls(node)
    return merged


def _overlay_list(old: list[Node], new: list[Node], news: list[Identity]) -> list[Node]:
    removed = {identity for identity, node in zip(news, new, strict=True) if _is_removal(node)}
    merged = [node for node in old if _identity(node) not in removed]
    index = {identity: at for at, node in reversed(list(enumerate(merged))) if (identity := _identity(node))}
    for identity, node in zip(news, new, strict=True):
        if identity in removed:
            continue
        at = index.setdefault(identity, len(merged))
        if at < len(merged):
            merged[at] = overlay(merged[at], node)
        else:
            merged.append(_without_nulls(node))
    return merged


def _is_removal(node: Node) -> bool:
    return isinstance(node.value, dict) and REMOVE in node.value and node.value[REMOVE].value is True


def _identity(node: Node) -> Identity | None:
    if not isinstance(node.value, dict):
        return None
    return identity({key: node.value[key].value for key in _IDENTITIES if key in node.value})


def identity(entry: Mapping[str, object]) -> Identity | None:
    """The key that tells an entry from others, and its value; None when it has none."""
    found = ((key, entry.get(key)) for key in _IDENTITIES)
    return next(((key, value) for key, value in found if isinstance(value, str)), None)


def _without_nulls(node: Node) -> Node:
    """A value that is new: what is to be removed was not there, so nothing is left of it."""
    value = node.value
    if isinstance(value, dict):
        return replace(node, value={key: _without_nulls(child) for key, child in value.items() if child.value is not None})
    if isinstance(value, list):
        return replace(node, value=[_without_nulls(child) for child in value if not _is_removal(child)])
    return node


def environments(node: Node) -> tuple[str, ...]:
    """The environments of a definition, as written."""
    value = node.value
    written = value.get("environments") if isinstance(value, dict) else None
    return tuple(written.value) if written and isinstance(written.value, dict) else ()


def in_environment(node: Node, environment: str) -> Node:
    """The definition with one of its environments laid over it, and no environments left."""
    if not isinstance(node.value, dict) or "environments" not in node.value:
        return node
    base = replace(node, value={key: value for key, value in node.value.items() if key != "environments"})
    written = node.value["environments"].value
    partial = written.get(environment) if isinstance(written, dict) else None
    return overlay(base, partial) if partial else base
