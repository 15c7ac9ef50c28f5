"""Is everything that fires under maintenance? Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from alertkit.model.oncall import Maintenance


def covering(windows: Sequence[Maintenance], labels: Sequence[Mapping[str, str]], now: dt.datetime) -> Maintenance | None:
    """The window to wait for when every alert is in one that is open now: of those that are needed, the first to end.

    No alerts at all are covered by nothing.
    """
    active = [window for window in windows if window.start <= now < window.end]
    needed = []
    for alert in labels:
        fitting = [window for window in active if all(alert.get(name) == value for name, value in window.match.items())]
        if not fitting:
            return None
        needed.append(max(fitting, key=lambda window: window.end))
    return min(needed, key=lambda window: window.end, default=None)
