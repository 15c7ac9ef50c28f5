"""Real servers on free loopback ports: an exporter, Prometheus, Alertmanager, `alertkit serve`; each stopped by its id."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

PATIENCE = 90
"""Seconds until a test gives up on a busy machine."""
T = TypeVar("T")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


@contextlib.contextmanager
def metrics_page(values: dict[str, float]) -> Iterator[int]:
    """An exporter: each series and its value, as they stand in `values` when they are scraped."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(f"{series} {value}\n" for series, value in values.items()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Scrapes are no news."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def prometheus(binary: str, folder: Path, generated: Path, exporter: int, alertmanager: int | None = None) -> Iterator[str]:
    """Prometheus with the generated rules, once it has found its Alertmanager: what fires before that is told a minute later."""
    port = free_port()
    configuration: dict[str, object] = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(generated / "rules" / "*.yaml")],
        "scrape_configs": [{"job_name": "app", "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]}],
    }
    if alertmanager:
        configuration["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]}
    (folder / "prometheus.yaml").write_text(json.dumps(configuration))
    url = f"http://127.0.0.1:{port}"
    options = (f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={folder / 'prometheus'}")
    with program(folder, "prometheus", binary, f"--config.file={folder / 'prometheus.yaml'}", *options):
        found = f"prometheus_notifications_alertmanagers_discovered {1 if alertmanager else 0}"
        eventually("Prometheus finds Alertmanager", lambda: found in get(f"{url}/metrics"))
        yield url


@contextlib.contextmanager
def alertmanager(binary: str, folder: Path, generated: Path, port: int, token: str) -> Iterator[str]:
    """A single Alertmanager with the generated configuration. In cluster mode it would hold back the first notification."""
    (generated / "alertmanager" / "alertkit.token").write_text(token + "\n")
    options = (
        f"--config.file={generated / 'alertmanager' / 'alertmanager.yaml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    with program(folder, "alertmanager", binary, *options):
        eventually("Alertmanager is ready", lambda: get(f"http://127.0.0.1:{port}/-/ready"))
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def receiver(folder: Path, generated: Path, port: int, token: str, secrets: dict[str, str], slack_api: str) -> Iterator[str]:
    """`alertkit serve` on SQLite, as a process of its own."""
    write_receiver_files(folder, token, secrets)
    options = {
        "policies": str(generated / "receiver"),
        "database": f"sqlite:///{folder / 'alertkit.db'}",
        "secrets": str(folder / "secrets"),
        "tokens": str(folder / "tokens.json"),
        "listen": f"127.0.0.1:{port}",
    }
    flags = [text for name, value in options.items() for text in (f"--{name}", value)]
    with program(
        folder, "receiver", sys.executable, "-m", "alertkit", "serve", *flags, environment={"ALERTKIT_SLACK_API": slack_api}
    ):
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
