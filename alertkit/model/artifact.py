"""What compiling makes."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec

from alertkit.errors import Problem

Files = dict[PurePosixPath, bytes]
"""Files by path relative to the output folder."""


class Drawing(msgspec.Struct, frozen=True):
    """A tenant's dashboards and what provisions them: `count` dashboards among the files; with problems there are no files."""

    files: Files = {}
    count: int = 0
    problems: tuple[Problem, ...] = ()
