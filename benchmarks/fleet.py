"""Generation by size of fleet: cold, without a change, with one tenant changed; memory; start-up of the command.

    python benchmarks/fleet.py [TENANTS ...]        default: 100 1000

Each tenant of the synthetic fleet has 10 groups of 17 recording rules (what one SLO needs), 20 alerts and 10 routes, written out
in its definition, in 4 languages; no two tenants' records share a selector. Figures are seconds on the wall of whole processes;
on a shared machine compare ratios only. Python keeps its bytecode, as pip makes it for everyone who installs: where the
environment forbids that, as in many containers, each start compiles 300 modules, which takes longer than the work.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = """\
version: alertkit/v1
receiver: {url: "http://127.0.0.1:9087", credentials_file: alertkit.token}
teams:
  - {name: platform, slack: "#platform"}
channels:
  - {name: slack, type: slack, token: {secret: slack-bot}}
"""
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")


def tenant(name: str, threshold: str = "0.01") -> str:
    """One definition of about 40 KB."""
    lines = ["version: alertkit/v1", f"tenant: {name}", f"title: Tenant {name}", "locale: fr", "timezone: Europe/Paris"]
    lines += ["services:"]
    lines += [f"  - {{name: service-{n}, owner: ops}}" for n in range(10)]
    lines += ["records:"]
    for n in range(10):
        for kind, selector in (("errors", ',code=~"5.."'), ("requests", "")):
            for window in WINDOWS:
                lines += [f"  - record: job:http_{kind}_{n}:rate{window}"]
                lines += [f'    expr: sum by (job) (rate(http_requests_total{{job="{name}-{n}"{selector}}}[{window}]))']
        lines += [f"  - record: job:http_errors_{n}:ratio_rate5m"]
        lines += [f"    expr: job:http_errors_{n}:rate5m / job:http_requests_{n}:rate5m"]
    lines += ["alerts:"]
    for n in range(20):
        lines += [
            f"  - name: Errors{n}",
            f"    service: service-{n % 10}",
            f"    expr: job:http_errors_{n % 10}:ratio_rate5m > {threshold} and job:http_requests_{n % 10}:rate5m > {n + 1}",
            "    for: 5m",
            f"    severity: {'critical' if n % 2 else 'warning'}",
            "    unit: percent",
            "    summary:",
            "      en: '{value} of requests to {job} fail'",
            "      fr: '{value} des requêtes de {job} échouent'",
            "      de: '{value} der Anfragen an {job} schlagen fehl'",
            "      es: 'Falla el {value} de las peticiones a {job}'",
        ]
    lines += ["teams:", f'  - {{name: ops, slack: "#{name}-ops"}}']
    lines += ["escalation:", "  - name: standard", "    steps:", "      - notify: [{team: ops}]"]
    lines += ["routing:", "  routes:"]
    lines += [f"    - {{match: {{severity: critical, service: service-{n}}}, escalate: standard}}" for n in range(10)]
    lines += ["dashboards: []"]
    return "\n".join(lines) + "\n"


def write_fleet(folder: Path, size: int) -> None:
    (folder / "tenants").mkdir(parents=True)
    (folder / "alertkit.yaml").write_text(PROJECT)
    for n in range(size):
        (folder / "tenants" / f"tenant-{n:04}.yaml").write_text(tenant(f"tenant-{n:04}"))


BYTECODE = tempfile.TemporaryDirectory(prefix="alertkit-bytecode-")
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": BYTECODE.name}


def run(*arguments: str) -> tuple[float, str]:
    command = [sys.executable, "-m", "alertkit", *arguments]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - begin, done.stdout


def measure(size: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="alertkit-fleet-"))
    try:
        write_fleet(folder, size)
        project = ("--project", str(folder))
        cold, output = run("generate", *project)
        warm, _ = run("generate", *project)
        changed_file = folder / "tenants" / "tenant-0001.yaml"
        changed_file.write_text(tenant("tenant-0001", "0.02"))
        one, _ = run("generate", *project)
        changed_file.write_text(tenant("tenant-0001", "0.03"))
        named, _ = run("generate", *project, "--tenant", "tenant-0001")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        written = sum(file.stat().st_size for file in (folder / "generated").rglob("*") if file.is_file()) / 1e6
        print(
            f"{size:>5} tenants  cold {cold:6.2f}  unchanged {warm:5.2f}  one changed {one:5.2f}  --tenant {named:5.2f}"
            f"  largest process {peak:4.0f} MiB  {written:5.1f} MB written"
        )
        print(f"              {output.splitlines()[-1]}")
    finally:
        shutil.rmtree(folder)


def warm_up() -> None:
    """Import everything once, so that bytecode is there."""
    folder = Path(tempfile.mkdtemp(prefix="alertkit-fleet-"))
    write_fleet(folder, 1)
    run("generate", "--project", str(folder))
    shutil.rmtree(folder)


if __name__ == "__main__":
    warm_up()
    starts = sorted(run("--version")[0] for _ in range(5))
    print(f"alertkit --version: {starts[2] * 1000:.0f} ms (median of 5)")
    for argument in sys.argv[1:] or ("100", "1000"):
        measure(int(argument))
