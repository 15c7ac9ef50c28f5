from __future__ import annotations

import pytest

from alertkit.compiler.finding import Finding, did_you_mean, problems_at
from alertkit.errors import Level, Problem
from alertkit.model.document import Node


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("paymets", ["payments", "streaming"], "did you mean 'payments'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], ""),
        ("zzz", [f"name-{number}" for number in range(13)], ""),
        ("name-1x", [f"name-{number}" for number in range(100)], "did you mean 'name-1'?"),
    ],
)
def test_a_hint_names_the_nearest_word_or_the_few_there_are(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


EXPR = Node("a + b", "a.yaml", 3, 11, 3, 5)
ROOT = Node({"expr": EXPR}, "a.yaml", 3, 5)


def test_a_finding_is_at_its_value_its_key_or_a_character_of_its_text() -> None:
    text = {"a.yaml": b"\n\n    expr: a + b\n"}
    at = ("expr",)
    findings = [Finding(at, "AK1", "value"), Finding(at, "AK2", "key", on_key=True), Finding(at, "AK3", "character", offset=4)]
    assert [(problem.column, problem.message) for problem in problems_at(ROOT, findings, "acme", text)] == [
        (5, "key"),
        (11, "value"),
        (15, "character"),
    ]


def test_without_the_file_a_character_is_where_its_text_begins() -> None:
    (found,) = problems_at(ROOT, [Finding(("expr",), "AK3", "x", offset=4)], "acme")
    assert (found.line, found.column) == (3, 11)


def test_the_same_finding_twice_is_one_problem() -> None:
    finding = Finding(("expr",), "AK1", "x", "do y", level=Level.WARNING)
    assert problems_at(ROOT, [finding, finding], "acme") == [Problem("a.yaml", 3, 11, "AK1", "x", "do y", "acme", Level.WARNING)]
