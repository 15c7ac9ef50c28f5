from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).resolve().parent.parent
SCRIPT = TOP / "scripts" / "reference.py"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", sorted(file.name for file in (TOP / "docs" / "reference").glob("*.md")))
def test_a_page_of_the_reference_says_what_the_program_does(reference: ModuleType, page: str) -> None:
    written = (TOP / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == reference.pages()[page], "run scripts/reference.py and commit the result"
