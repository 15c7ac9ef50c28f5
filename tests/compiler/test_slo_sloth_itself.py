"""`compatibility: sloth` against what Sloth itself writes for the same SLOs: recorded from its binary, nightly asked of it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import projects
import pytest
import yaml

from alertkit.compiler import api
from alertkit.promql import Expr, parse
from alertkit.promql.syntax import Number, Selector, children

RECORDED = Path(__file__).with_name("sloth")
WINDOWS = ("30d", "28d")
TENANT = """\
services: [{name: shop, owner: platform}]
slos:
  - name: requests-availability
    service: shop
    objective: 99.9%%
    window: %(window)s
    compatibility: sloth
    sli: {errors: 'hits_total{job="myservice",code=~"(5..|429)"}', total: 'hits_total{job="myservice"}'}
  - name: own-ratio
    service: shop
    objective: 99%%
    window: %(window)s
    compatibility: sloth
    sli: {ratio: 'sum(rate(bad_total[{window}])) / sum(rate(all_total[{window}]))'}
"""
OWN = {"tenant", "service", "slo", "tier"}
"""Labels that alertkit adds to Sloth's."""
Groups = dict[str, list[dict[str, Any]]]


def groups(text: str | bytes) -> Groups:
    return {group["name"]: group["rules"] for group in yaml.safe_load(text)["groups"]}


def ours(folder: Path, window: str) -> Groups:
    build = api.build(projects.make(folder, {"acme": TENANT % {"window": window}}))
    assert build.problems == ()
    files = next(one.files for one in build.tenants if one.tenant == "acme")
    return {name: rules for path in files if path.parts[0] == "rules" for name, rules in groups(files[path]).items()}


def shape(expr: str) -> list[Any]:
    """Every part of an expression, but for the layout, the tenant's matcher and the last digits of numbers."""
    return list(_parts(parse(expr)))


def _parts(expr: Expr) -> Any:
    if isinstance(expr, Number):
        yield f"{expr.value:.12g}"
    elif isinstance(expr, Selector):
        yield msgspec.structs.replace(expr, matchers=tuple(one for one in expr.matchers if one.name != "tenant"))
    else:
        fields = {
            name: getattr(expr, name) for name in expr.__struct_fields__ if not isinstance(getattr(expr, name), Expr | tuple)
        }
        yield type(expr).__name__, tuple(fields.items()), getattr(expr, "labels", ())
        for child in children(expr):
            yield from _parts(child)


def agree(found: Groups, theirs: Groups) -> None:
    assert sorted(found) == sorted(theirs)
    for name, rules in theirs.items():
        assert [one.get("record", one.get("alert")) for one in found[name]] == [
            one.get("record", one.get("alert")) for one in rules
        ]
        for mine, other in zip(found[name], rules, strict=True):
            assert shape(mine["expr"]) == shape(other["expr"]), mine["expr"]
            labels = {key: text for key, text in mine["labels"].items() if key not in OWN}
            assert {**labels, "sloth_version": ""} == {**other["labels"], "sloth_version": ""}
            assert mine.get("annotations", {}).get("title") == other.get("annotations", {}).get("title")
            assert mine.get("for") == other.get("for")


@pytest.mark.parametrize("window", WINDOWS)
def test_every_rule_is_the_one_that_sloth_writes(window: str, tmp_path: Path) -> None:
    agree(ours(tmp_path, window), groups((RECORDED / f"{window}.yaml").read_text()))


@pytest.mark.parametrize(("old", "new"), [("6h", "5h"), ("14.4", "14.5"), ("sum(", "max("), ("sloth_window", "window")])
def test_a_rule_that_differs_is_noticed(old: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        agree(ours(tmp_path, "30d"), groups((RECORDED / "30d.yaml").read_text().replace(old, new)))


@pytest.mark.nightly
@pytest.mark.parametrize("window", WINDOWS)
def test_every_rule_is_the_one_that_the_installed_sloth_writes(window: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    out = tmp_path / "sloth.yaml"
    command = [tool("sloth"), "generate", "--default-slo-period", window, "-i", str(RECORDED / "slos.yaml"), "-o", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    agree(ours(tmp_path, window), groups(out.read_text()))
