"""What belongs to no tenant: Alertmanager's configuration, from the fragment of each."""

from __future__ import annotations

from collections.abc import Iterable

from alertkit.compiler.routes.compile import root_route
from alertkit.compiler.workspace import Workspace
from alertkit.compiler.writing import render


def assemble(space: Workspace, fragments: Iterable[bytes]) -> bytes:
    """Alertmanager's configuration from every tenant's fragment, the platform's first."""
    return render.alertmanager(root_route(space.platform, space.project), fragments)
