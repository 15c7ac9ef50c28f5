"""Written cases are of a size that promtool can hold: it keeps every sample in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alertkit.compiler.finding import Finding
from alertkit.compiler.scope import Data, Scope

MOST_SAMPLES = 500_000
"""Of all series of a case together: ten series of a month in minutes."""
_REPEATED = re.compile(r"x(\d+)", re.ASCII)
_DIGITS = 12
"""A longer number is over the limit, whatever it is."""


def check(data: Data, _scope: Scope) -> Iterator[Finding]:
    """Cases that would feed promtool more than a machine may hold."""
    for index, alert in enumerate(data.get("alerts", [])):
        for number, case in enumerate(alert.get("tests", [])):
            if sum(map(samples, case["series"].values())) > MOST_SAMPLES:
                yield Finding(
                    ("alerts", index, "tests", number, "series"),
                    "AK410",
                    f"alert {alert['name']!r}: the case feeds more than {MOST_SAMPLES:,} samples",
                    "repeat fewer values; a case begins where its alert begins to look",
                )


def samples(values: str) -> int:
    """How many moments promtool makes of values in its notation, gaps included; about, and never fewer."""
    return len(values.split()) + sum(int(count[:_DIGITS]) for count in _REPEATED.findall(values))
