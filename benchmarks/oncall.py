"""How long calendars take: `python benchmarks/oncall.py`.

Prints the median of several runs, in milliseconds, of a year of a schedule with five layers (the number to hold is 50), of the
same with five hourly layers, and of one question who is on call, in microseconds.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial

from alertkit.model.oncall import Handoff, Layer, Override, Restriction, Schedule
from alertkit.oncall import fairness, gaps, on_call, shifts

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
PEOPLE = ("amelie", "jonas", "maria", "luca", "olivia")
WORKDAYS = (0, 1, 2, 3, 4)


def usual() -> Schedule:
    """A weekly base, nights by day, office hours, a monthly manager at weekends, hourly help at noon; 20 overrides."""
    start = dt.date(2025, 1, 6)
    layers = (
        Layer("weekly", Handoff("09:00", weekday=0), start, PEOPLE),
        Layer("daily", Handoff("20:00"), start, PEOPLE[1:], restrict=(Restriction(WORKDAYS, "20:00", "08:00"),)),
        Layer("daily", Handoff("08:00"), start, PEOPLE[:3], every=2, restrict=(Restriction(WORKDAYS, "08:00", "20:00"),)),
        Layer("monthly", Handoff("00:00", day=1), start, PEOPLE, restrict=(Restriction((5, 6), "00:00", "24:00"),)),
        Layer("hourly", Handoff("00:30"), start, PEOPLE, restrict=(Restriction(WORKDAYS, "11:30", "14:30"),)),
    )
    days = (dt.datetime.fromisoformat("2026-01-03") + dt.timedelta(days=18 * n) for n in range(20))
    overrides = tuple(Override(day, day + dt.timedelta(days=2), PEOPLE[day.day % 5]) for day in days)
    return Schedule("Europe/Paris", layers, overrides)


def worst() -> Schedule:
    """Five hourly layers, each on duty in turn for a part of every day."""
    day = tuple(range(7))
    parts = ("00:00-24:00", "05:00-24:00", "10:00-24:00", "15:00-24:00", "20:00-24:00")
    restrictions = [Restriction(day, *part.split("-")) for part in parts]
    return Schedule(
        "Europe/Paris", tuple(Layer("hourly", Handoff("00:30"), dt.date(2025, 1, 1), PEOPLE, restrict=(r,)) for r in restrictions)
    )


def milliseconds(run: Callable[[], object], repeats: int = 15) -> float:
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        taken.append(1_000 * (time.perf_counter() - began))
    return statistics.median(taken)


def at_a_thousand_hours(schedule: Schedule) -> None:
    for hour in range(1_000):
        on_call(schedule, START + dt.timedelta(hours=hour))


def main() -> None:
    for name, schedule in (("usual", usual()), ("hourly", worst())):
        count = len(shifts(schedule, START, END))
        print(f"{name}: a year of 5 layers, {count} shifts: {milliseconds(partial(shifts, schedule, START, END)):.1f} ms")
        print(
            f"{name}: its gaps {milliseconds(partial(gaps, schedule, START, END)):.1f} ms, "
            f"fairness {milliseconds(partial(fairness, schedule, START, END)):.1f} ms"
        )
        one = milliseconds(partial(at_a_thousand_hours, schedule))
        print(f"{name}: who is on call at an instant: {one:.0f} us")


if __name__ == "__main__":
    main()
