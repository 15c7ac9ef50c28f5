"""Where the folders that ship with alertkit are: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = ("dashboards_src", "rules", "schemas", "templates")
SCHEMAS = ("project", "tenant", "pack", "policy", "webhook")
"""The names of the JSON Schemas."""
VIEW_SUFFIX = ".dashboard.py"
"""Ends the name of a file that builds a dashboard view."""


@cache
def root() -> Path:
    """The folder that holds rules/, templates/, dashboards_src/ and schemas/."""
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


@cache
def dashboard_views() -> tuple[str, ...]:
    """The names of the dashboard views that ship."""
    return tuple(sorted(path.name.removesuffix(VIEW_SUFFIX) for path in (root() / "dashboards_src").glob(f"*{VIEW_SUFFIX}")))


@cache
def changed_at() -> float:
    """When a checkout was last changed where it decides what is compiled, in seconds since 1970; 0 for a wheel, which its version
    tells from others.

    Code, packs, words and schemas all count. A folder's own time tells of files that came or went.
    """
    if root() == _PACKAGE / "_data":
        return 0.0
    return max(map(_newest, (_PACKAGE, *(root() / folder for folder in _SHIPPED))))


def _newest(folder: Path) -> float:
    below = (path for path in folder.iterdir() if path.name != "__pycache__")
    return max(folder.stat().st_mtime, *(_newest(path) if path.is_dir() else path.stat().st_mtime for path in below))
