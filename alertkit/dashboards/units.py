"""Units: ours to Grafana's, and what a metric's name says about its own."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from alertkit.model.policy import Unit

GRAFANA: Final[dict[Unit, str]] = {
    "none": "short",
    "duration": "s",
    "percent": "percentunit",
    "bytes": "bytes",
    "per_second": "cps",
    "count": "short",
}
"""Grafana's id for each unit of a definition; a percent is a ratio, 1 is 100 %."""

RATES: Final = {"bytes": "binBps", "requests": "reqps", "queries": "reqps"}
PLAIN: Final = {
    "ratio": "percentunit",
    "utilisation": "percentunit",
    "utilization": "percentunit",
    "seconds": "s",
    "duration": "s",
    "milliseconds": "ms",
    "bytes": "bytes",
    "celsius": "celsius",
    "percent": "percent",
}

_SHARES = frozenset({"utilisation", "utilization"})
_QUANTILE = re.compile(r"p[0-9]+|median|quantile")
"""Of a histogram's rate, in the unit of what was observed."""


@lru_cache(maxsize=1024)
def of_series(name: str) -> str:
    """Grafana's unit for a metric or recorded series, by the names that Prometheus' documentation asks for; else `short`.

    Source: prometheus.io/docs/practices/naming and /rules: base units are a suffix, operations follow the last colon.
    """
    words = re.split("[_:]", name)
    if "timestamp" in words or "ratio" in words:
        return "percentunit" if "ratio" in words else "short"  # Grafana's dates count milliseconds, Prometheus' seconds
    operations = name.rpartition(":")[2].split("_") if ":" in name else []
    rated = any(one.startswith(("rate", "irate")) for one in operations)
    if rated and _SHARES.isdisjoint(words) and not any(map(_QUANTILE.fullmatch, operations)):
        return next((RATES[word] for word in words if word in RATES), "cps")
    return next((PLAIN[word] for word in reversed(words) if word in PLAIN), "short")
