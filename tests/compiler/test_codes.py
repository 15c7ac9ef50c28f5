from __future__ import annotations

import re
from pathlib import Path

import projects
import pytest

import alertkit
from alertkit.compiler.codes import AREAS, CODES, Code

PACKAGE = Path(alertkit.__file__).parent
SHOWN = [(code, page) for code, page in CODES.items() if page.wrong and not code.startswith("AK1")]
MENDED = [(code, page) for code, page in SHOWN if page.right]


def raised() -> set[str]:
    files = [file for file in PACKAGE.rglob("*.py") if file.parent.name != "codes"]
    return {code for file in files for code in re.findall(r'"(AK\d{3})"', file.read_text(encoding="utf-8"))}


def test_every_code_that_is_raised_is_explained_and_every_explained_code_is_raised() -> None:
    assert sorted(raised() - set(CODES)) == []
    assert sorted(set(CODES) - raised()) == []


def test_no_code_stands_in_two_subjects_and_codes_are_in_order() -> None:
    every = [code for area in AREAS.values() for code in area]
    assert every == sorted(set(every))


@pytest.mark.parametrize(("code", "page"), CODES.items(), ids=CODES)
def test_a_page_has_a_title_an_explanation_and_both_examples_or_none(code: str, page: Code) -> None:
    assert page.title
    assert page.explanation.endswith(".")
    assert bool(page.wrong) == bool(page.right)


@pytest.mark.parametrize(("code", "page"), SHOWN, ids=[code for code, _ in SHOWN])
def test_the_wrong_example_raises_its_code(code: str, page: Code, tmp_path: Path) -> None:
    assert code in {problem.code for problem in projects.problems(tmp_path, page.wrong)}


@pytest.mark.parametrize(("code", "page"), MENDED, ids=[code for code, _ in MENDED])
def test_the_right_example_raises_nothing(code: str, page: Code, tmp_path: Path) -> None:
    assert projects.problems(tmp_path, page.right) == []
