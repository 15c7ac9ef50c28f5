"""Real servers on free loopback ports: an exporter, Prometheus, Alertmanager, `alertkit serve`; each stopped by its id."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from alertkit.demo.exporter import Exporter

PATIENCE = 90
"""Seconds until a test gives up on a busy machine."""
T = TypeVar("T")


def free_port() -> int:
    """A port that is free, and stays so until a server listens there and while it restarts: the kernel gives whoever asks for
    any port one from 32768 on."""
    while True:
        port = 12_000 + secrets.randbelow(20_000)  # not `random`, which draws the same in every test of properties
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def eventually(what: str, ask: Callable[[], T]) -> T:
    """The first answer that is true. A server that does not listen yet counts as false."""
    pause = threading.Event()
    for _ in range(PATIENCE * 5):
        with contextlib.suppress(ConnectionError, urllib.error.URLError):
            answer = ask()
            if answer:
                return answer
        pause.wait(0.2)
    raise AssertionError(f"waited {PATIENCE} s in vain for: {what}")


def get(url: str, token: str = "") -> str:
    """The body of a page; empty when the server answers with an error."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError:
        return ""


@contextlib.contextmanager
def program(folder: Path, name: str, *command: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a program while the block runs; its output stands in `<folder>/<name>.log`."""
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def metrics_page(values: dict[str, float]) -> Exporter:
    """An exporter: each series and its value, as they stand in `values` when they are scraped."""
    return Exporter(lambda: "".join(f"{series} {value}\n" for series, value in values.items()))


def scraped(job: str, url: str, **settings: object) -> dict[str, object]:
    """A job of Prometheus with one target."""
    return {"job_name": job, "static_configs": [{"targets": [url.removeprefix("http://")]}], **settings}


def app(exporter: Exporter) -> dict[str, object]:
    """The job of a test's own exporter, whose series keep the labels that they come with."""
    return scraped("app", exporter.origin, honor_labels=True)


def prometheus_configuration(generated: Path, jobs: Iterable[dict[str, object]], *alertmanagers: str) -> str:
    """A file of Prometheus with the generated rules, which looks every second."""
    targets = [url.removeprefix("http://") for url in alertmanagers]
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(generated / "rules" / "*.yaml")],
        "scrape_configs": list(jobs),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": targets}]}] if targets else []},
    }
    return json.dumps(configuration)


@contextlib.contextmanager
def prometheus(
    binary: str, folder: Path, generated: Path, jobs: Iterable[dict[str, object]], *alertmanagers: str, port: int = 0
) -> Iterator[str]:
    """Prometheus, once it has found its Alertmanagers: what fires before that is told a minute later."""
    port = port or free_port()
    (folder / "prometheus.yaml").write_text(prometheus_configuration(generated, jobs, *alertmanagers))
    url = f"http://127.0.0.1:{port}"
    options = (f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={folder / 'prometheus'}")
    with program(folder, "prometheus", binary, f"--config.file={folder / 'prometheus.yaml'}", *options):
        found = f"prometheus_notifications_alertmanagers_discovered {len(alertmanagers)}"
        eventually("Prometheus finds Alertmanager", lambda: found in get(f"{url}/metrics"))
        yield url


@contextlib.contextmanager
def alertmanager(binary: str, folder: Path, generated: Path, port: int, token: str, cluster: str = "") -> Iterator[str]:
    """Alertmanager with the generated configuration. In a `cluster`, of which it listens at that address, it shows the metrics of
    one, and holds back the first notification.
    """
    (generated / "alertmanager" / "alertkit.token").write_text(token + "\n")
    options = (
        f"--config.file={generated / 'alertmanager' / 'alertmanager.yaml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--cluster.listen-address={cluster}",
    )
    with program(folder, "alertmanager", binary, *options):
        eventually("Alertmanager is ready", lambda: get(f"http://127.0.0.1:{port}/-/ready"))
        yield f"http://127.0.0.1:{port}"


def serve(folder: Path, generated: Path, port: int, database: str = "") -> list[str]:
    """The command that runs a receiver; its database is a file of SQLite's unless another one is named."""
    options = {
        "policies": generated / "receiver",
        "database": database or f"sqlite:///{folder / 'alertkit.db'}",
        "secrets": folder / "secrets",
        "tokens": folder / "tokens.json",
        "listen": f"127.0.0.1:{port}",
    }
    return [sys.executable, "-m", "alertkit", "serve", *(f"--{name}={value}" for name, value in options.items())]


@contextlib.contextmanager
def receiver(folder: Path, generated: Path, port: int, token: str, secrets: dict[str, str], slack_api: str) -> Iterator[str]:
    """`alertkit serve` on SQLite, as a process of its own."""
    write_receiver_files(folder, token, secrets)
    with program(folder, "receiver", *serve(folder, generated, port), environment={"ALERTKIT_SLACK_API": slack_api}):
        eventually("the receiver is ready", lambda: get(f"http://127.0.0.1:{port}/readyz"))
        yield f"http://127.0.0.1:{port}"


def write_receiver_files(folder: Path, token: str, secrets: dict[str, str]) -> None:
    """What the receiver reads beside policies: secrets by their full names, and one token for Alertmanager."""
    for name, value in secrets.items():
        file = folder / "secrets" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value + "\n")
    digest = hashlib.sha256(token.encode()).hexdigest()
    tokens = [{"name": "alertmanager", "sha256": digest, "tenants": "*", "scopes": ["ingest", "read"]}]
    (folder / "tokens.json").write_text(json.dumps(tokens))
