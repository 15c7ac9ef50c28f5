"""Test results as JUnit XML, which CI systems show beside a change."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import msgspec

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids, even escaped."""


class Outcome(msgspec.Struct, frozen=True):
    """One case: it passed when `failure` is empty, and was left out when `skipped` says why."""

    name: str
    failure: str = ""
    skipped: str = ""


class Suite(msgspec.Struct, frozen=True):
    """The cases of one file and the seconds that they took together."""

    name: str
    outcomes: tuple[Outcome, ...]
    seconds: float = 0.0


def report(suites: Iterable[Suite]) -> bytes:
    """The XML document; characters that XML forbids are left out."""
    root = ET.Element("testsuites")
    for suite in suites:
        root.append(_suite(suite))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(suite: Suite) -> ET.Element:
    counts = {
        "tests": len(suite.outcomes),
        "failures": sum(bool(outcome.failure) for outcome in suite.outcomes),
        "skipped": sum(bool(outcome.skipped) for outcome in suite.outcomes),
    }
    numbers = {key: str(value) for key, value in counts.items()}
    element = ET.Element("testsuite", {"name": _legal(suite.name), **numbers, "time": f"{suite.seconds:.3f}"})
    for outcome in suite.outcomes:
        element.append(_outcome(outcome, suite.name))
    return element


def _outcome(outcome: Outcome, suite: str) -> ET.Element:
    element = ET.Element("testcase", {"classname": _legal(suite), "name": _legal(outcome.name)})
    if outcome.failure:
        lines = outcome.failure.splitlines()
        ET.SubElement(element, "failure", {"message": _legal(lines[0])}).text = "\n".join(map(_legal, lines))
    elif outcome.skipped:
        ET.SubElement(element, "skipped", {"message": _legal(outcome.skipped)})
    return element


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
