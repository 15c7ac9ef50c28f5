"""Programs that the demo starts, waits for, and stops."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import requests

from alertkit.errors import AlertkitError

PATIENCE = 60
"""Seconds until a server that does not get ready is given up."""
_PACKAGES = {"prometheus": ("prometheus",), "prometheus-alertmanager": ("prometheus-alertmanager", "alertmanager")}


def find() -> dict[str, str]:
    """Where Prometheus and Alertmanager are, by their Debian packages; one that is not installed is left out."""
    places = {package: next(filter(None, map(shutil.which, names)), None) for package, names in _PACKAGES.items()}
    return {package: place for package, place in places.items() if place}


def missing() -> list[str]:
    """The Debian packages that would have to be installed."""
    return sorted(_PACKAGES.keys() - find().keys())


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Ready(msgspec.Struct, frozen=True):
    """A program is ready once this URL answers well, with these words in the answer."""

    url: str
    words: str = ""

    def holds(self) -> bool:
        """Ask now."""
        try:
            answer = requests.get(self.url, timeout=5)
        except requests.RequestException:
            return False
        return answer.ok and self.words in answer.text


@contextlib.contextmanager
def running(folder: Path, name: str, command: list[str], ready: Ready, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a program while the block runs; the block begins once it is ready.

    Raises:
        AlertkitError: it ends or does not get ready; its last words are in the message.
    """
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        # A session of its own: Ctrl-C in the terminal is for the demo, which stops its programs in order.
        process = subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
    try:
        _wait(process, name, ready, log)
        yield
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], name: str, ready: Ready, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if ready.holds():
            return
        time.sleep(0.1)
    last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
    raise AlertkitError(f"{name} does not get ready; it said last:\n{last}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
