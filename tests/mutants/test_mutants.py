"""Mistakes in generated rules must be noticed by the generated cases. What is tried, and how, is in scripts/mutants.py."""

from __future__ import annotations

import importlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
SAMPLE = 150
SHARE = 0.95
OF_ALL = 0.99
"""The share that is known to be reached by all; a sample of 150 is more easily unlucky."""


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tool: Callable[[str], str]) -> Iterator[ModuleType]:
    tool("promtool")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = importlib.import_module("mutants")
    yield module
    for name in ("mutants", "mutations"):
        sys.modules.pop(name, None)


@pytest.fixture
def hold_the_share(mutants: ModuleType, record_property: Callable[[str, object], None]) -> Callable[[list[object], float], None]:
    """Try mutants, say how many were noticed, and fail when too few were."""

    def hold(chosen: list[object], share: float) -> None:
        verdicts = mutants.caught(chosen, os.cpu_count() or 1)
        report = mutants.report(chosen, verdicts)
        record_property("figure", report.splitlines()[-1])
        assert mutants.share(verdicts) >= share, report

    return hold


@pytest.fixture
def every(mutants: ModuleType) -> list[object]:
    """All mutants of all packs, SLOs and detections."""
    found: list[object] = mutants.mutants_of()
    return found


def test_the_cases_of_all_packs_and_examples_notice_mistakes_in_their_rules(
    mutants: ModuleType, every: list[object], hold_the_share: Callable[[list[object], float], None]
) -> None:
    hold_the_share(random.Random(1).sample(mutants.worthwhile(every), SAMPLE), SHARE)


def test_a_mistake_that_no_case_need_notice_is_still_one_that_is_tried(mutants: ModuleType, every: list[object]) -> None:
    for one in mutants.equivalents():
        assert one.reason
        assert any(map(one.covers, every)), one


@pytest.mark.nightly
def test_the_cases_of_all_packs_and_examples_notice_every_mistake_in_their_rules(
    mutants: ModuleType, every: list[object], hold_the_share: Callable[[list[object], float], None]
) -> None:
    hold_the_share(mutants.worthwhile(every), OF_ALL)
