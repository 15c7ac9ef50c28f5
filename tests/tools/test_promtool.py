from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from alertkit.compiler.cases.render import render
from alertkit.errors import MissingTool
from alertkit.model.cases import Alerts, CaseFile, Firing, Probe, Scene
from alertkit.model.quantity import Duration
from alertkit.tools import amtool, promtool

RULES = """
groups:
  - name: g
    rules:
      - {alert: Load, expr: load > 1, labels: {severity: warning}, annotations: {alertkit_rule: Load}}
"""
MINUTE = Duration.of(minutes=1)


def probe(title: str, value: int) -> Probe:
    return Probe("Load", title, 'count(ALERTS{alertname="Load"} or up{x="\\"ü\\\\"}) or vector(0)', MINUTE, value)


@pytest.fixture
def written(tmp_path: Path, tool: Callable[[str], str]) -> Callable[..., Path]:
    tool("promtool")
    (tmp_path / "rules").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rules" / "acme.yaml").write_text(RULES)

    def write(*probes: Probe, alerts: tuple[Alerts, ...] = ()) -> Path:
        scenes = (Scene("one, two | three", MINUTE, {"load": "2x5"}, probes, alerts), Scene("four", MINUTE, {"load": "0x5"}, ()))
        path = tmp_path / "tests" / "acme.test.yaml"
        path.write_bytes(render(CaseFile("", ("../rules/acme.yaml",), MINUTE, scenes), "acme"))
        return path

    return write


def test_cases_that_hold_pass(written: Callable[..., Path]) -> None:
    file = written(probe("fires", 1))
    assert promtool.run_cases(file) == promtool.Result(str(file), passed=True)


def test_a_case_that_does_not_hold_is_named_and_explained(written: Callable[..., Path]) -> None:
    found = promtool.run_cases(written(probe("fires", 1), probe("is silent: really", 0), probe("fires twice", 2)))
    assert not found.passed
    assert [failure.case for failure in found.failures] == ["Load: is silent: really", "Load: fires twice"]
    assert "got: {} 1E+00" in found.failures[0].detail
    assert "fires twice" not in found.failures[0].detail


def test_an_alert_with_other_annotations_is_named_by_its_scene(written: Callable[..., Path]) -> None:
    firing = Firing({"severity": "critical"}, {"alertkit_rule": "Load"})
    found = promtool.run_cases(written(probe("fires", 3), alerts=(Alerts("Load", MINUTE, (firing,), ("Load",)),)))
    assert {failure.case for failure in found.failures} == {
        "one, two | three: Load with all labels and annotations",
        "Load: fires",
    }


def test_a_file_that_promtool_cannot_read_is_a_failure_of_the_file(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    (tmp_path / "broken.yaml").write_text("tests: [")
    (failure,) = promtool.run_cases(tmp_path / "broken.yaml").failures
    assert failure.case == ""
    assert "yaml" in failure.detail


@pytest.fixture
def replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a shell script in promtool's place, and in amtool's."""

    def replace(script: str) -> None:
        for name in ("promtool", "amtool"):
            (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return replace


def test_promtool_is_given_a_time_limit(tmp_path: Path, replaced: Callable[[str], None]) -> None:
    replaced("exec tail -f /dev/null")
    (failure,) = promtool.run_cases(tmp_path / "x.yaml", timeout=0.2).failures
    assert "did not answer within" in failure.detail


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -SEGV $$", "was ended by signal 11 (Segmentation fault)"),
        ("""echo '    expr: "x", time: 1m,'; kill -KILL $$""", "was ended by signal 9 (Killed)"),
        ("exit 3", "ended with exit code 3 and said nothing"),
        ("printf '\\377'; exit 1", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_tool_that_ends_without_a_word_has_not_accepted_anything(
    script: str, said: str, tmp_path: Path, replaced: Callable[[str], None]
) -> None:
    replaced(script)
    assert said in promtool.check_rules(tmp_path / "x.yaml")
    assert said in amtool.check_config(tmp_path / "x.yaml")
    (failure,) = promtool.run_cases(tmp_path / "x.yaml").failures
    assert failure.case == ""
    assert said in failure.detail


def test_rules_are_checked_by_promtool(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(RULES)
    bad.write_text(RULES.replace("load > 1", "load >"))
    assert promtool.check_rules(good) == ""
    assert "parse error" in promtool.check_rules(good, bad)


def test_without_promtool_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for call in (promtool.run_cases, promtool.check_rules):
        with pytest.raises(MissingTool, match="apt-get install prometheus"):
            call(tmp_path / "x.yaml")


def test_an_expression_that_cannot_be_unquoted_is_shown_as_it_is() -> None:
    (failure,) = promtool.failures('    expr: "a \\ud8zz", time: 1m,\n        exp: {} 1\n')
    assert failure.case == "a \\ud8zz"
