"""On-call calendars and escalation, pure: who is on call when, and which step is due when.

    clock       wall-clock times and instants; what daylight saving does
    intervals   sets of time
    rotation    whose turn it is in one layer
    hours       weekdays and hours: restrictions and active hours
    schedule    layers and overrides together: on_call, shifts, gaps
    fairness    how duty is shared out
    escalation  when each step of a policy is due
    paging      who is told when: a policy's steps with people, rooms, active hours and maintenance

Every instant that goes in or comes out is aware, and comes out in UTC.
"""

from alertkit.oncall.clock import instant, wall, zone
from alertkit.oncall.escalation import DueStep, cycle_length, timeline
from alertkit.oncall.fairness import Load, fairness
from alertkit.oncall.hours import in_interval, is_active, next_opening
from alertkit.oncall.paging import Moment, Page, moments
from alertkit.oncall.schedule import OVERRIDE, Shift, gaps, on_call, shifts

__all__ = [
    "OVERRIDE",
    "DueStep",
    "Load",
    "Moment",
    "Page",
    "Shift",
    "cycle_length",
    "fairness",
    "gaps",
    "in_interval",
    "instant",
    "is_active",
    "moments",
    "next_opening",
    "on_call",
    "shifts",
    "timeline",
    "wall",
    "zone",
]
