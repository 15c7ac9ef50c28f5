"""What the documentation of routing shows is taken as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import projects
import pytest

import alertkit

PAGE = Path(alertkit.__file__).parent.parent / "docs" / "how-to" / "route-alerts.md"
ACME = """\
services: [{name: checkout, owner: web}, {name: search, owner: web}]
people: [{id: jonas, name: Jonas Weber, slack: U0JONAS1}]
schedules:
  - {name: primary, layers: [{rotation: weekly, handoff: Mon 09:00, from: "2026-01-05", members: [jonas]}]}
escalation:
  - {name: standard, steps: [{notify: [{schedule: primary}]}]}
  - {name: office-hours, steps: [{notify: [{team: web}]}]}
  - {name: europe, steps: [{notify: [{team: web}]}]}
  - {name: management, steps: [{notify: [{team: web}]}]}
dashboards: []
"""


def blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def of(file: str, examples: list[str]) -> str:
    return next(example for example in examples if example.startswith(f"# {file}"))


@pytest.mark.skipif(not PAGE.exists(), reason="only a checkout has the documentation")
@pytest.mark.parametrize("number", range(7))
def test_every_example_of_the_how_to_is_a_definition_without_problems(number, tmp_path):
    examples = blocks()
    assert len(examples) == 7
    example = examples[number]
    if example.startswith("    - "):
        example = f"routing:\n  routes:\n{example}"
    is_project = example.startswith("# alertkit.yaml")
    project = example if is_project else of("alertkit.yaml", examples)
    acme = ACME if is_project else f"{ACME}{example}"
    folder = projects.make(tmp_path, {"acme": acme}, f"dashboards: []\n{project}")
    assert alertkit.check(folder) == ()
