"""Taking alerts in: `alertkit serve` on SQLite against alerta-server on PostgreSQL, the Python peer, in turns on one machine.

    python -m venv /tmp/alerta && /tmp/alerta/bin/pip install alerta-server psycopg2-binary gunicorn 'setuptools<80'
    python benchmarks/alerta.py /tmp/alerta [ROUNDS]         # Debian: postgresql

Both get Alertmanager's webhook, from 32 connections at a time, and answer once it is committed with fsync. Alerta is run as its
documentation asks, as a WSGI application (gunicorn, a worker for each processor, threads that keep connections open), without
authentication; it matches each alert with the ones that it knows, and answers with all of them. alertkit checks the token, opens
or updates one incident a post with its due steps and timeline. Alerta has no escalation; alertkit has no query language.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import ingest

SIZES = (1, 10)
SECONDS = 4.0
CONNECTIONS = 32
PATHS = {"alertkit": "/v1/alerts/acme/standard", "alerta": "/webhooks/prometheus"}


def wait(port: int) -> None:
    """Until a server listens; minutes, on a busy machine."""
    for _ in range(1_200):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(0.1)
    raise SystemExit("a server did not start")


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A cluster of its own, on a socket of its own; its URL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    if not found:
        raise SystemExit("postgresql is not installed")
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    data = folder / "data"
    data.mkdir()
    if user:
        shutil.chown(data, "postgres")
        folder.chmod(0o755)
    subprocess.run([*user, found[-1] / "initdb", "-D", data, "-U", "alerta", "--auth=trust"], check=True, capture_output=True)
    port = ingest.free_port()
    command = [*user, found[-1] / "postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", data]
    server = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait(port)
        time.sleep(1)  # it listens before it answers
        yield f"postgresql://alerta@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(60)


def alerta(environment: Path, folder: Path, database: str, port: int) -> subprocess.Popen[bytes]:
    (folder / "wsgi.py").write_text("from alerta import create_app\napp = create_app()\n")
    workers = str(os.cpu_count() or 1)
    command = [environment / "bin" / "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", workers, "--threads", "16"]
    settings = {**os.environ, "HOME": str(folder), "DATABASE_URL": database, "AUTH_REQUIRED": "False", "SECRET_KEY": "benchmark"}
    log = (folder / "alerta.log").open("wb")
    tables = [str(environment / "bin" / "python"), "wsgi.py"]  # made once, before several workers try to
    subprocess.run(tables, cwd=folder, env=settings, check=True, stdout=log, stderr=log)
    return subprocess.Popen([str(part) for part in (*command, "wsgi:app")], cwd=folder, env=settings, stdout=log, stderr=log)


async def pour(url: str, size: int, first: int) -> tuple[float, int]:
    """Post for a while; alerts a second, and how many posts that were."""
    posts, end = first, time.perf_counter() + SECONDS

    async def drain(session: aiohttp.ClientSession) -> None:
        nonlocal posts
        while time.perf_counter() < end:
            posts += 1
            body = ingest.webhook(posts, size, posts)
            headers = {"Content-Type": "application/json"} | ({"Authorization": "Bearer token"} if "/v1/" in url else {})
            async with session.post(url, data=body, headers=headers) as answer:
                text = await answer.read()
                if answer.status not in (200, 201):
                    raise SystemExit(f"{url}: {answer.status} {text[:500]!r}")

    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await asyncio.gather(*(drain(session) for _ in range(CONNECTIONS)))
    return (posts - first) * size / (time.perf_counter() - began), posts


def compare(ports: dict[str, int], rounds: int) -> None:
    speed: dict[tuple[str, int], list[float]] = {}
    posts = 0
    for _ in range(rounds):
        for size in SIZES:
            for server, port in ports.items():
                rate, posts = asyncio.run(pour(f"http://127.0.0.1:{port}{PATHS[server]}", size, posts))
                speed.setdefault((server, size), []).append(rate)
    print(f"{'alerts/post':>11} {'alertkit/s':>11} {'alerta/s':>9} {'ratio':>6}")
    for size in SIZES:
        ours, theirs = (statistics.median(speed[server, size]) for server in ports)
        print(f"{size:>11} {ours:>11,.0f} {theirs:>9,.0f} {ours / theirs:>6.1f}")


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(postgresql(folder))
        ports = {server: ingest.free_port() for server in PATHS}
        (folder / "alertkit").mkdir()
        servers = [
            ingest.alertkit(folder / "alertkit", ports["alertkit"]),
            alerta(Path(sys.argv[1]), folder, database, ports["alerta"]),
        ]
        try:
            for port in ports.values():
                wait(port)
            compare(ports, rounds)
        except BaseException:
            print((folder / "alerta.log").read_text()[-2_000:])
            raise
        finally:
            for server in servers:
                server.terminate()
                server.wait(60)


if __name__ == "__main__":
    main()
