"""How fast alerts become durable in PostgreSQL, against SQLite, in turns on one machine.

    python benchmarks/postgres.py                                  # a server of its own, that syncs, in a temporary folder
    python benchmarks/postgres.py postgresql://me@host/scratch     # an empty database of yours

The receivers are the same program; only where they keep things differs.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "benchmarks"), str(TOP / "tests")]

import ingest  # noqa: E402 - found through the path above
import postgres_server  # noqa: E402 - as above
from load import pour, request  # noqa: E402 - as above

ROUNDS, POSTS = 3, {1: 2_000, 10: 1_000, 100: 150}


@contextlib.contextmanager
def database() -> Iterator[str]:
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    binaries = postgres_server.programs()
    if binaries is None:
        raise SystemExit("PostgreSQL's initdb is not installed (Debian package postgresql)")
    with postgres_server.running(binaries, fsync="on") as server:
        yield server.database()


@contextlib.contextmanager
def receiver(options: list[str]) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        port = ingest.free_port()
        process = ingest.alertkit(Path(folder), port, *options)
        try:
            ingest.wait(port)
            yield port
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)


def main() -> None:
    speed: dict[tuple[str, int], list[float]] = {}
    with database() as url, receiver([]) as sqlite, receiver(["--database", url]) as postgres:
        post = 0
        for _ in range(ROUNDS):
            for size, count in POSTS.items():
                for name, port in (("SQLite", sqlite), ("PostgreSQL", postgres)):
                    bodies = [ingest.webhook(number, size, number) for number in range(post, post + count)]
                    requests = [request("/v1/alerts/acme/standard", body) for body in bodies]
                    speed.setdefault((name, size), []).append(count * size / pour(port, requests).elapsed)
                post += count
    print(f"{'alerts/post':>11} {'SQLite/s':>10} {'PostgreSQL/s':>13} {'ratio':>6}")
    for size in POSTS:
        ours, other = (statistics.median(speed[name, size]) for name in ("SQLite", "PostgreSQL"))
        print(f"{size:>11} {ours:>10,.0f} {other:>13,.0f} {other / ours:>6.2f}")


if __name__ == "__main__":
    main()
