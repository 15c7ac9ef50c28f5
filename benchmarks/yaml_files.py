"""How fast definitions are read and rule files are written: `python benchmarks/yaml_files.py`.

Writing: megabytes a second on rules as alertkit writes them, beside ruamel's and PyYAML's dumpers on the same data in the same
run (the number to hold is 20 MB/s). Reading: a tenant's file of 40 KB with 190 alerts, beside ruamel's round-trip loader (to
hold: 15 ms), and what refusing a bomb takes (to hold: 1 s). Each figure is the best of several runs on one core.

Not named yaml.py, because a script's folder comes first in the search for modules and PyYAML is `yaml`.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import yaml
from ruamel.yaml import YAML

from alertkit.compiler.reading.load import load_text, read_slowly
from alertkit.compiler.writing.emit import emit
from alertkit.errors import ProblemsFound

RULES = 10_000


def record(number: int) -> dict[str, Any]:
    requests = f'http_requests_total{{tenant="acme", job="checkout-{number}", code=~"5.."}}'
    return {
        "record": f"acme:http_requests:rate5m_{number}",
        "expr": f"sum by (job, code) (rate({requests}[5m])) / ignoring (code) sum by (job) (rate({requests}[5m]))",
        "labels": {"slo": f"checkout-{number}", "tenant": "acme"},
    }


def alert(number: int) -> dict[str, Any]:
    return {
        "alert": f"CheckoutErrors{number}",
        "expr": f'(\n  acme:errors:rate5m{{slo="checkout-{number}"}}\n  /\n  acme:total:rate5m\n) > (14.4 * 0.001)\n',
        "for": "5m",
        "labels": {"severity": "critical", "service": f"checkout-{number}", "tenant": "acme"},
        "annotations": {
            "alertkit_rule": f"checkout/errors-{number}",
            "alertkit_value": "{{ $value }}",
            "alertkit_unit": "percent",
            "summary": f"Le service {number} perd trop de requêtes : regardez le tableau de bord",
            "runbook_url": f"https://runbooks.acme.example/checkout#{number}",
        },
    }


def definition(runbook: str) -> str:
    alerts = "".join(
        f"""\
  - name: RoyaltyExport{number}Late
    service: royalties
    expr: time() - job_{number}_last_success_seconds > 26 * 3600
    for: 15m
    severity: critical
    unit: duration
    summary: {{en: "Export {number} is {{value}} late"}}
    links: {{runbook: {runbook}/{number}}}
"""
        for number in range(190)
    )
    return f"version: alertkit/v1\ntenant: acme\nalerts:\n{alerts}"


BOMBS = {
    "100,000 nested lists": "a: " + "[" * 100_000,
    "100,000 nested mappings": "a: " + "{" * 100_000,
    "nested lists that libyaml refuses": "a: [x ?y]\nb: " + "[" * 100_000,
    "500,000 values": "a: [" + "x," * 500_000 + "]",
    "60,000 values that libyaml refuses": "a: [x ?y]\nb: [" + "x," * 60_000 + "]",
    "aliases, 40 times doubled": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
    "100,000 duplicate keys": "a: 1\n" * 100_000,
    "an open quote in 1 MB": 'a: "' + "x\n" * 500_000,
    "2 MB": "a: " + "x" * (2 << 20),
}


def best(action: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def writing() -> None:
    rules = [alert(number) if number % 2 else record(number) for number in range(RULES)]
    data = {"groups": [{"name": f"acme/{at}", "rules": rules[at : at + 20]} for at in range(0, RULES, 20)]}
    size = len(emit(data).encode()) / 1e6
    print(f"writing {RULES:,} rules, {size:.1f} MB")
    dumper = YAML(typ="safe")
    dumper.default_flow_style = False
    for name, action, runs in (
        ("alertkit", lambda: emit(data).encode(), 7),
        ("PyYAML, C dumper", lambda: yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), 2),
        ("ruamel, safe dumper", lambda: dumper.dump(data, io.BytesIO()), 1),
    ):
        print(f"  {name:22}{size / best(action, runs):8.1f} MB/s")


def reading() -> None:
    text = definition("x.example")
    data, masked = text.encode(), definition("https://x.example").encode()
    print(f"reading a definition of {text.count('- name')} alerts, {len(data) / 1e3:.0f} KB")
    for name, action, runs in (
        ("alertkit", lambda: load_text(data, "acme.yaml"), 20),
        ("alertkit, bare URLs in { }", lambda: load_text(masked, "acme.yaml"), 10),
        ("alertkit, slow parser", lambda: read_slowly(text, "acme.yaml"), 3),
        ("ruamel, round trip", lambda: YAML().load(text), 3),
    ):
        took = best(action, runs)
        print(f"  {name:32}{1e3 * took:8.1f} ms {len(data) / 1e6 / took:8.2f} MB/s")


def refuse(data: bytes) -> str:
    try:
        load_text(data, "bomb.yaml")
    except ProblemsFound as found:
        return found.problems[-1].code
    raise AssertionError("a bomb was read")


def refusing() -> None:
    print("refusing")
    for name, text in BOMBS.items():
        data = text.encode()
        print(f"  {name:36}{1e3 * best(partial(refuse, data), 2):6.0f} ms  {refuse(data)}")


if __name__ == "__main__":
    writing()
    reading()
    refusing()
