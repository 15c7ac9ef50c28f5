"""A real Prometheus on a free port that scrapes a page of ours and evaluates given rules; what a test asks, it answers."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from servers import free_port

CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: metrics
    honor_labels: true
    static_configs: [{{targets: ["127.0.0.1:{metrics}"]}}]
"""
PATIENCE = 60
"""Seconds until a test gives up on a busy machine; usually it takes five."""


class Prometheus:
    """Asks the running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def series(self, query: str) -> list[dict[str, Any]]:
        """The series that an instant query returns now."""
        url = f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def eventually(self, query: str, seconds: int = PATIENCE) -> list[dict[str, Any]]:
        """As `series`, once there are some; empty when none come."""
        never = threading.Event()
        for _ in range(seconds * 4):
            try:
                found = self.series(query)
            except ConnectionError:
                found = []
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) and error.code != 503:  # it is starting
                    raise AssertionError(f"{query}: {error.read().decode()}") from error
                found = []
            if found:
                return found
            never.wait(0.25)
        return []


@contextmanager
def running(program: str, folder: Path, rules: list[dict[str, Any]], page: Callable[[int], str]) -> Iterator[Prometheus]:
    """Start, hand out, stop. `page(n)` is the n-th scrape's text."""
    with _metrics(page) as metrics:
        rule_file = folder / "rules.yaml"
        rule_file.write_text(json.dumps({"groups": rules}))  # JSON is YAML
        configuration = folder / "prometheus.yaml"
        configuration.write_text(CONFIGURATION.format(rules=json.dumps(str(rule_file)), metrics=metrics))
        with _process(program, folder, configuration) as server:
            yield server


@contextmanager
def serving(program: str, folder: Path, step: int) -> Iterator[Prometheus]:
    """A server that answers from its data folder alone: it scrapes nothing. Samples are good for `step` seconds and a minute."""
    configuration = folder / "quiet.yaml"
    configuration.write_text("global: {scrape_interval: 1m}\n")
    with _process(program, folder, configuration, f"--query.lookback-delta={step + 60}s") as server:
        assert server.eventually("vector(1)"), (folder / "log").read_text()[-2000:]
        yield server


@contextmanager
def _process(program: str, folder: Path, configuration: Path, *flags: str) -> Iterator[Prometheus]:
    port = free_port()
    data, listen = f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"
    keep = "--storage.tsdb.retention.time=400d"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, f"--config.file={configuration}", data, listen, keep, *flags], stderr=log)
        try:
            yield Prometheus(port)
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def _metrics(page: Callable[[int], str]) -> Iterator[int]:
    scrapes = iter(range(10**9))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page(next(scrapes)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
