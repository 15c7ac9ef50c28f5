"""Where the folders that ship with alertkit are: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def root() -> Path:
    """The folder that holds rules/, templates/, dashboards_src/ and schemas/."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


@cache
def changed_at() -> float:
    """When the code of a checkout was last changed, in seconds since 1970; 0 for a wheel, which its version tells from others.

    A file that is removed goes unnoticed.
    """
    if root() == _PACKAGE / "_data":
        return 0.0
    folders = (_PACKAGE, root() / "dashboards_src", root() / "schemas")
    files = (file for folder in folders for form in ("*.py", "*.json") for file in folder.rglob(form))
    return max(file.stat().st_mtime for file in files)
