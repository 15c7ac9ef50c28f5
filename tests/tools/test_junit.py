from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from alertkit.tools.junit import Outcome, Suite, report

SUITES = [
    Suite("acme", (Outcome("A: fires"), Outcome("A: is silent", failure="exp 0\ngot 1")), 1.5),
    Suite("globex", (Outcome("B", skipped="topk() cannot be read backwards"),)),
]


def test_a_report_counts_cases_failures_and_what_was_left_out() -> None:
    acme, globex = ET.fromstring(report(SUITES))
    assert acme.attrib == {"name": "acme", "tests": "2", "failures": "1", "skipped": "0", "time": "1.500"}
    assert (globex.attrib["tests"], globex.attrib["skipped"]) == ("1", "1")


def test_a_failure_has_its_first_line_as_message_and_all_as_text() -> None:
    failure = ET.fromstring(report(SUITES)).find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.attrib["message"], failure.text) == ("exp 0", "exp 0\ngot 1")


@given(st.text(), st.text(min_size=1))
def test_hostile_text_never_breaks_the_document(name: str, failure: str) -> None:
    root = ET.fromstring(report([Suite(name, (Outcome(name, failure=failure),))]))
    assert len(root.findall("testsuite/testcase/failure")) == 1
