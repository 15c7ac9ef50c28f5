"""YAML text to documents that remember file, line and column, guarded against everything that hostile YAML can do.

Text becomes events, and one builder turns events into nodes. Events come from libyaml. What its YAML 1.1 scanner refuses is
tried again with such colons as in `{url: https://…}` masked, and then with ruamel's own parser, which is more than ten times
slower and therefore only reads files up to `SLOW_BYTES`. Scalars are strings, unless they are JSON numbers or YAML 1.2's words
for true, false and null: `012`, `1_000`, `1:30`, `2026-01-05`, `yes` and `.inf` are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

from _ruamel_yaml import CParser
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from alertkit.compiler.reading.yaml_nodes import FORBIDDEN, MAX_PROBLEMS, TWICE, Builder, describe
from alertkit.errors import Problem, ProblemsFound
from alertkit.model.document import Node

MAX_BYTES: Final = 1 << 20
"""Largest file. A tenant with 190 alerts has 40 KB."""
MAX_EVENTS: Final = 200_000
"""Most keys, values and brackets of one file; libyaml reads them in about 0.3 s."""
SLOW_BYTES: Final = 128 << 10
"""Largest file that ruamel's own parser is asked to read."""
SLOW_EVENTS: Final = 20_000
"""Most events that are taken from ruamel's own parser, in about 0.4 s; of a longer file libyaml's refusal is told."""

_DIRECTIVE = re.compile(r"(?:[ \t\r]*(?:#[^\n]*)?\n)*%")
_INNER = re.compile(r"""(?<=[^\s"'\[\]{},\\])(?::(?=[^\s,\[\]{}])|\?)""")
"""Colons and question marks in the middle of a word: no indicators in YAML 1.2."""
_MASKS = tuple(map(chr, range(0xE000, 0xE010)))
Read = tuple[Node | None, list[Problem]]
"""The document (None: there is none) and what is wrong with it."""

_BEGUN = ("unexpected end of stream", "could not find expected ':'")
_SYNTAX_HINTS: Final = (
    ("found character '\\t'", "indent with spaces, not with tabs"),
    ("cannot start any token", "quote text that begins with @, `, % or a tab"),
    ("mapping values are not allowed", 'quote text that holds ": ", and indent sibling keys alike'),
    ("unexpected ':'", "inside { } and [ ] quote text that holds a colon"),
    ("could not find expected ':'", "is a colon missing after a key, or a quote not closed?"),
    ("unexpected end of stream", "is a quote or a bracket not closed?"),
    ("unknown escape character", "in double quotes write \\\\ for a backslash, or use single quotes"),
    ("did not find expected key", "indent sibling keys alike; quote text that begins with a quote, { or ["),
    ("found '<stream end>'", "is a quote or a bracket not closed?"),
    ("expected <block end>", "indent sibling keys alike; quote text that begins with a quote, { or ["),
    ("expected the node content", "quote text that begins with }, ] or a comma"),
    ("expected '<document start>'", "indent sibling keys alike"),
    ("expected ',' or", "is a comma or a closing bracket missing? quote text that begins with { or ["),
)


def load_file(path: Path, name: str, *, limit: int = MAX_BYTES) -> Node:
    """Read a definition; `name` is the file as problems call it, `limit` the most bytes it may have.

    Raises:
        ProblemsFound: all that is wrong with the file as YAML.
    """
    return load_text(read_bytes(path, name, limit=limit), name, limit=limit)


def read_bytes(path: Path, name: str, *, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file; of one that is too large `limit` and one more, which tells.

    Raises:
        ProblemsFound: it cannot be read.
    """
    try:
        if not path.is_file():
            _refuse(name, "AK101", "there is no such regular file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        _refuse(name, "AK101", f"the file cannot be read: {error.strerror}")


def load_text(text: bytes, name: str, *, limit: int = MAX_BYTES) -> Node:
    """Read a definition's text: UTF-8 YAML 1.2, one document, a mapping at its top. The number of values scales with `limit`.

    Raises:
        ProblemsFound: all that is wrong with the text as YAML.
    """
    node, repeated = read_text(text, name, limit=limit)
    if repeated:
        raise ProblemsFound(repeated)
    return node


def read_text(text: bytes, name: str, *, limit: int = MAX_BYTES) -> tuple[Node, list[Problem]]:
    """As load_text, with a problem for each key that stands twice in a mapping: what it has first can still be checked.

    Raises:
        ProblemsFound: all that is wrong with the text as YAML, when that is anything else.
    """
    if len(text) > limit:
        _refuse(name, "AK102", f"the file has more than {limit:,} bytes", "split it into a folder, a file for each section")
    decoded = _decode(text, name)
    unseen = _unseen(decoded, name)
    if unseen:
        decoded = FORBIDDEN.sub("_", decoded)
    try:
        node, problems = _read(decoded, name, limit * MAX_EVENTS // MAX_BYTES)
    except ProblemsFound as found:
        # What is no YAML any more may have been before the invisible characters were taken out.
        raise ProblemsFound([*unseen, *(one for one in found.problems if not unseen or one.code != "AK105")]) from None
    if unseen or any(problem.code != TWICE for problem in problems):
        raise ProblemsFound([*unseen, *problems])
    return _mapping(node, name), problems


def _read(text: str, name: str, max_events: int) -> Read:
    directive = _DIRECTIVE.match(text)
    if directive:
        line = text.count("\n", 0, directive.end()) + 1
        raise ProblemsFound([Problem(name, line, 1, "AK110", "directives are not allowed", "remove the lines that begin with %")])
    readers = [read_fast, read_masked, *([read_slowly] if len(text) <= SLOW_BYTES else [])]
    for read in readers:
        try:
            return read(text, name, max_events)
        except YAMLError as error:
            refusal = error
        except (ValueError, OverflowError):  # ruamel's parser meets an escape beyond Unicode
            pass
        except ProblemsFound as found:
            if read is not read_slowly or all(problem.code != "AK113" for problem in found.problems):
                raise  # too much for the slow parser alone is no problem of the file: libyaml's refusal is
    raise _syntax(refusal, name)


def read_fast(text: str, name: str, max_events: int = MAX_EVENTS) -> Read:
    """Read with libyaml. YAMLError means that it, but perhaps only it, does not understand the text."""
    return _built(CParser(text.encode()).get_event, name, max_events)


def read_masked(text: str, name: str, max_events: int = MAX_EVENTS) -> Read:
    """Read with libyaml while characters that the text does not hold stand for `:` and `?` that YAML 1.2 takes for text.

    Every place stays what it was. YAMLError is as in `read_fast`.
    """
    lower = text.lower()
    free = [mask for mask in _MASKS if mask not in text and f"{ord(mask):x}" not in lower]
    masks = dict(zip(":?", free, strict=False))
    masked = _INNER.sub(lambda match: masks.get(match[0], match[0]), text)
    meant = str.maketrans({mask: character for character, mask in masks.items()})
    return _built(CParser(masked.encode()).get_event, name, max_events, meant)


def read_slowly(text: str, name: str, max_events: int = MAX_EVENTS) -> Read:
    """Read with ruamel's own parser. YAMLError means that the text is not YAML 1.2."""
    events = YAML(typ="safe", pure=True).parse(text)
    return _built(partial(next, events, None), name, min(max_events, SLOW_EVENTS))


def _built(next_event: Callable[[], Any], name: str, max_events: int, meant: dict[int, str] | None = None) -> Read:
    builder = Builder(next_event, name, max_events, meant)
    return builder.document(), builder.problems


def _decode(text: bytes, name: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = len(text[text.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8", "replace")) + 1
        problem = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise ProblemsFound([Problem(name, line, column, "AK103", problem, "save the file as UTF-8")]) from None


def _unseen(text: str, name: str) -> list[Problem]:
    """A problem for each character that cannot be seen, at its place; of very many the first ones."""
    problems: list[Problem] = []
    for match in FORBIDDEN.finditer(text):
        at = match.start()
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        problems.append(Problem(name, line, column, "AK106", f"here stands {describe(match[0])}", "remove it"))
        if len(problems) >= MAX_PROBLEMS:
            break
    return problems


def _mapping(node: Node | None, name: str) -> Node:
    if node is None or node.value is None:
        _refuse(name, "AK104", "the file is empty", "write a section, or remove the file")
    if not isinstance(node.value, dict):
        problem = "a definition is a mapping, not a list or a single value"
        raise ProblemsFound([Problem(name, node.line, node.column, "AK117", problem, "begin with `key: value` lines")])
    return node


def _syntax(error: Any, name: str) -> ProblemsFound:
    mark, begin = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    said = ", ".join(part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    said = " ".join((said or str(error)).split())[:300]
    if begin and (not mark or any(words in said for words in _BEGUN)):
        mark = begin  # what was left open tells more than where the file ends
    elif begin and mark and begin.line != mark.line:
        said += f"; it began in line {begin.line + 1}"
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    hint = next((hint for words, hint in _SYNTAX_HINTS if words in said), "")
    return ProblemsFound([Problem(name, line, column, "AK105", f"not YAML: {said}", hint)])


def _refuse(name: str, code: str, message: str, hint: str = "") -> NoReturn:
    raise ProblemsFound([Problem(name, 0, 0, code, message, hint)])
