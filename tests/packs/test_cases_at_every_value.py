"""A tenant may set any parameter to anything in its range: every alert still has cases, and they hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pack_projects import make_project

from alertkit.compiler import api
from alertkit.compiler.packs import values
from alertkit.compiler.packs.library import Library
from alertkit.compiler.proof.run import prove
from alertkit.model.pack import Pack, Parameter, Value
from alertkit.model.quantity import Duration

SHIPPED = Library().names()
RANDOM = 1
"""Sets of random values for each pack; nightly thirty times as many."""
TEXTS = ("shop", 'a "quoted" \\ job', "büro/eins")
PATTERNS = ("web-[0-9]+", "a|b|c", "(?i:prod).*", "x.y?")


def pack_named(name: str) -> Pack:
    reading = Library().find(name)
    assert reading is not None
    assert reading.pack is not None
    return reading.pack


def written(parameter: Parameter, value: Value) -> Any:
    text = values.shown(parameter.kind, value)
    return float(text) if parameter.kind == "number" else int(text) if parameter.kind == "integer" else text


def anything(parameter: Parameter, chance: random.Random) -> Value:
    """A value of the parameter's kind and within its bounds, small and large ones equally likely."""
    low, high = parameter.minimum, parameter.maximum
    if isinstance(low, Duration) and isinstance(high, Duration):
        return Duration(max(1, round(between(low.ms, high.ms, chance))))
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        value = Decimal(f"{between(float(low), float(high), chance):.4g}")
        return min(max(round(value) if parameter.kind == "integer" else value, low), high)
    if parameter.kind == "pattern":
        return chance.choice(PATTERNS)
    if parameter.kind == "text":
        return chance.choice(TEXTS)
    return f"{parameter.sample}_too"


def between(low: float, high: float, chance: random.Random) -> float:
    least = low or high / 10_000
    return least * (high / least) ** chance.random()


def uses(pack: Pack, count: int) -> Iterator[dict[str, Any]]:
    """What services say: as little as they must, the bounds, what holds in development, and random values."""
    every = pack.parameters.values()
    needed = {one.name: written(one, one.sample) for one in every if one.default is None}
    yield needed
    for bound in ("minimum", "maximum", "relaxed"):
        yield needed | {one.name: written(one, getattr(one, bound)) for one in every if getattr(one, bound) is not None}
    for seed in range(count):
        chance = random.Random(f"{pack.name} {seed}")
        yield {one.name: written(one, anything(one, chance)) for one in every}


def check(pack: Pack, count: int, folder: Path) -> None:
    """Each use in a project of its own: in one, every scene would evaluate the rules of all uses."""
    for number, said in enumerate(uses(pack, count)):
        check_use(pack, said, folder / str(number))


def check_use(pack: Pack, said: dict[str, Any], folder: Path) -> None:
    build = api.build(make_project(folder, [{"name": "shop", "packs": [{"use": pack.name, "with": said}]}]), ["acme"])
    assert build.problems == (), said
    api.write(build)
    proof = next(one for one in prove(build, folder / "generated", 1) if one.tenant == "acme")
    assert proof.uncovered_alerts == {}, said
    assert {case: failure for file in proof.files for case, failure in file.failures.items()} == {}, said
    proven = {case.partition(":")[0] for file in proof.files for case in file.outcomes}
    assert {f"shop/{pack.name}/{alert.name}" for alert in pack.alerts} <= proven, said


@pytest.mark.parametrize("name", SHIPPED)
def test_every_alert_has_cases_that_hold_whatever_its_parameters_are(
    name: str, tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("promtool")
    check(pack_named(name), RANDOM, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("name", SHIPPED)
def test_every_alert_has_cases_that_hold_at_many_random_values(name: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    tool("promtool")
    check(pack_named(name), 30 * RANDOM, tmp_path)
