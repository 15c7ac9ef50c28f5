"""Asks promtool whether rules are well formed, and runs their cases."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec

from alertkit.model.cases import MARK, exact_name
from alertkit.tools import program

_FAILURE = re.compile(r'^    (?:expr: ("(?:[^"\\]|\\.)*")|alertname: ([^\n]+?)), time: ', re.MULTILINE)
_SCENE = re.compile(r"^    name: (.*),$", re.MULTILINE)


class Failure(msgspec.Struct, frozen=True):
    """One thing that does not hold: the case's name, and promtool's own words. `case` is "" when the file itself is refused."""

    case: str
    detail: str


class Result(msgspec.Struct, frozen=True):
    """What became of one file of cases."""

    file: str
    passed: bool
    failures: tuple[Failure, ...] = ()


def check_rules(*files: Path, timeout: float = 120.0) -> str:
    """What promtool has against rule files, or "" when nothing.

    Raises:
        MissingTool: promtool is not installed.
    """
    answer = program.run(program.find("promtool"), "check", "rules", *files, timeout=timeout)
    return "" if answer.code == 0 else answer.output.strip()


def run_cases(file: Path, *, timeout: float = 600.0) -> Result:
    """Run one file of cases, for at most `timeout` seconds.

    Raises:
        MissingTool: promtool is not installed.
    """
    answer = program.run(program.find("promtool"), "test", "rules", file, timeout=timeout)
    if answer.code == 0:
        return Result(str(file), passed=True)
    found = failures(answer.output) if answer.code > 0 else ()  # of one that was ended the report is not whole
    return Result(str(file), passed=False, failures=found or (Failure("", answer.output.strip()),))


def failures(output: str) -> tuple[Failure, ...]:
    """The failures in promtool's report. A part that begins no failure belongs to the one before it."""
    starts = list(_FAILURE.finditer(output))
    found = []
    for at, match in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(output)
        detail = _SCENE.sub("", output[match.start() : end]).strip()
        found.append(Failure(_case(match, output), detail))
    return tuple(found)


def _case(match: re.Match[str], output: str) -> str:
    if match[1]:
        expr = _unquoted(match[1])
        return expr.partition(MARK)[2] or expr
    scenes = _SCENE.findall(output[: match.start()])
    return exact_name(scenes[-1] if scenes else "", match[2])


def _unquoted(text: str) -> str:
    """A Go string literal; its escapes are a subset of Python's but for octal, which Go does not print."""
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text[1:-1]
