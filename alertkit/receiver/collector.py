"""Python's garbage collector, told what kind of process this is."""

from __future__ import annotations

import gc
from typing import Final

COLLECTED_AFTER: Final = 20_000
"""New objects after which the young ones are looked at; 700 by default, which a message makes by itself."""


def spare_the_collector() -> None:
    """What exists by now lives as long as the process, and hardly anything that a storm makes holds itself: look seldom."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 20, 20)
