"""How many finished dashboards one core makes in a second: `python benchmarks/dashboards.py [seconds]`.

The number to hold is 150. Finished is: drawn, normalised, isolated, held against every check, encoded. Made are all views of the
tenants in `examples/streaming-platform`, as `generate` makes them: from rules that have just been compiled. Each time they are
those of a tenant with another name, so that no query was seen before. Beside it the largest view alone, of tenants with 4
services, 16 alerts and 8 recorded series that nobody compiled: there each expression is read for the first time.
"""

from __future__ import annotations

import itertools
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from alertkit.cli.common import collect_seldom
from alertkit.compiler import resolve
from alertkit.compiler.compile import compile_tenant
from alertkit.compiler.finding import places
from alertkit.compiler.grafana.draw import draw
from alertkit.compiler.reading.source import Source as Definition
from alertkit.compiler.reading.source import load, read_source
from alertkit.compiler.validate import validate
from alertkit.compiler.workspace import Workspace, list_tenants, open_project
from alertkit.dashboards import EXAMPLE, Checker, ViewContext, build_body, encode, lint
from alertkit.model.document import plain
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


def tenants() -> Iterator[ViewContext]:
    for number in itertools.count():
        name = f"tenant-{number}"
        found = context({service: [renamed(rule, name) for rule in rules(service)] for service in SERVICES})
        yield msgspec.structs.replace(found, tenant=name)


def renamed(rule: Rule, tenant: str) -> Rule:
    expr = rule.expr.replace('tenant="acme"', f'tenant="{tenant}"')
    return msgspec.structs.replace(rule, expr=expr, labels={**rule.labels, "tenant": tenant})


def definitions(space: Workspace) -> Iterator[Definition]:
    """The tenants of a project, again and again, each time under another name."""
    files = list_tenants(space).files
    written = [read_source(space.directory, name, files[name]) for name in files]
    for number in itertools.count():
        for one in written:
            name = f"{one.tenant}-{number}"
            renamed = [(file, re.sub(rf"\b{one.tenant}\b", name, data.decode()).encode()) for file, data in one.files]
            yield Definition(name, tuple(renamed))


def drawn(space: Workspace, definition: Definition) -> tuple[int, float]:
    """How many dashboards the tenant has, and the seconds that they took once its rules were compiled."""
    scope = space.scope(definition.tenant)
    loaded, found, _ = load(definition)
    if loaded is None:
        sys.exit("\n".join(map(str, found)))
    node, problems = validate(loaded, scope, dict(definition.files))
    if any(problem.level == "error" for problem in problems):
        sys.exit("\n".join(map(str, problems)))
    tenant = resolve.tenant(plain(node), scope, places(node))
    compiled = compile_tenant(tenant, space.project, scope.guard)
    start = time.process_time()
    drawing = draw(tenant, space.project, compiled, {})
    seconds = time.process_time() - start
    if drawing.problems:
        sys.exit("\n".join(map(str, drawing.problems)))
    return drawing.count, seconds


def largest(context: ViewContext) -> float:
    """The seconds that the technical view of a tenant takes whose expressions were never read."""
    start = time.process_time()
    body = build_body("technical", context)
    problems = Checker(context).check(body or {}, dict.fromkeys(lint.OWN, ()))
    encode(body or {})
    seconds = time.process_time() - start
    if problems:
        sys.exit("\n".join(problems))
    return seconds


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    collect_seldom()  # as generate does
    space = open_project(Path(__file__).parents[1] / "examples" / "streaming-platform")
    waiting, others = definitions(space), tenants()
    for _ in range(3):  # catalogs and views are read once
        drawn(space, next(waiting))
    count, spent, alone, spent_alone = 0, 0.0, 0, 0.0
    while spent < seconds:  # in turns, so that both are measured on the same machine
        for _ in range(3):
            found, took = drawn(space, next(waiting))
            count, spent = count + found, spent + took
        spent_alone += largest(next(others))
        alone += 1
    print(f"{count / spent:.0f} dashboards/s: all views of the example's tenants, drawn, checked and encoded")
    panels = len((build_body("technical", next(others)) or {})["panels"])
    print(f"{alone / spent_alone:.0f} dashboards/s: a technical view of {panels} panels and rows whose expressions are new")


if __name__ == "__main__":
    main()
