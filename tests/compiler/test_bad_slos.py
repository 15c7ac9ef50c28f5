"""What is wrong with an SLO or a pack's parameter, told with file, line, code and what to do, as a tenant's author sees it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import projects
import pytest

from alertkit import check

TENANT = """\
services:
  - name: shop
    owner: platform
    packs:
      - use: http-service
        with:
          job: shop
%s
slos:
  - name: s
    service: shop
%s
"""
GOOD = "objective: 99.9%\nsli: {errors: a_total, total: b_total}"
SLOS = {
    "objective 100": (1, "AK701", "objective: 100%\nsli: {errors: a_total, total: b_total}", "write 99.99% or less"),
    "objective 0": (1, "AK701", "objective: 0%\nsli: {errors: a_total, total: b_total}", "between 0 % and 100 %"),
    "a window shorter than its tier": (
        3,
        "AK701",
        f"{GOOD}\ntiers: [{{name: page-40d, long: 40d, budget: 5%}}]",
        "window of 30d",
    ),
    "a tier of more than the budget": (
        3,
        "AK701",
        f"{GOOD}\ntiers: [{{name: page-1h, long: 1h, budget: 200%}}]",
        "at most 100 %",
    ),
    "a window too short for any tier": (3, "AK701", f"{GOOD}\nwindow: 30m", "tiers of your own"),
    "a total that is a gauge": (2, "AK701", "objective: 99%\nsli: {errors: a_total, total: queue_length}", "write sum(rate("),
    "errors without total": (2, "AK204", "objective: 99%\nsli: {errors: a_total}", "errors and total"),
    "another tenant's selector": (
        2,
        "AK402",
        """objective: 99%\nsli: {errors: 'a_total{tenant="globex"}', total: b_total}""",
        "remove that matcher",
    ),
    "another tenant's selector beside a warning": (
        2,
        "AK402",
        """objective: 90%\nsli: {errors: 'a_total{tenant="globex"}', total: b_total}""",
        "remove that matcher",
    ),
    "an unknown unit": (2, "AK204", "objective: 99%\nsli: {histogram: x_seconds, threshold: 3parsecs}", "30s, 5m or 1h30m"),
    "a number without its unit": (2, "AK203", "objective: 99%\nsli: {histogram: x_seconds, threshold: 300}", "30s, 5m or 1h30m"),
    "a rate without its unit": (3, "AK203", f"{GOOD}\nmin_rate: 5", "0.1/s or 6/m"),
    "an expression for a gauge": (2, "AK701", "objective: 99%\nsli: {gauge: 'rate(x[5m])'}", 'probe_success{job="shop"}'),
    "the tenant's own label to group by": (3, "AK701", f"{GOOD}\ngroup_by: [tenant]", "group by another label"),
}
PARAMETERS = {
    "an unknown unit": ("latency_p99: 300parsecs", "AK804", "30s, 5m or 1h30m"),
    "out of range": ("latency_p99: 100d", "AK804", "the most, 10m"),
    "a ratio above 1": ("errors: 2", "AK804", "the most, "),
    "unknown": ("latency_p98: 300ms", "AK802", "latency_p99"),
}


def problems(folder: Path, parameter: str, slo: str) -> list[str]:
    text = TENANT % (textwrap.indent(parameter, " " * 10), textwrap.indent(slo, " " * 4))
    return [str(problem) for problem in check(projects.make(folder, {"acme": text})) if " warning: " not in str(problem)]


@pytest.mark.parametrize("name", SLOS)
def test_a_wrong_slo_is_one_problem_with_its_line_and_a_hint(name: str, tmp_path: Path) -> None:
    line, code, slo, hint = SLOS[name]
    [problem] = problems(tmp_path, "", slo)
    assert problem.startswith("tenants/acme.yaml:")
    assert int(problem.split(":")[1]) == TENANT.splitlines().index("    service: shop") + 1 + line
    assert f" {code} " in problem
    assert hint in problem
    assert "in quotes" not in problem


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_wrong_parameter_of_a_pack_is_one_problem_with_its_line_and_a_hint(name: str, tmp_path: Path) -> None:
    parameter, code, hint = PARAMETERS[name]
    [problem] = problems(tmp_path, parameter, GOOD)
    assert int(problem.split(":")[1]) == TENANT.splitlines().index("%s") + 1
    assert f" {code} " in problem
    assert hint in problem
