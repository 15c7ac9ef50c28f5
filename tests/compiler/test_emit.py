from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from ruamel.yaml import YAML
from yaml_texts import TEMPTING, data, seen_data

from alertkit.compiler.reading.load import load_text
from alertkit.compiler.writing.emit import emit
from alertkit.model.document import plain

READERS: dict[str, Callable[[str], Any]] = {
    "ruamel, YAML 1.2": lambda text: YAML(typ="safe", pure=True).load(text),
    "ruamel over libyaml, YAML 1.2": lambda text: YAML(typ="safe").load(io.BytesIO(text.encode())),
    "PyYAML, YAML 1.1": lambda text: yaml.load(text, yaml.SafeLoader),
    "PyYAML over libyaml, YAML 1.1": lambda text: yaml.load(text, yaml.CSafeLoader),
}


def same(a: Any, b: Any) -> bool:
    """Equal in value, type and order of keys."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@pytest.mark.parametrize("reader", READERS)
@given(data=data)
def test_every_reader_reads_back_exactly_what_was_meant(reader: str, data: dict[str, Any]) -> None:
    assert same(READERS[reader](emit(data)), data)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", TEMPTING)
def test_every_reader_reads_a_tempting_text_as_that_text_wherever_it_stands(reader: str, text: str) -> None:
    meant = {text or "empty": text, "list": [text, [text, {"deep": text, text + "!": [text]}]], "after": text + "\n", "end": text}
    assert same(READERS[reader](emit(meant)), meant)


@given(seen_data)
def test_what_is_written_loads_as_what_was_meant(data: dict[str, Any]) -> None:
    assert same(plain(load_text(emit({"x": data}).encode(), "x.yaml")), {"x": data})


@given(data)
def test_the_same_data_give_the_same_bytes_in_one_document_of_visible_characters(data: dict[str, Any]) -> None:
    text = emit(data)
    assert text == emit(json.loads(json.dumps(data)))
    assert text.endswith("\n")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\ufeff]|^(---|\\.\\.\\.)", text, re.MULTILINE)


def test_rules_look_as_a_person_would_write_them() -> None:
    rule = {
        "alert": "CheckoutErrors",
        "expr": 'sum(rate(errors{tenant="acme"}[5m]))\n  /\nsum(rate(total{tenant="acme"}[5m])) > 0.01\n',
        "for": "5m",
        "labels": {"severity": "critical", "tenant": "acme"},
        "annotations": {
            "alertkit_value": "{{ $value }}",
            "summary": "Trop d'erreurs : plus d'1 %",
            "runbook_url": "https://runbooks.example/errors?a=b#c",
            "notes": 'said "no": twice',
        },
    }
    silence = {"record": "acme:up:sum", "expr": 'sum(up{tenant="acme"})', "labels": {}}
    groups = {"groups": [{"name": "acme/alerts", "interval": "1m", "limit": 10, "rules": [rule, silence]}], "on": True}
    expected = """\
# generated
groups:
  - name: acme/alerts
    interval: 1m
    limit: 10
    rules:
      - alert: CheckoutErrors
        expr: |
          sum(rate(errors{tenant="acme"}[5m]))
            /
          sum(rate(total{tenant="acme"}[5m])) > 0.01
        for: 5m
        labels:
          severity: critical
          tenant: acme
        annotations:
          alertkit_value: "{{ $value }}"
          summary: "Trop d'erreurs : plus d'1 %"
          runbook_url: https://runbooks.example/errors?a=b#c
          notes: 'said "no": twice'
      - record: acme:up:sum
        expr: sum(up{tenant="acme"})
        labels: {}
"on": true
"""
    assert emit(groups, header="# generated\n") == expected


@pytest.mark.parametrize(
    "text",
    [
        "5m",
        "1h30m",
        "26 * 3600",
        "10%",
        "a:b",
        "a#b",
        "it's",
        'x{a="b"} > 0',
        "1.2.3",
        "a, b",
        "nan",
        "é",
        "26\u202fh",
        "acme/standard",
    ],
)
def test_text_that_no_reader_misreads_stays_bare(text: str) -> None:
    assert emit({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize(
    "text", ["y", "N", "Yes", "NO", "on", "Off", "true", "NULL", "~", "=", "<<", "", "1:30:00", "0o7", "1e3", "2026-1-5"]
)
def test_text_that_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert emit({"a": text, text: "a"}) == f'a: "{text}"\n"{text}": a\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\n\nb\n\n\n", "|+\n  a\n\n  b\n\n\n"),
        (" a\nb", "|2-\n   a\n  b\n"),
        ("\na\n", "|2\n\n  a\n"),
        ("a\n \nb", '"a\\n \\nb"\n'),
        ("a\nb\u2028", '"a\\nb\\u2028"\n'),
        ("\n", '"\\n"\n'),
    ],
)
def test_several_lines_are_a_literal_block_where_one_can_carry_them(text: str, written: str) -> None:
    assert emit({"k": text}) == f"k: {written}"


def test_empty_data_are_an_empty_mapping() -> None:
    assert emit({}, header="# x\n") == "# x\n{}\n"


@pytest.mark.parametrize("value", [None, 1.5, {"a"}, b"a", [None], {"b": object()}])
def test_a_value_of_another_kind_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="is nothing that is written as YAML"):
        emit({"a": value})


def test_half_a_surrogate_pair_is_refused_because_no_file_can_hold_it() -> None:
    with pytest.raises(ValueError, match="U\\+D800 is half of a surrogate pair"):
        emit({"a": "\ud800"})


def as_json(value: Any) -> str:
    """JSON that Go's YAML readers take: no surrogate pairs, everything invisible escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[^\\x20-\\x7e\\xa1-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028-\u202e]", _escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def test_prometheus_reads_annotations_and_labels_as_they_were_meant(tool: Callable[[str], str], tmp_path: Path) -> None:
    nasty = {f"a{at}": text for at, text in enumerate(TEMPTING) if "{{" not in text}
    labels = {f"l{at}": text for at, text in enumerate(TEMPTING) if "{{" not in text and text}
    rule = {"alert": "A", "expr": "vector(1) > 0\n", "labels": labels, "annotations": nasty}
    (tmp_path / "rules.yaml").write_text(emit({"groups": [{"name": "no", "rules": [rule]}]}), encoding="utf-8")
    expected = {"exp_labels": labels, "exp_annotations": nasty}
    case = {"eval_time": "1m", "alertname": "A", "exp_alerts": [expected]}
    cases = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [{"interval": "1m", "alert_rule_test": [case]}]}
    (tmp_path / "test.yaml").write_text(as_json(cases), encoding="utf-8")
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "test.yaml"]):
        done = subprocess.run([tool("promtool"), *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_refuses_the_same_rules_when_one_annotation_differs(tool: Callable[[str], str], tmp_path: Path) -> None:
    rule = {"alert": "A", "expr": "vector(1)", "annotations": {"a": "no"}}
    (tmp_path / "rules.yaml").write_text(emit({"groups": [{"name": "g", "rules": [rule]}]}))
    case = {"eval_time": "1m", "alertname": "A", "exp_alerts": [{"exp_annotations": {"a": "false"}}]}
    cases = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [{"interval": "1m", "alert_rule_test": [case]}]}
    (tmp_path / "test.yaml").write_text(as_json(cases))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
