"""Dashboards that a project or a tenant builds with code of its own: `dashboards/<view>.dashboard.py`, run with --trust alone."""

from __future__ import annotations

from pathlib import Path

from alertkit import paths
from alertkit.resources import VIEW_SUFFIX

LINT_FILE = ".lint"
"""Exclusions in the form of grafana/dashboard-linter, beside the builders."""


def find(directory: Path, tenants: str, tenant: str) -> dict[str, Path]:
    """Every builder by view: the tenant's own in tenants/<tenant>/dashboards/ before the project's in dashboards/."""
    folders = [Path(f"{directory}/{within}{paths.BUILDERS_FOLDER}") for within in ("", f"{tenants}/{tenant}/")]
    files = (file for folder in folders if folder.is_dir() for file in sorted(folder.glob(f"*{VIEW_SUFFIX}")))
    return {file.name.removesuffix(VIEW_SUFFIX): file for file in files}


def parts(builders: dict[str, Path]) -> list[bytes]:
    """What a digest must hold so that a changed builder or `.lint` file makes what they built stale."""
    lints = sorted({file.parent / LINT_FILE for file in builders.values()})
    return [file.read_bytes() for file in (*builders.values(), *(file for file in lints if file.is_file()))]
