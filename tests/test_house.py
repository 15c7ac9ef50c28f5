"""Rules of the house that no other tool holds."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
MODULES = sorted((TOP / "alertkit").rglob("*.py"))
IDS = [str(file.relative_to(TOP)) for file in MODULES]


def test_no_two_files_of_tests_have_the_same_name_because_pytest_would_take_one_for_the_other() -> None:
    # conftest.py is pytest's own; __init__.py there is none.
    found = Counter(file.name for file in (TOP / "tests").rglob("*.py") if file.name != "conftest.py")
    assert [name for name, count in found.items() if count > 1] == []
    assert "__init__.py" not in found


@pytest.mark.parametrize("file", MODULES, ids=IDS)
def test_a_function_fits_on_a_screen(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 >= 50] == []


@pytest.mark.parametrize("file", MODULES, ids=IDS)
def test_nothing_is_left_to_do(file: Path) -> None:
    assert re.findall(r"\bTODO\b|\bFIXME\b", file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", MODULES, ids=IDS)
def test_only_the_receiver_s_settings_read_the_environment(file: Path) -> None:
    if file.name not in ("settings.py", "terminal.py"):  # whether there are colours is told in no other way
        assert re.findall(r"environ\[|environ\.get|getenv", file.read_text(encoding="utf-8")) == []
