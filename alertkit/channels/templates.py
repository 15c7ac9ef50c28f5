"""Texts that administrators write as templates: Jinja2, cut down until nothing in it can run away.

A template reads a message and says something. It has no calls, no assignments, no macros and no includes, its loops run over what
a message holds, its filters cannot make much of little, and attributes are those of a message. So it ends soon, whatever it says,
and a misspelt name is found when it is read, not at night. Jinja2's sandbox stands behind that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alertkit.errors import AlertkitError
from alertkit.model.message import Action, Choice, Confirm, Entry, Fact, Link, Message

SOURCE: Final = 32 * 1024
"""Characters of a template."""
NODES: Final = 1_000
"""Parts of a template's syntax tree."""
_LOOPS: Final = 2

_PARTS = (Message, Entry, Fact, Action, Choice, Confirm, Link)
_ATTRIBUTES = frozenset(field.name for part in _PARTS for field in msgspec.structs.fields(part)) | {"index", "first", "last"}
_COLLECTIONS = frozenset({"entries", "facts", "actions", "links", "mentions", "choices"})
_LINES = "lines"
_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
    *(nodes.Tuple, nodes.List),
)
_TESTS = ("defined", "none")


_Named = tuple[str, str]
"""A name, with an attribute of what it stands for or without."""
_Part = str | Sequence[_Named]
"""A text, or the first of several names that stands for something."""


class LayoutError(AlertkitError):
    """A layout cannot be used: what is wrong with it, and where."""


def _joined(values: object, separator: str = ", ") -> str:
    """Of a list, never of a text: joining a text's characters again and again would grow without end."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError("join takes a list")
    return separator.join(map(str, values))


def _lines(text: object) -> Sequence[str]:
    return str(text).splitlines()


_FILTERS: dict[str, Any] = {
    name: FILTERS[name]
    for name in ("capitalize", "d", "default", "first", "last", "length", "lower", "trim", "truncate", "upper")
} | {"join": _joined, _LINES: _lines}


class Templates:
    """Reads templates whose names are `names`. With `escape` whatever they are filled with is escaped for HTML."""

    def __init__(self, names: Iterable[str], *, escape: bool = False) -> None:
        self._names = frozenset(names) | {"loop"}
        self._environment = ImmutableSandboxedEnvironment(
            autoescape=escape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
        )
        self._environment.globals.clear()
        self._environment.filters = dict(_FILTERS)
        self._environment.tests = {name: self._environment.tests[name] for name in _TESTS}

    def read(self, source: str) -> Readable:
        """A template.

        Raises:
            LayoutError: it is none, or wants what a template must not.
        """
        if len(source) > SOURCE:
            raise LayoutError(f"longer than {SOURCE} characters")
        try:
            tree = self._environment.parse(source)
            self._check(tree)
            parts = None if self._environment.autoescape else _parts(tree)
            return self._environment.from_string(source) if parts is None else _Plain(parts)
        except TemplateSyntaxError as error:
            raise LayoutError(f"line {error.lineno}: {error.message}") from error
        except (TemplateError, RecursionError, MemoryError) as error:
            raise LayoutError(f"{type(error).__name__}: it cannot be read") from error

    def _check(self, tree: nodes.Template) -> None:
        targets: set[str] = set()
        for place, (node, loops) in enumerate(_walk(tree)):
            if place >= NODES:
                raise LayoutError(f"more than {NODES} parts")
            if isinstance(node, nodes.For):
                _check_loop(node, loops)
                targets |= {name.name for name in [node.target] if isinstance(name, nodes.Name)}
            if wrong := _wrong(node, self._names | targets):
                raise LayoutError(f"line {node.lineno}: {wrong}")


class _Plain:
    """A template that only names parts of a message: most of them, in every message, without what Jinja2 needs for more."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts

    def generate(self, values: Mapping[str, object]) -> Sequence[str]:
        """What it says, piece by piece, as Jinja2 would."""
        return [part if isinstance(part, str) else str(_first(part, values)) for part in self._parts]


def _first(alternatives: Sequence[_Named], values: Mapping[str, object]) -> object:
    found: object = ""
    for name, attribute in alternatives:
        found = getattr(values[name], attribute) if attribute else values[name]
        if found:
            break
    return found


Readable = Template | _Plain


def _parts(tree: nodes.Template) -> Sequence[_Part] | None:
    """Texts, names and attributes of names, and several of these with `or` between them; None when there is anything else."""
    found: list[_Part] = []
    for node in (node for output in tree.body for node in (output.nodes if isinstance(output, nodes.Output) else [output])):
        part = node.data if isinstance(node, nodes.TemplateData) else _alternatives(node)
        if part is None:
            return None
        found.append(part)
    return found


def _alternatives(node: nodes.Node) -> Sequence[_Named] | None:
    match node:
        case nodes.Name():
            return [(node.name, "")]
        case nodes.Getattr(node=nodes.Name(name=name), attr=attribute):
            return [(name, attribute)]
        case nodes.Or():
            left, right = _alternatives(node.left), _alternatives(node.right)
            return None if left is None or right is None else [*left, *right]
        case _:
            return None


def render(template: Readable, limit: int, **values: object) -> str:
    """What a template says, refused beyond `limit` characters.

    Raises:
        LayoutError: it asks for something that is not there, or says too much.
    """
    said: list[str] = []
    room = limit
    try:
        for piece in template.generate(values):
            said.append(piece)
            room -= len(piece)
            if room < 0:
                raise LayoutError(f"it says more than {limit} characters")
    except (TemplateError, TypeError, ValueError, AttributeError) as error:
        raise LayoutError(f"{type(error).__name__}: {error}") from error
    return "".join(said)


def _walk(tree: nodes.Node) -> Iterable[tuple[nodes.Node, int]]:
    """Every node with the number of loops around it, without recursion: a template may be nested deeply."""
    waiting = [(tree, 0)]
    while waiting:
        node, loops = waiting.pop()
        yield node, loops
        inside = loops + isinstance(node, nodes.For)
        waiting += [(child, inside) for child in node.iter_child_nodes()]


def _check_loop(node: nodes.For, loops: int) -> None:
    over = node.iter
    bounded = (isinstance(over, nodes.Getattr) and over.attr in _COLLECTIONS) or (
        isinstance(over, nodes.Filter) and over.name == _LINES
    )
    if not bounded or node.recursive:
        raise LayoutError(f"line {node.lineno}: a loop runs over {', '.join(sorted(_COLLECTIONS))} or |{_LINES}")
    if loops >= _LOOPS:
        raise LayoutError(f"line {node.lineno}: more than {_LOOPS} loops in each other")


def _wrong(node: nodes.Node, known: frozenset[str] | set[str]) -> str:
    if not isinstance(node, _NODES):
        return f"{type(node).__name__.lower()} is not allowed in a template"
    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in known:
        return f"there is no {node.name!r}; there are {', '.join(sorted(known))}"
    if isinstance(node, nodes.Getattr) and node.attr not in _ATTRIBUTES:
        return f"a message has no {node.attr!r}; there are {', '.join(sorted(_ATTRIBUTES))}"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"no filter {node.name!r}; there are {', '.join(sorted(_FILTERS))}"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"no test {node.name!r}; there are {', '.join(_TESTS)}"
    return ""
