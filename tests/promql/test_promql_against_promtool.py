"""What isolation and label flow claim, against the real engine: one promtool run over many random expressions."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from promql_strategies import METRICS, expression

from alertkit.promql import isolate, label_flow

Tool = Callable[[str], str]
Results = dict[str, str]

COUNT = 600
EXPRESSIONS = sorted({expression(random.Random(seed)) for seed in range(COUNT)})
HOLES = [
    "topk(scalar(sum(secret)), errors_total)",
    "quantile(scalar(min(secret)) / 100, load)",
    "absent(secret)",
    "absent_over_time(secret[5m])",
    "secret",
    '{__name__=~"secret|load"}',
    "count({__name__!=''})",
    "max_over_time(sum(load)[10m:1m])",
    "load @ end() + on () group_left () sum(load offset 1m)",
    "sum without (tenant) (load)",
    'count_values("value", load)',
    'label_replace(load, "who", "$1", "tenant", "(.*)")',
    "load * ignoring (tenant) group_left () sum by (job, instance, le, zone) (errors_total)",
    "load unless on (job) secret",
    "sum(sum by (tenant) (load)) or vector(0)",
    "clamp_max(load, scalar(count(secret)))",
]
"""One for each way around a matcher that was found in a rewriter; the metric `secret` is another tenant's alone."""

FOREIGN = [
    [],
    ['tenant="b"'],
    ['tenant="aa"', 'tenant="A"', 'tenant="a|b"', ""],
    ['tenant="b"', 'tenant=".*"', 'other="a"'],
]
"""Labels of the other series in each world; the tenant's own have tenant="a"."""

_ENTRY = re.compile(r'^    expr: ("(?:[^"\\]|\\.)*"), time: \S+,(.*?)(?=^    expr: |\Z)', re.DOTALL | re.MULTILINE)
_VALUE = re.compile(r"\} (\S+?)(?=,|$)")
_SERIES = re.compile(r'\{([^{}]*(?:"(?:[^"\\]|\\.)*")?[^{}]*)\} ')
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def series(metric: str, labels: str, seed: int) -> list[dict[str, str]]:
    shapes = [("api", "i1", "eu", "0.1"), ("api", "i2", "us", "1"), ("we'b", "i3", "eu", "+Inf")]
    return [
        {
            "series": f'{metric}{{job="{job}",instance="{instance}",zone="{zone}",le="{le}"{"," if labels else ""}{labels}}}',
            "values": f"{seed + 7 * at}+{1 + seed % 5 + at}x40",
        }
        for at, (job, instance, zone, le) in enumerate(shapes)
    ]


def world(foreign: list[str]) -> list[dict[str, str]]:
    own = [entry for at, metric in enumerate(METRICS) for entry in series(metric, 'tenant="a"', 10 * at)]
    others = itertools.product(enumerate([*METRICS, "secret"]), enumerate(foreign, start=1))
    return own + [entry for (at, metric), (of, labels) in others for entry in series(metric, labels, 10 * at + 37 * of)]


def evaluate(tool: Tool, folder: Path, worlds: list[list[str]], exprs: Iterable[str]) -> list[Results]:
    """What every expression returns in every world, as promtool prints it; nothing printed is an empty result."""
    files = []
    for at, foreign in enumerate(worlds):
        cases = [{"expr": expr, "eval_time": "35m", "exp_samples": []} for expr in exprs]
        tests = [{"interval": "1m", "input_series": world(foreign), "promql_expr_test": cases}]
        file = folder / f"world{at}.json"
        file.write_text(json.dumps({"evaluation_interval": "1m", "tests": tests}))
        files.append(str(file))
    command = [tool("promtool"), "test", "rules", *files]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    outputs = re.split(r"^(?:Unit Testing|Processing test file):.*$", run.stdout, flags=re.MULTILINE)[1:]
    assert len(outputs) == len(worlds), run.stdout[:2000]
    return [{json.loads(match[1]): settled(match[2]) for match in _ENTRY.finditer(output)} for output in outputs]


def settled(printed: str) -> str:
    """Without what differs from run to run: promtool adds series up in no fixed order, and errors name any one of them."""
    if " err: " in printed:
        return "error"
    return _VALUE.sub(lambda found: f"}} {float(found[1]):.9g}", printed.partition("got:")[2].strip())


@pytest.fixture(scope="module")
def isolated() -> dict[str, str]:
    return {expr: isolate(expr, "tenant", "a") for expr in [*EXPRESSIONS, *HOLES]}


def test_data_of_other_tenants_changes_no_result_of_an_isolated_expression(
    tool: Tool, tmp_path: Path, isolated: dict[str, str]
) -> None:
    alone, *crowded = evaluate(tool, tmp_path, FOREIGN, isolated.values())
    for world_of_many in crowded:
        assert world_of_many == alone


def test_without_isolation_the_same_data_changes_many_results(tool: Tool, tmp_path: Path) -> None:
    alone, *crowded = evaluate(tool, tmp_path, FOREIGN, [*EXPRESSIONS, *HOLES])
    changed = {expr for expr in [*EXPRESSIONS, *HOLES] for results in crowded if results.get(expr) != alone.get(expr)}
    assert len(changed) > COUNT / 3
    assert set(HOLES) <= changed


def test_an_isolated_expression_returns_what_the_original_returns_where_no_other_tenant_is(
    tool: Tool, tmp_path: Path, isolated: dict[str, str]
) -> None:
    plain = {expr: text for expr, text in isolated.items() if "absent" not in expr}
    (original,) = evaluate(tool, tmp_path, [[]], plain)
    (crowded,) = evaluate(tool, tmp_path, [FOREIGN[2]], plain.values())
    for expr, text in plain.items():
        assert crowded.get(text) == original.get(expr), expr


def test_no_result_has_a_label_that_the_label_flow_rules_out(tool: Tool, tmp_path: Path) -> None:
    for results in evaluate(tool, tmp_path, FOREIGN, [*EXPRESSIONS, *HOLES]):
        for expr, text in results.items():
            flow = label_flow(expr)
            labels = {label for found in _SERIES.findall(text) for label in _LABEL.findall(found)}
            assert not {label for label in labels - {"__name__"} if not flow.may_have(label)}, expr


def test_promtool_accepts_every_isolated_expression_that_it_accepted_before(
    tool: Tool, tmp_path: Path, isolated: dict[str, str]
) -> None:
    assert check_rules(tool, tmp_path, list(isolated)) == ""
    assert check_rules(tool, tmp_path, list(isolated.values())) == ""


def check_rules(tool: Tool, folder: Path, exprs: list[str]) -> str:
    rules = [{"record": f"r:{at}", "expr": expr} for at, expr in enumerate(exprs)]
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}))
    run = subprocess.run([tool("promtool"), "check", "rules", str(file)], capture_output=True, text=True, check=False, timeout=60)
    return run.stderr if run.returncode else ""
