"""Bad input about routing: every mistake with file, line, column, code and hint; the other tenants are still written."""

from __future__ import annotations

from pathlib import Path

import projects
import pytest
import yaml

import alertkit
from alertkit import paths

MISTAKES = yaml.safe_load((Path(__file__).parent / "bad_routing.yaml").read_text(encoding="utf-8"))
HINTLESS = {"AK204", "AK202", "AK310", "AK201"}
"""Codes whose message says what was expected, so that a hint would repeat it."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_place_code_and_hint(mistake: str, tmp_path: Path) -> None:
    code = MISTAKES[mistake]["code"]
    places = projects.make_example(tmp_path, MISTAKES[mistake]["example"])
    found = [problem for problem in alertkit.check(tmp_path) if problem.code == code]
    assert [projects.where(problem) for problem in found] == places, alertkit.check(tmp_path)
    assert all(problem.hint or code in HINTLESS for problem in found), found


OF_A_TENANT = [mistake for mistake, told in MISTAKES.items() if "# alertkit.yaml" not in told["example"]]


@pytest.mark.parametrize("mistake", OF_A_TENANT)
def test_the_other_tenants_are_still_written(mistake: str, tmp_path: Path) -> None:
    projects.make_example(tmp_path, MISTAKES[mistake]["example"])
    (tmp_path / "tenants" / "globex.yaml").write_text(projects.tenant("", "globex"))
    plan = alertkit.write(alertkit.build(tmp_path))
    assert plan.failed
    written = (tmp_path / "generated" / paths.ALERTMANAGER_FILE).read_text()
    assert "globex/owner-web" in written
    assert "acme" not in written
