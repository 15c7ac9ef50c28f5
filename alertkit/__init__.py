"""Alerting as code for platforms that serve many tenants.

Importing this costs next to nothing: what a name needs is imported when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alertkit.compiler.api import Build, Plan, build, check, write
    from alertkit.errors import AlertkitError, Problem, ProblemsFound

__version__ = "0.1.0"

__all__ = ["AlertkitError", "Build", "Plan", "Problem", "ProblemsFound", "__version__", "build", "check", "write"]

_HOMES = {
    "AlertkitError": "alertkit.errors",
    "Build": "alertkit.compiler.api",
    "Plan": "alertkit.compiler.api",
    "Problem": "alertkit.errors",
    "ProblemsFound": "alertkit.errors",
    "build": "alertkit.compiler.api",
    "check": "alertkit.compiler.api",
    "write": "alertkit.compiler.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'alertkit' has no attribute {name!r}")
