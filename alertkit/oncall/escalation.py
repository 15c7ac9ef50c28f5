"""When each step of an escalation policy is due, as long as nobody acknowledges."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Final

import msgspec

from alertkit.model.oncall import EscalationPolicy
from alertkit.oncall.clock import utc
from alertkit.oncall.hours import next_opening

PAUSE_OF_ONE_STEP: Final = 1_800
"""Seconds before a policy begins again whose steps are all due at once, so that its own delays say nothing."""


class DueStep(msgspec.Struct, frozen=True):
    """Step `step` (index into the policy's steps) of cycle `cycle` (0 is the first run) falls due at `due`."""

    cycle: int
    step: int
    due: dt.datetime


def timeline(policy: EscalationPolicy, opened: dt.datetime) -> tuple[DueStep, ...]:
    """Every step of every cycle with the instant at which it is due, in that order.

    A step that falls due outside the active hours waits for the next opening, and those after it keep their distance to it:
    nobody is passed over because the office was closed.

    Raises:
        ValueError: `opened` is naive, or the policy's active hours never open.
    """
    due, elapsed, found = utc(opened), 0, []
    for cycle in range(policy.repeat + 1):
        for index, step in enumerate(policy.steps):
            offset = cycle * cycle_length(policy) + step.after
            due, elapsed = due + dt.timedelta(seconds=offset - elapsed), offset
            if policy.active is not None:
                due = next_opening(policy.active, due)
            found.append(DueStep(cycle, index, due))
    return tuple(found)


def cycle_length(policy: EscalationPolicy) -> int:
    """Seconds from the beginning of one cycle to the beginning of the next.

    The last step is given as much time as the step before it was given: the last delay between two steps that is not 0.
    """
    times = (0, *(step.after for step in policy.steps))
    pauses = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return times[-1] + (pauses[-1] if pauses else PAUSE_OF_ONE_STEP)
