"""How fast alerts become durable: `alertkit serve` against what Alertmanager takes into memory, in turns on one machine.

    python benchmarks/ingest.py                    # medians and ratios at 1, 10 and 100 alerts a post
    python benchmarks/ingest.py --sustain 60       # 500 posts of 20 alerts a second, and a count of what is there afterwards

Alertmanager gets the same alerts by /api/v2/alerts. Steps are written with each incident and fall due in an hour, so that what
is measured is taking alerts in.
"""

from __future__ import annotations

import argparse
import asyncio
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
from pathlib import Path

from alertkit import names
from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.model.policy import ChannelSettings, TenantPolicy, encode

SIZES = (1, 10, 100)
CONNECTIONS = 32
NOW = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
NEVER = "0001-01-01T00:00:00Z"


def alerts(post: int, size: int, group: int) -> list[dict[str, object]]:
    labels = {"tenant": "acme", "severity": "warning", "service": "checkout", "job": "api", "namespace": "prod"}
    return [
        {
            "labels": labels | {"alertname": f"A{group}", "instance": f"10.0.{number}.{post}:9090"},
            "annotations": {"summary": "Requests fail on this instance", "alertkit_rule": "errors", "alertkit_value": "0.0625"},
            "startsAt": NOW,
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


class Connection(asyncio.Protocol):
    """One request after the other on a connection that stays open."""

    def __init__(self) -> None:
        self.waiting: asyncio.Future[bytes] | None = None
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        if b"\r\n\r\n" in self.data and self.waiting and not self.waiting.done():
            self.waiting.set_result(self.data)

    async def post(self, request: bytes) -> None:
        self.data, self.waiting = b"", asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined]
        answer = await self.waiting
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(answer.decode())


def request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def pour(port: int, requests: list[bytes], rate: float = 0) -> tuple[float, list[float]]:
    """Send all of them, as fast as they are taken or at a rate; seconds for all, and for each."""
    loop = asyncio.get_running_loop()
    connections = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    left, taken = iter(enumerate(requests)), []
    began = time.perf_counter()

    async def drain(connection: Connection) -> None:
        for number, one in left:
            if rate:
                await asyncio.sleep(began + number / rate - time.perf_counter())
            sent = time.perf_counter()
            await connection.post(one)
            taken.append(time.perf_counter() - sent)

    await asyncio.gather(*map(drain, connections))
    elapsed = time.perf_counter() - began
    for connection in connections:
        connection.transport.close()
    return elapsed, taken


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait(port: int) -> None:
    for _ in range(2400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("a server did not start")


def alertkit(folder: Path, port: int) -> subprocess.Popen[bytes]:
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
    command += ["--secrets", folder, "--database", f"sqlite:///{folder}/alertkit.db", "--listen", f"127.0.0.1:{port}"]
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


def compare(ports: dict[str, int], rounds: int, scale: int) -> None:
    paths = {"alertkit": "/v1/alerts/acme/standard", "alertmanager": "/api/v2/alerts"}
    speed: dict[tuple[str, int, str], list[float]] = {}
    post = 0
    for _ in range(rounds):
        for size in SIZES:
            for groups in ("new", "known"):
                count = max(100, scale // (size + 2))
                numbers = range(post, post + count)
                post += count
                for server, port in ports.items():
                    made = webhook if server == "alertkit" else lambda n, s, g: json.dumps(alerts(n, s, g)).encode()
                    bodies = [made(n, size, n if groups == "new" else n % 50) for n in numbers]
                    elapsed, _ = asyncio.run(pour(port, [request(paths[server], body) for body in bodies]))
                    speed.setdefault((server, size, groups), []).append(count * size / elapsed)
    print(f"{'alerts/post':>11} {'groups':>7} {'alertkit/s':>11} {'Alertmanager/s':>15} {'ratio':>6}")
    for groups in ("new", "known"):
        for size in SIZES:
            ours, theirs = (statistics.median(speed[server, size, groups]) for server in ports)
            print(f"{size:>11} {groups:>7} {ours:>11,.0f} {theirs:>15,.0f} {ours / theirs:>6.2f}")


def sustain(port: int, folder: Path, seconds: int, process: subprocess.Popen[bytes]) -> None:
    rate, size = 500, 20
    requests = [request("/v1/alerts/acme/standard", webhook(n, size, n % 5_000)) for n in range(rate * seconds)]
    elapsed, taken = asyncio.run(pour(port, requests, rate))
    taken.sort()
    process.terminate()
    process.wait(60)
    db = sqlite3.connect(folder / "alertkit.db")
    kept = db.execute("SELECT count(*) FROM occurrence").fetchone()[0]
    db.close()
    print(f"{len(requests) / elapsed:,.0f} posts and {len(requests) * size / elapsed:,.0f} alerts a second for {elapsed:.0f} s")
    print(f"p50 {taken[len(taken) // 2] * 1e3:.1f} ms, p99 {taken[len(taken) * 99 // 100] * 1e3:.1f} ms")
    print(f"accepted {len(requests) * size:,} alerts, on disk {kept:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=int, default=12_000, help="more is longer")
    parser.add_argument("--sustain", type=int, metavar="SECONDS")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), {"alertkit": free_port(), "alertmanager": free_port()}
        processes = [alertkit(folder, ports["alertkit"])]
        try:
            if not given.sustain:
                processes.append(alertmanager(folder, ports["alertmanager"]))
            for server in list(ports)[: len(processes)]:
                wait(ports[server])
            if given.sustain:
                sustain(ports["alertkit"], folder, given.sustain, processes[0])
            else:
                compare(ports, given.rounds, given.scale)
        finally:
            for process in processes:
                process.terminate()
                process.wait(60)


if __name__ == "__main__":
    main()
