"""What follows from an outcome. Pure: time and chance are arguments."""

from __future__ import annotations

import datetime as dt
from typing import Final

from alertkit.channels.base import Outcome, Refused, Retry, Sent
from alertkit.stores.base import Settlement

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 300.0
"""Seconds between tries: doubled each time, and spread so that many that failed together do not come back together."""
REOPENED: Final = 3
"""Tries after which a thread whose beginning is gone is not begun anew."""


def settle(
    outcome: Outcome, *, repeatable: bool, attempt: int, now: dt.datetime, give_up: dt.datetime, chance: float
) -> Settlement:
    """Sent, again later, or never.

    When nobody knows whether a message left, it is sent again only where twice is harmless: a later step pages anyway.
    `chance` is in [0, 1).
    """
    if isinstance(outcome, Sent):
        return Settlement("sent", now, outcome.reference)
    if isinstance(outcome, Refused):
        if outcome.reopen and attempt < REOPENED:
            return Settlement("pending", now, reason=outcome.reason or "gone", reopen=True)
        return Settlement("failed", now, reason=outcome.reason or "refused")
    return _again(outcome, repeatable=repeatable, attempt=attempt, now=now, give_up=give_up, chance=chance)


def _again(
    outcome: Retry, *, repeatable: bool, attempt: int, now: dt.datetime, give_up: dt.datetime, chance: float
) -> Settlement:
    reason = outcome.reason or "not now"
    if outcome.maybe_sent and not repeatable:
        return Settlement("failed", now, reason=f"{reason}: it may have been sent, and twice would be worse")
    pause = min(FIRST_PAUSE * 2 ** min(attempt - 1, 30), LONGEST_PAUSE) * (0.75 + 0.5 * chance)
    due = now + dt.timedelta(seconds=max(outcome.after, pause))
    if due > give_up:
        return Settlement("failed", now, reason=f"{reason}: given up after {attempt} tries")
    return Settlement("pending", due, reason=reason)
