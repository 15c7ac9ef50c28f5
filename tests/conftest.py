"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import postgres_server
import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

PACKAGES = {
    "promtool": "Debian package prometheus",
    "amtool": "Debian package prometheus-alertmanager",
    "sloth": "scripts/upstream builds it",
}
"""Where a program comes from, when not from Debian's package of its name."""


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Path of a real program; a missing one is a named skip on a laptop and a failure in CI.

    `ALERTKIT_TEST_BIN` names a folder that is searched first, to test other versions than the system's.
    """

    def find(program: str) -> str:
        preferred = Path(os.environ.get("ALERTKIT_TEST_BIN", "/nonexistent")) / program
        found = str(preferred) if preferred.is_file() else shutil.which(program)
        if found is None:
            missing(program, PACKAGES.get(program, f"Debian package {program}"))
        return found

    return find


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_server.Server]:
    """A real PostgreSQL for this process, empty."""
    binaries = postgres_server.programs()
    if binaries is None:
        missing("PostgreSQL's initdb", "Debian package postgresql")
    with postgres_server.running(binaries) as server:
        yield server


def missing(program: str, source: str) -> NoReturn:
    """A named skip on a laptop, a failure in CI."""
    message = f"{program} is not installed ({source})"
    pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that tests have measured stand at the end, from whichever process: `record_property("figure", "97 % of …")`."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "figure" and report.when == "call":
                terminalreporter.write_line(value)
