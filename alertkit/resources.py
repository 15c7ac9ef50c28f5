"""Where the folders that ship with alertkit are: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The folder that holds rules/, templates/, dashboards_src/ and schemas/."""
    package = Path(__file__).resolve().parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent
