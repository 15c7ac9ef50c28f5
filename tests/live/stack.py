"""What a small platform runs, for real and on loopback: exporters, an Alertmanager in a cluster, Prometheus to scrape all."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import servers
from servers import eventually, free_port, get

Tool = Callable[[str], str]
_SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{| )", re.MULTILINE)


@contextlib.contextmanager
def node_exporter(tool: Tool, folder: Path) -> Iterator[int]:
    port = free_port()
    with servers.program(folder, "node", tool("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}"):
        eventually("node_exporter answers", lambda: get(f"http://127.0.0.1:{port}/metrics"))
        yield port


@contextlib.contextmanager
def blackbox_exporter(tool: Tool, folder: Path) -> Iterator[int]:
    """With one module, `http`, which knows no authority and so takes any certificate."""
    port, file = free_port(), folder / "blackbox.yaml"
    file.write_text(json.dumps({"modules": {"http": {"prober": "http", "http": {"tls_config": {"insecure_skip_verify": True}}}}}))
    options = (f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}")
    with servers.program(folder, "blackbox", tool("prometheus-blackbox-exporter"), *options):
        eventually("blackbox_exporter answers", lambda: get(f"http://127.0.0.1:{port}/metrics"))
        yield port


def scraped(jobs: dict[str, int]) -> list[dict[str, object]]:
    return [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for job, port in jobs.items()]


def probed(job: str, blackbox: int, target: str) -> dict[str, object]:
    """A probe as blackbox_exporter's documentation has it scraped."""
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{blackbox}"},
    ]
    static = [{"targets": [target]}]
    return {
        "job_name": job,
        "metrics_path": "/probe",
        "params": {"module": ["http"]},
        "static_configs": static,
        "relabel_configs": relabel,
    }


def names(page: str) -> set[str]:
    """The names of all samples of a page of metrics."""
    return set(_SAMPLE.findall(page))


@contextlib.contextmanager
def clustered(tool: Tool, folder: Path, generated: Path, port: int, token: str) -> Iterator[None]:
    """Alertmanager in a cluster of one, which shows the metrics of a cluster."""
    (generated / "alertmanager" / "alertkit.token").write_text(token + "\n")
    options = (
        f"--config.file={generated / 'alertmanager' / 'alertmanager.yaml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--cluster.listen-address=127.0.0.1:{free_port()}",
    )
    with servers.program(folder, "alertmanager", tool("prometheus-alertmanager"), *options):
        eventually("Alertmanager answers", lambda: get(f"http://127.0.0.1:{port}/-/healthy"))
        yield


@contextlib.contextmanager
def prometheus(tool: Tool, folder: Path, generated: Path, ports: tuple[int, int], jobs: list[dict[str, object]]) -> Iterator[str]:
    """Prometheus with jobs and the generated rules; `ports` are its own and Alertmanager's."""
    own, alertmanager = ports
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(generated / "rules" / "*.yaml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": jobs,
    }
    (folder / "prometheus.yaml").write_text(json.dumps(configuration))
    options = (f"--web.listen-address=127.0.0.1:{own}", f"--storage.tsdb.path={folder / 'prometheus'}")
    with servers.program(folder, "prometheus", tool("prometheus"), f"--config.file={folder / 'prometheus.yaml'}", *options):
        yield f"http://127.0.0.1:{own}"
