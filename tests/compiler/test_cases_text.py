from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from pathlib import Path

from alertkit.compiler.cases.text import expand
from alertkit.compiler.rules.words import annotation
from alertkit.model.policy import Unit
from alertkit.tools import program

UNITS: tuple[Unit, ...] = ("none", "duration", "percent", "bytes", "per_second", "count")
SENTENCE = "{{x}} {value} in {region}, {{y"
VALUES = [0.0, 1.0, -1.0, 0.5, -0.5, 61.5, 59.99, 60.0, 3600.0, 86399.9, 90061.0, -3700.0, 1023.0, 1024.0, 0.001, 1e-5, 1e-7]
VALUES += [99999.0, 123456.0, 123456.7, 999999.0, 1000000.0, 1234567.25, 5e9, 2592 / 0.014544, 94560.0]


def test_annotations_read_as_prometheus_expands_them(tmp_path: Path, tool: Callable[[str], str]) -> None:
    chance = random.Random(3)
    values = VALUES + [chance.uniform(-1, 1) * 10 ** chance.randint(-9, 12) for _ in range(80)]
    templates = {unit: annotation(SENTENCE, unit, {}) for unit in UNITS} | {"raw": "{{ $value }}"}
    rule = {"alert": "A", "expr": "x > -Inf", "annotations": templates}
    (tmp_path / "rules.json").write_text(json.dumps({"groups": [{"name": "g", "rules": [rule]}]}))
    series = [{"series": f'x{{i="{i}", region="eu"}}', "values": repr(value)} for i, value in enumerate(values)]
    wanted = [
        {
            "exp_labels": {"i": str(i), "region": "eu"},
            "exp_annotations": {name: expand(text, value, {"region": "eu"}) for name, text in templates.items()},
        }
        for i, value in enumerate(values)
    ]
    test = {"interval": "1m", "input_series": series}
    test["alert_rule_test"] = [{"eval_time": "0m", "alertname": "A", "exp_alerts": wanted}]
    (tmp_path / "test.json").write_text(json.dumps({"rule_files": ["rules.json"], "tests": [test]}))
    answer = program.run(Path(tool("promtool")), "test", "rules", tmp_path / "test.json")
    assert answer.code == 0, answer.output[:3000]


def test_what_is_no_number_is_spelled_as_prometheus_spells_it() -> None:
    for value, text in ((math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf")):
        assert {expand(f"{{{{ $value{how} }}}}", value, {}) for how in ("", " | humanize", " | humanizeDuration")} == {text}


def test_a_template_of_other_making_is_not_guessed_at() -> None:
    assert expand('{{ range query "up" }}{{ .Value }}{{ end }}', 1.0, {}) is None


def test_a_label_that_the_alert_lacks_is_empty() -> None:
    assert expand("in {{ $labels.region }}.", 1.0, {}) == "in ."


def test_sloths_way_to_write_a_label_is_understood() -> None:
    assert re.fullmatch("a b", expand("{{$labels.x}} {{$labels.y}}", 1.0, {"x": "a", "y": "b"}) or "")
