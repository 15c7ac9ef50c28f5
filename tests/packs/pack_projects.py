"""Small projects that use packs, and promtool asked about what they compile to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from alertkit.compiler.api import Build, build, write
from alertkit.model.quantity import Duration
from alertkit.model.tenant import CaseDefinition, Tenant

PROJECT: dict[str, Any] = {
    "version": "alertkit/v1",
    "receiver": {"url": "https://alertkit.example:9087", "credentials_file": "/etc/alertmanager/token"},
    "environments": ["production", "staging"],
    "relaxed": ["staging"],
    "teams": [{"name": "platform", "slack": "#platform"}],
    "channels": [{"name": "slack", "type": "slack", "token": {"secret": "slack"}, "signing_secret": {"secret": "signing"}}],
}
TENANT: dict[str, Any] = {
    "version": "alertkit/v1",
    "tenant": "acme",
    "title": "Acme",
    "locale": "en",
    "timezone": "UTC",
}


def make_project(folder: Path, services: list[dict[str, Any]], project: dict[str, Any] | None = None, **sections: Any) -> Path:
    """A project with one tenant, acme, that runs these services; `sections` are more of its sections."""
    (folder / "tenants").mkdir(parents=True, exist_ok=True)
    (folder / "alertkit.yaml").write_text(json.dumps({**PROJECT, **(project or {})}, indent=1))
    owned = [{"owner": "platform", **service} for service in services]
    tenant = {**TENANT, "services": owned, **sections}
    (folder / "tenants" / "acme.yaml").write_text(json.dumps(tenant, indent=1))
    return folder


def compiled(project: Path, environment: str = "") -> Build:
    """The project compiled, without a problem."""
    result = build(project, environment=environment)
    assert not result.problems, "\n".join(map(str, result.problems))
    return result


def rules(project: Path, environment: str = "") -> list[dict[str, Any]]:
    """Every rule of acme, records first, as Prometheus reads it."""
    files = next(tenant.files for tenant in compiled(project, environment).tenants if tenant.tenant == "acme")
    paths = sorted((path for path in files if path.parts[0] == "rules"), reverse=True)
    return [rule for path in paths for group in yaml.safe_load(files[path])["groups"] for rule in group["rules"]]


def generate(project: Path) -> list[Path]:
    """The rule files of acme, written: the records first, because promtool evaluates files in their order."""
    write(compiled(project))
    return sorted((project / "generated" / "rules").glob("acme.*.yaml"), reverse=True)


def resolved(project: Path) -> Tenant:
    """The tenant acme as it is compiled."""
    from alertkit.compiler import resolve, workspace
    from alertkit.compiler.finding import places
    from alertkit.compiler.reading.source import load, read_source
    from alertkit.model.document import plain

    space = workspace.open_project(project)
    node, problems, _ = load(read_source(space.directory, "acme", [project / "tenants" / "acme.yaml"]))
    assert not problems
    return resolve.tenant(plain(node), space.scope("acme"), places(node))


def promtool_file(cases: Iterable[CaseDefinition], rule_files: list[Path], interval: Duration) -> str:
    """A file for `promtool test rules`. A case asks only for its own alert, by what ALERTS says."""
    return json.dumps(
        {
            "rule_files": [str(file) for file in rule_files],
            "evaluation_interval": str(interval),
            "group_eval_order": _in_order(rule_files),
            "tests": [
                {
                    "name": f"{case.alert}: {case.title}",
                    "interval": str(case.interval),
                    "input_series": [{"series": _of_tenant(series), "values": values} for series, values in case.series.items()],
                    "promql_expr_test": list(_expectations(case)),
                }
                for case in cases
            ],
        }
    )


def _in_order(rule_files: list[Path]) -> list[str]:
    """Groups of records before those of alerts: at this distance an alert sees only what was recorded at the same moment."""
    files = sorted(rule_files, key=lambda file: ".alerts." in file.name)
    return [group["name"] for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def _of_tenant(series: str) -> str:
    from alertkit.promql import isolate

    return isolate(series, "tenant", "acme")


def _expectations(case: CaseDefinition) -> Iterator[dict[str, Any]]:
    service, _, name = case.alert.split("/")
    labels = {"alertname": name, "alertstate": "firing", "service": service, "tenant": "acme", **case.labels}
    matchers = ", ".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
    query = f"clamp_max(count(ALERTS{{{matchers}}}), 1)"
    if case.fires_at is not None:
        yield {"expr": query, "eval_time": str(case.fires_at), "exp_samples": [{"labels": "{}", "value": 1}]}
    if case.silent_at is not None:
        yield {"expr": query, "eval_time": str(case.silent_at), "exp_samples": []}


def run_cases(promtool: str, cases: Iterable[CaseDefinition], rule_files: list[Path], folder: Path) -> str:
    """What promtool says against the cases, "" when all hold. Cases of one interval run together."""
    by_interval: dict[Duration, list[CaseDefinition]] = {}
    for case in cases:
        by_interval.setdefault(case.interval, []).append(case)
    files = []
    for interval, together in by_interval.items():
        files.append(folder / f"{interval}.test.json")
        files[-1].write_text(promtool_file(together, rule_files, interval))
    done = subprocess.run([promtool, "test", "rules", *map(str, files)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
