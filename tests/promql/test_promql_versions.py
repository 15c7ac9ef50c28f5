from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from promql_strategies import expression

from alertkit.promql import needs, parse
from alertkit.promql.functions import AGGREGATIONS, FUNCTIONS
from alertkit.promql.versions import _SINCE

NEW = {
    "rate(x[5])": (3, 0),
    "x offset 5": (3, 0),
    "x offset -5": (3, 0),
    "max_over_time(x[5m:30])": (3, 0),
    'sum by ("a b") (x)': (3, 0),
    'x{"a b"="c"}': (3, 0),
    '{"a.b"}': (3, 0),
    '{a="b", "c"}': (3, 0),
    'x / on ("a") y': (3, 0),
    "x * 5m": (3, 0),
    "1h30m + x": (3, 0),
    "histogram_avg(x)": (2, 51),
    "sort_by_label(x, 'a')": (2, 51),
    "mad_over_time(x[5m])": (2, 51),
    "limitk(3, x)": (2, 54),
    "limit_ratio by (a) (0.5, x)": (2, 54),
    "double_exponential_smoothing(x[5m], 0.5, 0.5)": (3, 0),
    "ts_of_max_over_time(x[5m])": (3, 5),
    "first_over_time(x[5m])": (3, 7),
    "x - start()": (3, 12),
    "x + fill(0) y": (3, 13),
    "min_of(1, 2) * x": (3, 13),
}
OLD = [
    "x @ 5",
    "x @ start()",
    "rate(x[5m] @ end())",
    "x offset -5m",
    "0x1F * x",
    "x + 1e3",
    "x - .5",
    "x > 5",
    "label_replace(x, 'a', 'b', 'c', 'd')",
    'count_values("a", x)',
    'x{a="5m", b=~"x"}',
    "sum by (range, step) (x)",
    "step + fill",
    "range / on (start) end",
    "quantile by (a) (0.5, x)",
    "max_over_time(rate(x[5m])[1h:1m] offset 1w)",
    "topk(3, x)",
    "histogram_quantile(0.99, x)",
]


@pytest.mark.parametrize(("expr", "version"), NEW.items(), ids=NEW)
def test_what_only_later_versions_understand_is_known(expr: str, version: tuple[int, int]) -> None:
    parse(expr)
    need = needs(expr)
    assert need is not None
    assert need.version == version
    word = re.findall(r"the (?:name|duration) (\S+)|(\w+)\(\)", need.what)[0]
    assert expr[need.offset :].startswith(word[0] or word[1])


@pytest.mark.parametrize("expr", OLD)
def test_what_every_version_understands_needs_none(expr: str) -> None:
    parse(expr)
    assert needs(expr) is None


def test_the_newest_of_several_is_named() -> None:
    need = needs("limitk(3, rate(x[5])) + start()")
    assert need is not None
    assert (need.version, need.what, need.offset) == ((3, 12), "start()", 24)


def test_what_is_experimental_is_named_before_what_is_new() -> None:
    need = needs("limitk(3, first_over_time(x[5m]))")
    assert need is not None
    assert (need.what, need.experimental) == ("limitk()", True)


def test_every_function_of_the_table_is_one_that_is_understood() -> None:
    assert set(_SINCE) <= FUNCTIONS | AGGREGATIONS | {"fill", "fill_left", "fill_right"}


def check(promtool: str, folder: Path, expr: str) -> bool:
    quoted = expr.replace("'", "''")
    (folder / "rules.yaml").write_text(f"groups: [{{name: a, rules: [{{record: 'a:b', expr: '{quoted}'}}]}}]\n", encoding="utf-8")
    return (
        subprocess.run([promtool, "check", "rules", str(folder / "rules.yaml")], capture_output=True, check=False).returncode == 0
    )


def version_of(promtool: str) -> tuple[int, int]:
    """As it says itself, or, of one that `go install` built and that says nothing, as its module is: v0.316.0 is 3.16."""
    said = subprocess.run([promtool, "--version"], capture_output=True, text=True, check=True)
    if found := re.search(r"version (\d+)\.(\d+)", said.stdout + said.stderr):
        return int(found[1]), int(found[2])
    module = re.search(rb"\tgithub\.com/prometheus/prometheus\tv0\.(\d+)\.", Path(promtool).read_bytes())
    assert module, f"{promtool} has no version"
    return divmod(int(module[1]), 100)


def test_promtool_takes_exactly_what_its_version_understands(tool: Callable[[str], str], tmp_path: Path) -> None:
    promtool = tool("promtool")
    version = version_of(promtool)
    assert {expr: check(promtool, tmp_path, expr) for expr in (*OLD, *NEW)} == {
        expr: (need := needs(expr)) is None or (need.version <= version and not need.experimental) for expr in (*OLD, *NEW)
    }


def test_expressions_that_promtool_takes_at_random_need_nothing() -> None:
    for seed in range(600):
        assert needs(expression(random.Random(seed))) is None


@pytest.mark.parametrize(("expr", "version"), NEW.items(), ids=NEW)
def test_it_is_known_wherever_it_stands(expr: str, version: tuple[int, int]) -> None:
    for seed in range(30):
        around = expression(random.Random(seed))
        found = needs(f"{around} or\n{expr} or {around}")
        assert found is not None
        assert found.version == version
