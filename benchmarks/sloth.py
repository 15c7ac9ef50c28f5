"""Compiling SLOs: alertkit against Sloth's binary, in turns, the same objectives and the same rules.

    go install github.com/slok/sloth/cmd/sloth@latest        # once; the figure is left out when sloth is not on PATH
    python benchmarks/sloth.py [SLOS] [ROUNDS]               # default: 500 5

Both are whole processes, start included, from a file of definitions to a file of rules. alertkit's SLOs are
`compatibility: sloth`, so that it writes the rules that Sloth writes; it isolates every expression and proves that, and it
writes routes and a policy as well, which Sloth does not. Seconds on the wall, and of processors; on a busy machine compare the
second.
"""

from __future__ import annotations

import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = """\
version: alertkit/v1
receiver: {url: "http://127.0.0.1:9087", credentials_file: alertkit.token}
teams: [{name: platform, slack: "#platform"}]
slack_rooms: ["*"]
channels: [{name: slack, type: slack, token: {secret: slack-bot}}]
"""
TENANT = """\
version: alertkit/v1
tenant: acme
title: Acme
locale: en
timezone: UTC
services: [{name: shop, owner: shop}]
teams: [{name: shop, slack: "#shop"}]
dashboards: []
slos:
"""
SLO = """\
  - name: requests-{n}
    service: shop
    objective: 99.9%
    window: 30d
    compatibility: sloth
    sli:
      errors: http_requests_total{{job="job-{n}", code=~"5.."}}
      total: http_requests_total{{job="job-{n}"}}
"""
SLOTH = """\
version: prometheus/v1
service: shop
slos:
"""
SLOTH_SLO = """\
  - name: requests-{n}
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(http_requests_total{{job="job-{n}", code=~"5.."}}[{{{{.window}}}}]))
        total_query: sum(rate(http_requests_total{{job="job-{n}"}}[{{{{.window}}}}]))
    alerting:
      name: ErrorBudgetBurn
      page_alert: {{}}
      ticket_alert: {{}}
"""


def seconds(*command: str) -> tuple[float, float]:
    """On the wall, and of processors."""
    begin, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begin, now.ru_utime - used.ru_utime + now.ru_stime - used.ru_stime


def rules(folder: Path) -> int:
    return sum(len(re.findall(r"^\s*-? ?(?:record|alert): ", file.read_text(), re.MULTILINE)) for file in folder.glob("*.y*ml"))


def main() -> None:
    size, rounds = (int(sys.argv[1]) if len(sys.argv) > 1 else 500), (int(sys.argv[2]) if len(sys.argv) > 2 else 5)
    sloth = shutil.which("sloth")
    if sloth is None:
        raise SystemExit("sloth is not on PATH: go install github.com/slok/sloth/cmd/sloth@latest")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tenants").mkdir()
        (folder / "out").mkdir()
        (folder / "alertkit.yaml").write_text(PROJECT)
        (folder / "tenants" / "acme.yaml").write_text(TENANT + "".join(SLO.format(n=n) for n in range(size)))
        (folder / "sloth.yaml").write_text(SLOTH + "".join(SLOTH_SLO.format(n=n) for n in range(size)))
        ours, theirs = list[tuple[float, float]](), list[tuple[float, float]]()
        for _ in range(rounds):
            shutil.rmtree(folder / "generated", ignore_errors=True)
            ours.append(seconds(sys.executable, "-m", "alertkit", "generate", "--quiet", "--project", name))
            theirs.append(seconds(sloth, "generate", "-i", f"{name}/sloth.yaml", "-o", f"{name}/out/rules.yaml"))
        own, other = rules(folder / "generated" / "rules"), rules(folder / "out")
    print(f"{size} SLOs, median of {rounds}, in turns:")
    for name, measured, count in (("alertkit", ours, own), ("sloth", theirs, other)):
        wall, cpu = (statistics.median(kind) for kind in zip(*measured, strict=True))
        print(f"  {name:<9} {wall:6.2f} s on the wall, {cpu:6.2f} s of processors, {count} rules")
    ratios = [[a / b for a, b in zip(one, other, strict=True)] for one, other in zip(ours, theirs, strict=True)]
    wall, cpu = (statistics.median(kind) for kind in zip(*ratios, strict=True))
    print(f"  ratio     {wall:6.2f} on the wall, {cpu:.2f} of processors (below 1, alertkit takes less)")


if __name__ == "__main__":
    main()
