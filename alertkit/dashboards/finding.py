"""One thing that is wrong with a dashboard."""

from __future__ import annotations

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. `panel` is the panel's title, empty for the dashboard itself."""

    rule: str
    panel: str
    message: str

    def __str__(self) -> str:
        place = f"panel {self.panel!r}: " if self.panel else ""
        return f"{self.rule}: {place}{self.message}"
