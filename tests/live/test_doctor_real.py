"""`alertkit doctor` where everything is real: the packs' selectors find the metrics of the exporters they are made for."""

from __future__ import annotations

import contextlib
import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import real_exporters
import servers
from click.testing import CliRunner
from servers import free_port, get

import alertkit
from alertkit.cli import cli

pytestmark = pytest.mark.nightly
RECORDED = Path(__file__).resolve().parents[1] / "packs" / "exporters"
TOKEN = "scrape"
PROJECT = """\
version: alertkit/v1
receiver: {url: "http://127.0.0.1:1", credentials_file: alertkit.token}
teams: [{name: platform, slack: "#platform"}]
channels: [{name: slack, type: slack, token: {secret: bot}, signing_secret: {secret: signing}}]
services:
  - {name: machines, owner: platform, packs: [{use: host}]}
  - {name: web, owner: platform, packs: [{use: blackbox-probe}]}
  - {name: monitoring, owner: platform, packs: [{use: prometheus-stack}]}
"""
NOT_YET = {
    "node_md_disks",  # a machine without a software RAID
    # Counters with labels begin with their first event.
    "alertkit_deliveries_total",
    "alertkit_requests_refused_total",
    "alertkit_foreign_alerts_total",
}


@contextlib.contextmanager
def website(folder: Path, openssl: str) -> Iterator[int]:
    """A site with a certificate of its own making."""
    made = ("-keyout", folder / "key.pem", "-out", folder / "certificate.pem", "-days", "90", "-subj", "/CN=localhost")
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def everything(tool: Callable[[str], str], folder: Path, generated: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a Prometheus that scrapes all, and the pages of the exporters by name."""
    with contextlib.ExitStack() as running:
        node = running.enter_context(real_exporters.node_exporter(tool, folder))
        blackbox = running.enter_context(real_exporters.blackbox_exporter(tool, folder))
        site = running.enter_context(website(folder, tool("openssl")))
        receiver, alertmanager, prometheus = free_port(), free_port(), free_port()
        secrets = {"platform/bot": "x", "platform/signing": "y"}
        running.enter_context(servers.receiver(folder, generated, receiver, TOKEN, secrets, "http://127.0.0.1:1"))
        running.enter_context(
            servers.alertmanager(
                tool("prometheus-alertmanager"), folder, generated, alertmanager, TOKEN, f"127.0.0.1:{free_port()}"
            )
        )
        ports = {"node": node, "prometheus": prometheus, "alertmanager": alertmanager, "alertkit": receiver}
        jobs = [servers.scraped(job, f"127.0.0.1:{port}") for job, port in ports.items()]
        jobs[-1]["authorization"] = {"credentials": TOKEN}
        jobs.append(real_exporters.probed("web", blackbox, f"https://127.0.0.1:{site}"))
        url = running.enter_context(
            servers.prometheus(tool("prometheus"), folder, generated, jobs, f"127.0.0.1:{alertmanager}", port=prometheus)
        )
        pages = {
            "node_exporter": f"http://127.0.0.1:{node}/metrics",
            "blackbox_exporter": f"http://127.0.0.1:{blackbox}/probe?module=http&target=https://127.0.0.1:{site}",
            "prometheus": f"{url}/metrics",
            "alertmanager": f"http://127.0.0.1:{alertmanager}/metrics",
        }
        yield url, pages


def unexpected(project: Path, url: str) -> set[str]:
    """Raw metrics of which doctor says that there are none. What is recorded takes longer to be there than a test may last."""
    result = CliRunner().invoke(cli, ["doctor", "--project", str(project), "--prometheus", url, "--format", "json"])
    found = json.loads(result.stdout) if result.stdout.startswith("{") else {"complaints": [{"kind": "", "subject": '"all"'}]}
    missing = {complaint["subject"].split('"')[1] for complaint in found["complaints"] if '"' in complaint["subject"]}
    return {name for name in missing if ":" not in name} - NOT_YET


def test_every_selector_of_the_packs_for_exporters_finds_series(tool: Callable[[str], str], tmp_path: Path) -> None:
    project, generated = tmp_path / "project", tmp_path / "generated"
    (project / "tenants").mkdir(parents=True)
    (project / "alertkit.yaml").write_text(PROJECT)
    alertkit.write(alertkit.build(project), generated)
    with everything(tool, tmp_path, generated) as (url, pages):
        servers.eventually("every selector finds series", lambda: not unexpected(project, url))
        shown = {exporter: real_exporters.names(get(page)) for exporter, page in pages.items()}
    for exporter, names in shown.items():
        recorded = {line for line in (RECORDED / f"{exporter}.txt").read_text().splitlines() if not line.startswith("#")}
        assert len(recorded & names) > 0.8 * len(recorded), f"{exporter}.txt is of another time: {sorted(recorded - names)}"
