"""Which alerts share a notification: the group of a label set on a route."""

from __future__ import annotations

from collections.abc import Mapping

from alertkit.routing.tree import GROUP_BY_ALL, Path

_SHORT_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def group_labels(path: Path, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels, by name in order, whose values make up the group. Empty labels do not exist for Alertmanager."""
    everything = GROUP_BY_ALL in path.group_by
    return {name: labels[name] for name in sorted(labels) if labels[name] and (everything or name in path.group_by)}


def group_key(path: Path, labels: Mapping[str, str]) -> str:
    """Alertmanager's `groupKey`: the route's key and the group's labels, as webhooks carry it."""
    group = ", ".join(f"{name}={_quoted(value)}" for name, value in group_labels(path, labels).items())
    return f"{path.key}:{{{group}}}"


def _quoted(value: str) -> str:
    """A string as Go's %q prints it."""
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x1_0000 else f"\\U{code:08x}"
