"""Exporters of machines and of probes, for real and on loopback."""

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


def probed(job: str, blackbox: int, target: str) -> dict[str, object]:
    """A probe as blackbox_exporter's documentation has it scraped."""
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{blackbox}"},
    ]
    return servers.scraped(job, target, metrics_path="/probe", params={"module": ["http"]}, relabel_configs=relabel)


def names(page: str) -> set[str]:
    """The names of all samples of a page of metrics."""
    return set(_SAMPLE.findall(page))
