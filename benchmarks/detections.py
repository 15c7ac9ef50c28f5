"""False alarms and recall of the anomaly rules on generated series: `python benchmarks/detections.py [series per kind]`.

The rules are re-implemented here over arrays of one-minute values; tests hold their expressions to promtool. The series are made
up: steady, daily and weekly cycles, bursts, counts, heavy tails. They rank sensitivities; they promise nothing for yours.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Callable

MINUTES_A_DAY = 1_440
DAYS = 28
DEBOUNCE = 15
SPIKE_FACTORS = (4, 5, 7, 10)
LEVEL_FACTORS = (2, 3, 4, 6)
FLOOR = 0.01

Values = list[float]


def steady(rng: random.Random, minute: int) -> float:
    return 100 + rng.gauss(0, 5)


def daily(rng: random.Random, minute: int) -> float:
    return 100 + 60 * math.sin(2 * math.pi * minute / MINUTES_A_DAY) + rng.gauss(0, 6)


def weekly(rng: random.Random, minute: int) -> float:
    weekend = 0.6 if minute // MINUTES_A_DAY % 7 >= 5 else 1.0
    return weekend * daily(rng, minute)


def counts(rng: random.Random, minute: int) -> float:
    mean = 20 + 15 * math.sin(2 * math.pi * minute / MINUTES_A_DAY)
    return max(0.0, round(rng.gauss(mean, math.sqrt(mean))))


def heavy(rng: random.Random, minute: int) -> float:
    return (100 + 40 * math.sin(2 * math.pi * minute / MINUTES_A_DAY)) * rng.lognormvariate(0, 0.3)


KINDS: dict[str, Callable[[random.Random, int], float]] = {
    "steady": steady,
    "daily": daily,
    "weekly": weekly,
    "counts": counts,
    "heavy": heavy,
}


def means(values: Values, window: int) -> Values:
    """avg_over_time, as far back as there are values."""
    total = [0.0, *itertools.accumulate(values)]
    return [(total[i + 1] - total[max(0, i + 1 - window)]) / min(i + 1, window) for i in range(len(values))]


def deviations(values: Values, window: int) -> Values:
    """stddev_over_time."""
    squares, mean = means([v * v for v in values], window), means(values, window)
    return [math.sqrt(max(0.0, s - m * m)) for s, m in zip(squares, mean, strict=True)]


def spikes(values: Values) -> Values:
    """How many usual deviations each value lies from the mean of the hour before; 0 below the floor and on the first day."""
    mean, spread = means(values, 60), means(deviations(values, 60), MINUTES_A_DAY)
    found = [0.0] * len(values)
    for i in range(MINUTES_A_DAY, len(values)):
        away = abs(values[i] - mean[i - 1])
        if away > FLOOR * abs(mean[i - 1]) and spread[i - 1]:
            found[i] = away / spread[i - 1]
    return found


def levels(values: Values) -> Values:
    """How many usual changes in a day the last hour lies from yesterday's and last week's, whichever is nearer."""
    level, week = means(values, 60), 7 * MINUTES_A_DAY
    change = [abs(level[i] - level[i - MINUTES_A_DAY]) if i >= MINUTES_A_DAY else 0.0 for i in range(len(level))]
    usual = means(change[MINUTES_A_DAY:], week)
    found = [0.0] * len(values)
    for i in range(week + MINUTES_A_DAY, len(values)):
        away = min(abs(level[i] - level[i - MINUTES_A_DAY]), abs(level[i] - level[i - week]))
        scale = usual[i - 60 - MINUTES_A_DAY]
        found[i] = away / scale if away > FLOOR * abs(level[i]) and scale else 0.0
    return found


def episodes(scores: Values, factor: float) -> list[int]:
    """When alerts begin, with `keep_firing_for` joining what flickers."""
    found, last = [], -DEBOUNCE - 1
    for i, score in enumerate(scores):
        if score > factor:
            if i - last > DEBOUNCE:
                found.append(i)
            last = i
    return found


def measure(score: Callable[[Values], Values], factors: tuple[int, ...], harm: Callable[[Values, int], int], size: int) -> None:
    print(f"{'':8}" + "".join(f"{f'x{factor}':>16}" for factor in factors))
    for name, kind in KINDS.items():
        false, caught, made = [0] * len(factors), [0] * len(factors), 0
        for seed in range(size):
            rng = random.Random(f"{name}{seed}")
            clean = [kind(rng, minute) for minute in range(DAYS * MINUTES_A_DAY)]
            scores = score(clean)
            false = [count + len(episodes(scores, factor)) for count, factor in zip(false, factors, strict=True)]
            for day in (12, 19, 26):
                start, broken = day * MINUTES_A_DAY + rng.randrange(600, 1_200), list(clean)
                end = start + harm(broken, start)
                hurt, made = score(broken)[start:end], made + 1
                caught = [count + (max(hurt) > factor) for count, factor in zip(caught, factors, strict=True)]
        weeks = size * DAYS / 7
        print(f"{name:8}" + "".join(f"{f / weeks:9.2f} {c / made:6.0%}" for f, c in zip(false, caught, strict=True)))


def spike_harm(values: Values, start: int) -> int:
    """Ten minutes at 60 % above."""
    for i in range(start, start + 10):
        values[i] *= 1.6
    return 10


def level_harm(values: Values, start: int) -> int:
    """Four hours at 30 % below."""
    for i in range(start, start + 240):
        values[i] *= 0.7
    return 240


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    print("false alarms per series and week, and share caught; spike: 10 minutes at +60 %")
    measure(spikes, SPIKE_FACTORS, spike_harm, size)
    print("level: 4 hours at -30 %")
    measure(levels, LEVEL_FACTORS, level_harm, size)


if __name__ == "__main__":
    main()
