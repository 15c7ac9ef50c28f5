"""A tenant's definition on disk: its files as bytes, then as one document."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from alertkit.compiler.reading.load import read_bytes, read_text
from alertkit.compiler.reading.merge import merge_sections
from alertkit.errors import Problem, ProblemsFound
from alertkit.model.document import Node
from alertkit.model.text import one_line

_LONGEST_PATH = 500


class Source(msgspec.Struct, frozen=True):
    """Names relative to the project, and bytes; `problems` are of files that cannot be read."""

    tenant: str
    files: tuple[tuple[str, bytes], ...]
    problems: tuple[Problem, ...] = ()

    def parts(self) -> list[bytes]:
        """What a digest of the definition must hold."""
        files = [part for name, data in self.files for part in (name.encode(), data)]
        return [*files, *(str(problem).encode() for problem in self.problems)]


def called(file: Path, directory: Path) -> str:
    """A file as problems name it: relative to the project, and fit for a terminal whatever its name holds."""
    return one_line(str(file).removeprefix(f"{directory}/"), _LONGEST_PATH)


def read_source(directory: Path, tenant: str, files: Iterable[Path]) -> Source:
    """Read a tenant's files. A link that leads out of the project is not followed: problems quote what they find."""
    texts: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    for file in files:
        name = called(file, directory)
        try:
            texts.append((name, _read(file, name, directory)))
        except ProblemsFound as found:
            problems += found.problems
    return Source(tenant, tuple(texts), tuple(problems))


def stays_in(path: Path, folder: Path) -> bool:
    """True unless links lead out of the folder, or in a circle."""
    try:
        return _is_plain(path, folder) or f"{_real(path)}/".startswith(f"{_real(folder).rstrip('/')}/")
    except OSError:
        return False


def _is_plain(path: Path, folder: Path) -> bool:
    """True when nothing between the folder and the path is a link: asked first, since it asks the system less."""
    place, parts = str(folder), path.parts[len(folder.parts) :]
    if path.parts[: len(folder.parts)] != folder.parts or ".." in parts:
        return False
    for part in parts:
        place = f"{place}/{part}"
        if os.path.islink(place):  # noqa: PTH114 - a path object for each part takes longer than asking
            return False
    return True


def _real(path: Path) -> str:
    """Where a path leads, also one that does not exist yet: as text, because a thousand tenants' paths are asked for."""
    try:
        return os.path.realpath(path, strict=True)
    except (FileNotFoundError, NotADirectoryError):
        return os.path.realpath(path)


def _read(file: Path, name: str, directory: Path) -> bytes:
    if not stays_in(file, directory):
        raise ProblemsFound([Problem(name, 0, 0, "AK101", "the file is a link that leads out of the project, or nowhere")])
    return read_bytes(file, name)


def load(source: Source) -> tuple[Node | None, list[Problem], bool]:
    """The tenant's files as one definition (None: none can be read), what is wrong with them as YAML, and whether all is in it.

    Files that are no YAML that alertkit reads, and what repeats a key, are left out: the definition says less than was written.
    """
    nodes: list[Node] = []
    problems = list(source.problems)
    for name, data in source.files:
        try:
            node, repeated = read_text(data, name)
            nodes.append(node)
            problems += repeated
        except ProblemsFound as found:
            problems += found.problems
    if not nodes:
        return None, problems, False
    whole = not problems
    node, contradictions = merge_sections(nodes)
    return node, [*problems, *contradictions], whole
