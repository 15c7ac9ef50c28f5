"""What the examples compile to is kept in Git: a change of the compiler shows there, file by file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alertkit import check
from alertkit.compiler.generate import Options, generate, output_folder
from alertkit.compiler.workspace import open_project
from alertkit.paths import ALERTMANAGER_FILE as ALERTMANAGER

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROJECTS = sorted(file.parent for file in EXAMPLES.glob("*/alertkit.yaml"))
KEPT = [project for project in PROJECTS if not (project / ".gitignore").exists()]
"""The others are compiled where they are tried, and ignore what they compile to."""


def name_of(project: Path) -> str:
    return project.name


def test_there_is_an_example_with_three_tenants_in_three_languages() -> None:
    project = EXAMPLES / "streaming-platform"
    assert sorted(path.stem for path in (project / "tenants").iterdir()) == ["acme", "bottega", "nordbank"]


@pytest.mark.parametrize("project", PROJECTS, ids=name_of)
def test_nothing_is_wrong_with_an_example(project: Path) -> None:
    assert check(project) == ()


@pytest.mark.parametrize("project", KEPT, ids=name_of)
def test_what_an_example_compiles_to_is_fresh(project: Path) -> None:
    space = open_project(project)
    plan = generate(space, (), Options(output_folder(space, None), dry=True))
    stale = [change for tenant in plan.tenants for change in tenant.files if change.fate != "unchanged"]
    assert [*stale, *plan.problems] == [], "run `alertkit generate --project examples/…` and commit the result"
    assert not plan.changed


@pytest.mark.parametrize("project", KEPT, ids=name_of)
def test_an_example_compiles_to_the_same_bytes_as_are_kept_manifests_included(project: Path, tmp_path: Path) -> None:
    generate(open_project(project), (), Options(tmp_path))
    kept = project / "generated"
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(kept): path.read_bytes() for path in kept.rglob("*") if path.is_file()}


@pytest.mark.parametrize("project", KEPT, ids=name_of)
def test_prometheus_and_alertmanager_take_what_is_kept(project: Path, tool: Callable[[str], str]) -> None:
    kept = project / "generated"
    rules = sorted(map(str, (kept / "rules").glob("*.yaml")))
    assert len(rules) > 3
    for command in ([tool("promtool"), "check", "rules", *rules], [tool("amtool"), "check-config", str(kept / ALERTMANAGER)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
