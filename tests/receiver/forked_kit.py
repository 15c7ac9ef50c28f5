"""Receivers that are forked, since importing is the slowest part of a start, and a client that does what Alertmanager does."""

from __future__ import annotations

import contextlib
import http.client
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from process_kit import Process, serve_options
from receiver_kit import alert, webhook

HERE = Path(__file__).parent


class Parent:
    """Forks receivers, one at a time."""

    def __init__(self, folder: Path, *options: str, log: str = "serve.log", **environment: str) -> None:
        command = [sys.executable, str(HERE / "crash_serve.py"), *serve_options(folder, *options)]
        with (folder / log).open("a") as file:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, bufsize=0, env=os.environ | environment
            )

    def fork(self, readers: int | None) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n" if readers is None else b"%d\n" % readers)
        return self.number(None)

    def number(self, timeout: float | None) -> int:
        """The next number that it says."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("serve", timeout or 0)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


class Child:
    """What a test wants of a process that another one has forked. As with `Popen`, a dead one may be killed and waited for."""

    def __init__(self, parent: Parent, readers: int | None) -> None:
        self._parent = parent
        self._code: int | None = None
        self.pid = parent.fork(readers)

    def wait(self, timeout: float) -> int:
        if self._code is None:
            self._code = self._parent.number(timeout)
        return self._code

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forked(Process):
    """A receiver that a parent has forked; it has as many readers as its environment says, unless it is told."""

    def __init__(self, parent: Parent, folder: Path, port: int, log: str = "serve.log", *, readers: int | None = None) -> None:
        self._log_to(folder / log)
        self.popen = Child(parent, readers)  # type: ignore[assignment]
        self.host, self.port = "127.0.0.1", port


class Alertmanager(threading.Thread):
    """Posts group after group to whichever process it is given, and each of them again until it is taken."""

    def __init__(self, process: Callable[[], Process], name: str) -> None:
        super().__init__()
        self.accepted: list[str] = []
        self.refused: set[int] = set()
        self.enough = threading.Event()
        self._process = process
        self._prefix = name

    def run(self) -> None:
        number = 0
        while not self.enough.is_set():
            name = f"{self._prefix}{number}"
            if self._is_taken(webhook(alert(name), group={"alertname": name})):
                self.accepted.append(name)
                number += 1
                self.enough.wait(0.01)

    def _is_taken(self, body: bytes) -> bool:
        try:
            status = self._process().post(body)
        except (OSError, http.client.HTTPException):
            self.enough.wait(0.02)
            return False
        if status != 200:
            self.refused.add(status)
        return status == 200
