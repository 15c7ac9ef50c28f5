"""Runs a dashboard builder of the project's or a tenant's, and holds what it makes against the same checks as alertkit's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alertkit import dashboards
from alertkit.compiler.grafana.builders import LINT_FILE
from alertkit.compiler.reading.load import load_text, read_bytes
from alertkit.dashboards import Checker, ViewContext, lint
from alertkit.dashboards.current import Json
from alertkit.errors import AlertkitError, Problem, ProblemsFound
from alertkit.model.document import plain

_IMPOSED: dict[str, list[dict[str, Any]]] = {
    rule: [] for rule in lint.OWN if not rule.startswith(("target-rate", "target-counter"))
}
"""Rules that count for nobody, because alertkit itself sets the data source and the tenant."""


def build(view: str, file: Path, context: ViewContext, checker: Checker) -> tuple[Json | None, list[Problem]]:
    """The finished dashboard, isolated and checked like alertkit's own, and what is wrong with it."""
    place = "/".join(file.parts[-2:])
    try:
        body = dashboards.build_foreign(view, file, context)
        found = checker.check(body, _exclusions(file.parent / LINT_FILE)) if body is not None else []
    except ProblemsFound as failed:
        return None, [*failed.problems]
    except AlertkitError as error:
        found, body = [str(error)], None
    problems = [Problem(place, 0, 0, "AK834", message, "mend the builder", context.tenant) for message in found]
    return body, problems


def _exclusions(file: Path) -> dict[str, list[dict[str, Any]]]:
    if not file.is_file():
        return dict(_IMPOSED)
    data = plain(load_text(read_bytes(file, LINT_FILE), LINT_FILE))
    rules = data.get("exclusions") if isinstance(data, dict) else None
    if not isinstance(rules, dict):
        raise ProblemsFound([Problem(LINT_FILE, 1, 1, "AK834", "expected `exclusions:` with rules below")])
    return _IMPOSED | {rule: (given or {}).get("entries", []) for rule, given in rules.items()}
