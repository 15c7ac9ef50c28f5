"""Alerting as code for platforms that serve many tenants.

Importing this costs next to nothing: what a name needs is imported when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alertkit.compiler import Build, Plan, build, check, write
    from alertkit.errors import AlertkitError, Problem, ProblemsFound

__version__ = "0.1.0"

__all__ = ["AlertkitError", "Build", "Plan", "Problem", "ProblemsFound", "__version__", "build", "check", "write"]

_HOMES = {
    "AlertkitError": "alertkit.errors",
    "Build": "alertkit.compiler",
    "Plan": "alertkit.compiler",
    "Problem": "alertkit.errors",
    "ProblemsFound": "alertkit.errors",
    "build": "alertkit.compiler",
    "check": "alertkit.compiler",
    "write": "alertkit.compiler",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'alertkit' has no attribute {name!r}")
