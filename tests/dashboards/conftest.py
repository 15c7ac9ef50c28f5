from __future__ import annotations

import dashboard_definitions
import pytest


@pytest.fixture(scope="session")
def acme():
    return dashboard_definitions.acme()
