"""How long Alertmanager's file takes: `python benchmarks/alertmanager.py [TENANTS]` (default: 500).

Tenants with 10 routes, 4 policies, 2 inhibit rules and 2 receivers of Alertmanager's own each. Prints seconds for compiling and
rendering all fragments, and for assembling the file from them (both together have to be within 2), the size of the file, how
long the tests of the routing take that every tenant must pass, and amtool's time for the whole file where it is installed.
How fast label sets are matched against such a tree is the business of benchmarks/routing.py.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

import alertkit
from alertkit.compiler.assembly import assemble
from alertkit.compiler.compile import Compiled
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.proof.routes import run_route_tests
from alertkit.compiler.routes.compile import compile_routes
from alertkit.compiler.routes.compile import count as count_routes
from alertkit.compiler.writing import render
from alertkit.model.tenant import Project, Tenant

TENANTS = 500
PROJECT = """\
version: alertkit/v1
receiver: {url: "https://alertkit.internal:9087", credentials_file: alertkit.token}
alertmanager: {secrets_dir: /etc/alertmanager/secrets}
teams: [{name: platform, slack: "#platform"}]
slack_rooms: ["*"]
channels: [{name: slack, type: slack, token: {secret: slack-bot}}]
dashboards: []
"""
TENANT = """\
version: alertkit/v1
tenant: tenant-0
title: Tenant
locale: en
timezone: Europe/Paris
services: [{name: web, owner: web}, {name: edge, owner: web}, {name: shop, owner: shop}]
teams: [{name: web, slack: "#web"}, {name: shop, slack: "#shop"}]
escalation:
  - {name: day, steps: [{notify: [{team: web}]}]}
  - {name: night, steps: [{notify: [{team: web}]}]}
  - {name: late, steps: [{notify: [{team: shop}]}]}
  - {name: europe, steps: [{notify: [{team: shop}]}]}
routing:
  receivers:
    - {name: room, type: slack, channel: "#ops", url: {secret: slack-hook}}
    - {name: pager, type: pagerduty, routing_key: {secret: pagerduty}, mirror: true}
  intervals: [{name: nights, times: [{hours: "22:00-06:00"}]}]
  inhibit:
    - {source: {severity: critical}, target: {severity: warning}, equal: [service]}
    - {source: {severity: warning}, target: {severity: info}, equal: [service, region]}
  routes:
    - match: {severity: critical}
      escalate: day
      routes:
        - {matchers: ['region=~"eu-.*"'], escalate: europe}
        - {match: {service: shop}, escalate: night}
    - {match: {severity: warning, service: web}, escalate: night, group_by: [alertname, region]}
    - {match: {severity: warning, service: edge}, escalate: late}
    - {matchers: ['severity=~"warning|info"', 'region!=""'], escalate: late}
    - {match: {severity: info}, notify: room, mute: [nights], repeat_interval: 12h}
    - {matchers: ['zone=~"a|b"', 'rank!~"bronze.*"'], escalate: europe}
dashboards: []
"""


def compiled_one(folder: Path) -> alertkit.Build:
    (folder / "tenants").mkdir()
    (folder / "alertkit.yaml").write_text(PROJECT)
    (folder / "tenants" / "tenant-0.yaml").write_text(TENANT)
    built = alertkit.build(folder)
    assert not built.problems, built.problems
    return built


def fragments(tenants: list[Tenant], project: Project) -> list[bytes]:
    return [render.fragment(compile_routes(tenant, project)) for tenant in tenants]


def timed(words: str, began: float) -> float:
    taken = time.perf_counter() - began
    print(f"{words}: {taken:.2f} s")
    return taken


def main(size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="alertkit-alertmanager-") as folder:
        built = compiled_one(Path(folder))
        project = built.workspace.project
        platform, first = map(compiled_of, built.tenants)
        tenants = [msgspec.structs.replace(first.tenant, name=f"tenant-{number}") for number in range(size)]
        began = time.perf_counter()
        written = fragments([platform.tenant, *tenants], project)
        both = timed(f"compiling and rendering {size} fragments", began)
        began = time.perf_counter()
        data = assemble(built.workspace, written)
        both += timed("assembling the file", began)
        count = sum(count_routes(compile_routes(tenant, project).routes) for tenant in tenants)
        print(f"together {both:.2f} s for {count:,} routes, {len(data) / 1e6:.1f} MB")
        began = time.perf_counter()
        results = run_route_tests(whole(built, tenants, project))
        timed(f"{len(results):,} tests of the routing, {sum(not result.passed for result in results)} failed", began)
        ask_amtool(Path(folder) / "alertmanager.yaml", data)


def compiled_of(build: TenantBuild) -> Compiled:
    if build.compiled is None:
        raise SystemExit("\n".join(map(str, build.problems)))
    return build.compiled


def whole(built: alertkit.Build, tenants: list[Tenant], project: Project) -> alertkit.Build:
    """The build of all tenants, made from that of the first."""
    platform, first = built.tenants
    builds = [
        TenantBuild(
            tenant.name,
            compiled=msgspec.structs.replace(compiled_of(first), tenant=tenant, fragment=compile_routes(tenant, project)),
        )
        for tenant in tenants
    ]
    return msgspec.structs.replace(built, tenants=(platform, *builds))


def ask_amtool(file: Path, data: bytes) -> None:
    amtool = shutil.which("amtool")
    if amtool is None:
        return
    file.write_bytes(data)
    began = time.perf_counter()
    answer = subprocess.run([amtool, "check-config", file], capture_output=True, text=True, check=False)
    timed(f"amtool check-config says {'yes' if answer.returncode == 0 else answer.stderr}", began)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TENANTS)
