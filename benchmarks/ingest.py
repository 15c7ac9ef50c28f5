"""How fast alerts become durable: `alertkit serve` against what Alertmanager takes into memory, in turns on one machine.

    python benchmarks/ingest.py                      # medians and ratios at 1, 10 and 100 alerts a post
    python benchmarks/ingest.py --sustain 60         # 500 posts of 20 alerts a second, and a count of what is there afterwards
    python benchmarks/ingest.py --half 20            # how long answers take at half of the most posts a second
    python benchmarks/ingest.py --memory 10000000    # the receiver's memory while so many alerts come and go

Both get the same alerts from the same client over as many connections; Alertmanager by /api/v2/alerts. Those of one post began
together, those of the next a millisecond later. Steps are written with each incident and fall due in an hour, so that what is
measured is taking alerts in. CPU and memory are a server's own and those of the processes that it has started; CPU is told a
post, the client's too, since it has to be the smaller.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from load import CONNECTIONS, pour, request

from alertkit import names
from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.model.policy import ChannelSettings, TenantPolicy, encode

SIZES = (1, 10, 100)
NOW = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
Measured = dict[tuple[str, int, str], list[float]]
NEVER = "0001-01-01T00:00:00Z"


def alerts(post: int, size: int, group: int) -> list[dict[str, object]]:
    labels = {"tenant": "acme", "severity": "warning", "service": "checkout", "job": "api", "namespace": "prod"}
    began = f"{YESTERDAY + dt.timedelta(milliseconds=post):%Y-%m-%dT%H:%M:%S.%fZ}"
    return [
        {
            "labels": labels | {"alertname": f"A{group}", "instance": f"10.0.{number}.{post}:9090"},
            "annotations": {"summary": "Requests fail on this instance", "alertkit_rule": "errors", "alertkit_value": "0.0625"},
            "startsAt": began,
            "generatorURL": "http://prometheus.example/graph?g0.expr=rate%28errors%5B5m%5D%29",
        }
        for number in range(size)
    ]


def webhook(post: int, size: int, group: int) -> bytes:
    labels = {"alertname": f"A{group}", "tenant": "acme"}
    shown = [
        one | {"status": "firing", "endsAt": NEVER, "fingerprint": hashlib.md5(f"{post}/{n}".encode()).hexdigest()[:16]}
        for n, one in enumerate(alerts(post, size, group))
    ]
    body = {"version": "4", "groupKey": str(group), "status": "firing", "receiver": "acme/standard", "groupLabels": labels}
    return json.dumps(body | {"alerts": shown, "externalURL": "http://alertmanager", "truncatedAlerts": 0}).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait(port: int) -> None:
    for _ in range(1_200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("a server did not start")


def alertkit(folder: Path, port: int, *options: str) -> subprocess.Popen[bytes]:
    later = EscalationPolicy(steps=(Step(3_600, (Target(team="ops"),)),))
    policy = TenantPolicy(
        names.POLICY_VERSION, "acme", "tenant", "Acme", "en", "UTC", names.SEVERITIES, {"standard": later},
        teams={"ops": Team("en", "UTC", (Contact("log", "#ops"),))}, channels={"log": ChannelSettings("log")},
    )  # fmt: skip
    (folder / "policies").mkdir()
    (folder / "policies" / "acme.json").write_bytes(encode(policy))
    digest = hashlib.sha256(b"token").hexdigest()
    (folder / "tokens").write_text(json.dumps([{"name": "x", "sha256": digest, "tenants": "*", "scopes": ["ingest"]}]))
    command = [sys.executable, "-m", "alertkit", "serve", "--policies", folder / "policies", "--tokens", folder / "tokens"]
    command += ["--secrets", folder, "--database", f"sqlite:///{folder}/alertkit.db", "--listen", f"127.0.0.1:{port}", *options]
    return subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL, env=dict(os.environ))


def alertmanager(folder: Path, port: int) -> subprocess.Popen[bytes]:
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        raise SystemExit("prometheus-alertmanager is not installed")
    (folder / "alertmanager.yml").write_text(
        "route: {receiver: none, group_by: [alertname, tenant]}\nreceivers: [{name: none}]\n"
    )
    command = [program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/am", "--cluster.listen-address="]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


PATHS = {"alertkit": "/v1/alerts/acme/standard", "alertmanager": "/api/v2/alerts"}


def family(process: subprocess.Popen[bytes]) -> list[Path]:
    """What the system tells of a process and of those that it has started."""
    started = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [Path(f"/proc/{number}") for number in (process.pid, *started)]


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds that a server has worked."""
    fields = [(one / "stat").read_text().rpartition(")")[2].split() for one in family(process)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def compare(ports: dict[str, int], processes: list[subprocess.Popen[bytes]], rounds: int, scale: int, connections: int) -> None:
    speed: Measured = {}
    work: Measured = {}
    client: list[float] = []
    post = 0
    for size, groups in [(size, groups) for _ in range(rounds) for size in SIZES for groups in ("new", "known")]:
        count = max(100, scale // (size + 2))
        numbers = range(post, post + count)
        post += count
        for (server, port), process in zip(ports.items(), processes, strict=True):
            made = webhook if server == "alertkit" else lambda n, s, g: json.dumps(alerts(n, s, g)).encode()
            requests = [request(PATHS[server], made(n, size, n if groups == "new" else n % 50)) for n in numbers]
            before, mine = cpu(process), time.process_time()
            elapsed = pour(port, requests, connections=connections).elapsed
            client.append((time.process_time() - mine) / count)
            work.setdefault((server, size, groups), []).append((cpu(process) - before) / count)
            speed.setdefault((server, size, groups), []).append(count * size / elapsed)
    tell(ports, speed, work)
    print(f"the client worked {statistics.median(client) * 1e6:.0f} µs a post")


def tell(
    ports: dict[str, int], speed: dict[tuple[str, int, str], list[float]], work: dict[tuple[str, int, str], list[float]]
) -> None:
    print(f"{'alerts/post':>11} {'groups':>7} {'alertkit/s':>11} {'Alertmanager/s':>15} {'ratio':>6} {'CPU µs a post':>20}")
    for groups in ("new", "known"):
        for size in SIZES:
            ours, theirs = (statistics.median(speed[server, size, groups]) for server in ports)
            cost = " / ".join(f"{statistics.median(work[server, size, groups]) * 1e6:,.0f}" for server in ports)
            print(f"{size:>11} {groups:>7} {ours:>11,.0f} {theirs:>15,.0f} {ours / theirs:>6.2f} {cost:>20}")


def sustain(port: int, folder: Path, seconds: int, process: subprocess.Popen[bytes]) -> None:
    rate, size = 500, 20
    requests = [request(PATHS["alertkit"], webhook(n, size, n % 5_000)) for n in range(rate * seconds)]
    elapsed, taken = pour(port, requests, rate)
    process.terminate()
    process.wait(60)
    db = sqlite3.connect(folder / "alertkit.db")
    kept = db.execute("SELECT count(*) FROM occurrence").fetchone()[0]
    db.close()
    print(f"{len(requests) / elapsed:,.0f} posts and {len(requests) * size / elapsed:,.0f} alerts a second for {elapsed:.0f} s")
    print(f"answers: {percentiles(taken)}")
    print(f"accepted {len(requests) * size:,} alerts, on disk {kept:,}")


def percentiles(taken: list[float]) -> str:
    taken = sorted(taken)
    return f"p50 {taken[len(taken) // 2] * 1e3:.1f} ms, p99 {taken[len(taken) * 99 // 100] * 1e3:.1f} ms"


def half(port: int, seconds: int) -> None:
    """The most posts of one alert a second, then half as many."""
    known = [request(PATHS["alertkit"], webhook(n, 1, n % 50)) for n in range(10_000)]
    most = len(known) / pour(port, known).elapsed
    requests = [request(PATHS["alertkit"], webhook(n, 1, n % 50)) for n in range(10_000, 10_000 + round(most / 2 * seconds))]
    print(f"at half of {most:,.0f} posts a second: {percentiles(pour(port, requests, most / 2).taken)}")


def memory(port: int, process: subprocess.Popen[bytes], wanted: int) -> None:
    """Groups of a hundred alerts fire and end, a thousand groups at a time; what is resident after each twentieth."""
    size, groups = 100, wanted // 100

    def story(first: int, last: int) -> Iterator[bytes]:
        for start in range(first, last, 1_000):
            firing = [webhook(number, size, number) for number in range(start, min(start + 1_000, last))]
            yield from (request(PATHS["alertkit"], body) for body in firing)
            for body in firing:
                ended = body.replace(b'"status": "firing"', b'"status": "resolved"').replace(NEVER.encode(), NOW.encode())
                yield request(PATHS["alertkit"], ended)

    for part in range(20):
        pour(port, story(groups * part // 20, groups * (part + 1) // 20))
        print(f"{groups * (part + 1) // 20 * size:>12,} alerts fired and ended: {resident(process):.0f} MiB", flush=True)


def resident(process: subprocess.Popen[bytes]) -> float:
    lines = [line for one in family(process) for line in (one / "status").read_text().splitlines() if line.startswith("VmRSS")]
    return sum(int(line.split()[1]) for line in lines) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=30_000, help="more is longer")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="posts at a time, when both are compared")
    parser.add_argument("--sustain", type=int, metavar="SECONDS")
    parser.add_argument("--half", type=int, metavar="SECONDS")
    parser.add_argument("--memory", type=int, metavar="ALERTS")
    given = parser.parse_args()
    alone: Callable[[int, Path, subprocess.Popen[bytes]], None] | None = None
    if given.sustain:
        alone = lambda port, folder, process: sustain(port, folder, given.sustain, process)  # noqa: E731
    elif given.half:
        alone = lambda port, folder, process: half(port, given.half)  # noqa: E731
    elif given.memory:
        alone = lambda port, folder, process: memory(port, process, given.memory)  # noqa: E731
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), {"alertkit": free_port(), "alertmanager": free_port()}
        processes = [alertkit(folder, ports["alertkit"])]
        try:
            if alone is None:
                processes.append(alertmanager(folder, ports["alertmanager"]))
            for server in list(ports)[: len(processes)]:
                wait(ports[server])
            if alone is None:
                compare(ports, processes, given.rounds, given.scale, given.connections)
            else:
                alone(ports["alertkit"], folder, processes[0])
        finally:
            for process in processes:
                process.terminate()
                process.wait(60)


if __name__ == "__main__":
    main()
