"""Where packs are found: the project's own in packs/, then those that ship with alertkit in rules/."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alertkit import paths, resources
from alertkit.compiler.packs import reading as packs_read
from alertkit.compiler.packs.reading import Reading
from alertkit.compiler.reading import schema
from alertkit.compiler.reading.load import read_bytes
from alertkit.compiler.writing.digests import input_digest
from alertkit.errors import Problem, ProblemsFound

SHIPPED = "rules"
"""Folder of the packs that ship, below `resources.root()`."""


class Library(msgspec.Struct, frozen=True):
    """The packs that a project can use. `project` is its folder, None for the shipped packs alone.

    `digest` stands for the content of the project's own packs: what is compiled from them is stale when it changes.
    """

    project: Path | None = None
    digest: str = ""

    @classmethod
    def of(cls, project: Path) -> Library:
        """The packs of a project."""
        library = cls(project)
        parts = (part for folder in library.own() for part in (folder.name.encode(), _content(folder / paths.PACK_FILE)))
        return msgspec.structs.replace(library, digest=input_digest(parts))

    def names(self) -> list[str]:
        """The name of every pack, sorted."""
        return sorted({folder.name for base in self._bases() if base.is_dir() for folder in base.iterdir() if _is_pack(folder)})

    def find(self, name: str) -> Reading | None:
        """A pack by name, the project's own first; None when there is no such pack."""
        if not schema.is_name(name):
            return None
        for base in self._bases():
            if _is_pack(base / name):
                return _read(base / name / paths.PACK_FILE, f"{base.name}/{name}/{paths.PACK_FILE}")
        return None

    def problems(self) -> tuple[Problem, ...]:
        """Everything wrong with the project's own packs, used or not."""
        readings = (self.find(folder.name) for folder in self.own())
        return tuple(problem for reading in readings if reading for problem in reading.problems)

    def own(self) -> list[Path]:
        """Folders of the project's own packs, sorted."""
        base = (self.project or Path()) / paths.PACKS_FOLDER
        return sorted(filter(_is_pack, base.iterdir())) if self.project is not None and base.is_dir() else []

    def _bases(self) -> list[Path]:
        shipped = resources.root() / SHIPPED
        return [self.project / paths.PACKS_FOLDER, shipped] if self.project is not None else [shipped]


def _read(file: Path, origin: str) -> Reading:
    try:
        return packs_read.read(read_bytes(file, origin), origin)
    except ProblemsFound as found:
        return Reading(None, found.problems)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # whoever uses the pack hears of it


def _is_pack(folder: Path) -> bool:
    return (folder / paths.PACK_FILE).is_file()
