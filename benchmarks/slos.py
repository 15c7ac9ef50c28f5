"""Compiling SLOs, deriving their cases and running them: `python benchmarks/slos.py [slos compiled] [slos in promtool]`.

Seconds of processor time, so that a busy machine matters less; promtool is timed as a process of its own, start included.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from alertkit import paths
from alertkit.compiler.cases.compile import compile_cases
from alertkit.compiler.cases.render import render as render_cases
from alertkit.compiler.rules.compile import Rules
from alertkit.compiler.rules.guard import Guard
from alertkit.compiler.slos.compile import compile_slo
from alertkit.compiler.slos.parts import SloContext, SloRules
from alertkit.compiler.writing import render
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.slo import EventsErrors, EventsGood, LatencyBucket, Sli, Slo, default_tiers
from alertkit.tools import promtool

TENANT = "acme"


def sli(number: int) -> Sli:
    job = f'job="service-{number}"'
    kinds: tuple[Sli, ...] = (
        EventsErrors(f'http_requests_total{{{job}, code=~"5.."}}', f"http_requests_total{{{job}}}"),
        EventsGood(f'rpc_handled_total{{{job}, code="OK"}}', f"rpc_handled_total{{{job}}}"),
        LatencyBucket(f"http_request_duration_seconds{{{job}}}", Duration.parse("300ms")),
    )
    return kinds[number % 3]


def fleet(size: int) -> list[Slo]:
    window = Duration.of(days=30)
    rate, source = Decimal("0.1"), Source("tenants/acme.yaml", 1)
    return [
        Slo(f"slo-{n}", f"service-{n}", Decimal("0.999"), window, sli(n), default_tiers(window), source, min_rate=rate)
        for n in range(size)
    ]


def compiled(every: list[Slo]) -> tuple[list[tuple[Slo, SloRules]], SloContext]:
    context = SloContext(TENANT, "tenant", "fr", Guard("tenant", TENANT, frozenset(), isolate=True))
    return [(one, compile_slo(one, context)) for one in every], context


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compile_many(size: int) -> None:
    every = fleet(size)
    start = time.process_time()
    found, _ = compiled(every)
    rules = time.process_time() - start
    groups = [group for _, one in found for group in (*one.rules.records, *one.rules.alerts)]
    count = sum(len(group.rules) for group in groups)
    print(f"{size} SLOs, {count} rules: compiled in {rules:.2f} s")


def prove(size: int) -> None:
    start = time.process_time()
    found, context = compiled(fleet(size))
    cases = compile_cases(Rules((), ()), found, (), context, isolated=True)
    print(f"{size} SLOs: compiled, and their cases derived, in {time.process_time() - start:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "rules").mkdir()
        (root / "tests").mkdir()
        records = [group for _, one in found for group in one.rules.records]
        alerts = [group for _, one in found for group in one.rules.alerts]
        (root / paths.records(TENANT)).write_bytes(render.rule_file(records, TENANT))
        (root / paths.alerts(TENANT)).write_bytes(render.rule_file(alerts, TENANT))
        for file in cases.files:
            path = root / paths.cases(TENANT, file.kind)
            path.write_bytes(render_cases(file, TENANT))
            start = children()
            result = promtool.run_cases(path)
            seconds = children() - start
            per = 1_000 * seconds / (4 * size)
            verdict = "passed" if result.passed else "FAILED"
            print(f"  {file.kind or 'alerts':8} {len(file.names):6} checks {verdict} in {seconds:.2f} s, {per:.1f} ms an alert")


def main() -> None:
    compile_many(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
    prove(int(sys.argv[2]) if len(sys.argv) > 2 else 10)


if __name__ == "__main__":
    main()
