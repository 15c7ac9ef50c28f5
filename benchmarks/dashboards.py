"""How many finished dashboards one core builds in a second: `python benchmarks/dashboards.py [seconds]`.

Finished is: drawn, normalised, isolated, encoded. Each is of another tenant, so that nothing is remembered. A tenant has
4 services, 12 alerts with thresholds, 4 of other shapes and 8
recorded series: 26 panels. The number to hold is 150 a second. With the checks of `check_dashboard` is printed beside it.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator

import msgspec

from alertkit.dashboards import EXAMPLE, ViewContext, build, check_dashboard
from alertkit.model.policy import AlertText
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RecordingRule, Rule, RuleGroup, Source
from alertkit.model.tenant import Service

HERE = Source("tenants/acme.yaml", 1)
SERVICES = ("checkout", "edge", "royalties", "search")
SHAPES = {
    "Errors": (
        'sum by (job) (rate(errors_total{{tenant="acme",job="{0}"}}[5m])) / '
        'sum by (job) (rate(requests_total{{tenant="acme",job="{0}"}}[5m])) > 0.05'
    ),
    "Latency": 'histogram_quantile(0.99, sum by (le) (rate(duration_seconds_bucket{{tenant="acme",job="{0}"}}[5m]))) > 0.3',
    "Late": 'time() - last_success_timestamp_seconds{{tenant="acme",job="{0}"}} > 26 * 3600',
    "Gone": 'absent(up{{tenant="acme",job="{0}"}})',
}


def rules(service: str) -> list[Rule]:
    found: list[Rule] = [
        RecordingRule(f"{service}:{what}:rate5m", f'sum(rate({what}_total{{tenant="acme"}}[5m]))', {"tenant": "acme"}, HERE)
        for what in ("requests", "errors")
    ]
    for name, expr in SHAPES.items():
        labels = {"severity": "critical", "service": service, "tenant": "acme"}
        found.append(
            AlertingRule(f"{service}{name}", f"{service}{name}", expr.format(service), labels, {}, HERE, Duration.of(minutes=5))
        )
    return found


def context(groups: dict[str, list[Rule]]) -> ViewContext:
    texts = {
        rule.id: AlertText(rule.id, "duration", {"fr": "{value} de trop"})
        for g in groups.values()
        for rule in g
        if isinstance(rule, AlertingRule)
    }
    return msgspec.structs.replace(
        EXAMPLE,
        locale="fr",
        services=tuple(Service(service, "payments") for service in groups),
        groups=tuple(RuleGroup(f"acme/{service}", tuple(found)) for service, found in groups.items()),
        texts=texts,
    )


def per_second(work: Callable[[], object], seconds: float) -> float:
    work()
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        work()
        count += 1
    return count / (time.process_time() - start)


def tenants() -> Iterator[ViewContext]:
    for number in itertools.count():
        name = f"tenant-{number}"
        found = context({service: [renamed(rule, name) for rule in rules(service)] for service in SERVICES})
        yield msgspec.structs.replace(found, tenant=name)


def renamed(rule: Rule, tenant: str) -> Rule:
    expr = rule.expr.replace('tenant="acme"', f'tenant="{tenant}"')
    return msgspec.structs.replace(rule, expr=expr, labels={**rule.labels, "tenant": tenant})


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    ready = list(itertools.islice(tenants(), 4_000))
    data = build("technical", ready[-1])
    print(f"{len(json.loads(data)['panels'])} panels and rows, {len(data)} bytes")
    waiting = iter(ready)
    print(f"{per_second(lambda: build('technical', next(waiting)), seconds):.0f} dashboards/s")
    checked = per_second(lambda: check(next(waiting)), seconds)
    print(f"{checked:.0f} dashboards/s with their checks")


def check(tenant: ViewContext) -> None:
    check_dashboard(json.loads(build("technical", tenant)), tenant)


if __name__ == "__main__":
    main()
