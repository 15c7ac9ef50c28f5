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


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tool: Callable[[str], str]) -> Iterator[ModuleType]:
    tool("promtool")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = importlib.import_module("mutants")
    yield module
    for name in ("mutants", "mutations"):
        sys.modules.pop(name, None)


@pytest.fixture
def hold_the_share(mutants: ModuleType, record_property: Callable[[str, object], None]) -> Callable[[list[object]], None]:
    """Try mutants, say how many were noticed, and fail when too few were."""

    def hold(chosen: list[object]) -> None:
        verdicts = mutants.caught(chosen, os.cpu_count() or 1)
        report = mutants.report(chosen, verdicts)
        record_property("figure", report.splitlines()[-1])
        assert mutants.share(verdicts) >= SHARE, report

    return hold


def test_the_cases_of_all_packs_and_examples_notice_mistakes_in_their_rules(
    mutants: ModuleType, hold_the_share: Callable[[list[object]], None]
) -> None:
    hold_the_share(random.Random(1).sample(mutants.mutants_of(), SAMPLE))


@pytest.mark.nightly
def test_the_cases_of_all_packs_and_examples_notice_every_mistake_in_their_rules(
    mutants: ModuleType, hold_the_share: Callable[[list[object]], None]
) -> None:
    hold_the_share(mutants.mutants_of())
