"""A receiver as a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TOKEN = "s3cret"


def serve_options(folder: Path, *options: str) -> list[str]:
    """`serve` on the files of a folder."""
    command = ["serve", "--policies", str(folder / "policies"), "--listen", "127.0.0.1:0"]
    command += ["--secrets", str(folder / "secrets"), "--tokens", str(folder / "tokens.json")]
    return [*command, "--database", f"sqlite:///{folder}/alertkit.db", *options]


class Process:
    """`alertkit serve` on the files of a folder; `errors` is what it has logged."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self._log_to(folder / "serve.log")
        command = [sys.executable, "-m", "alertkit", *serve_options(folder, *options)]
        with self.log.open("a") as log:
            self.popen = subprocess.Popen(command, stderr=log, env=os.environ | environment)

    def _log_to(self, log: Path) -> None:
        self.log = log
        self._started = self.log.stat().st_size if self.log.exists() else 0
        self.host, self.port = "", 0

    def listening(self) -> Process:
        """Wait for the address that it announces."""
        self.host, _, port = self.announced("http").removeprefix("http://").rpartition(":")
        self.port = int(port)
        return self

    def announced(self, scheme: str) -> str:
        """The address, once it is there."""
        start = f"alertkit: listening on {scheme}://"
        while True:
            for line in self.errors.splitlines():
                if line.startswith(start):
                    return line.removeprefix("alertkit: listening on ")
            self.pause(0.01)

    def reading(self) -> int:
        """Wait until a reader accepts; its process."""
        for _ in range(2_000):
            if "a reader accepts" in self.errors:
                return int(Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text())
            self.pause(0.01)
        raise AssertionError(f"no reader accepts: {self.errors}")

    def pause(self, seconds: float) -> None:
        """Let it work for so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(seconds)
            raise AssertionError(f"it ended: {self.errors}")

    @property
    def errors(self) -> str:
        with self.log.open() as log:
            log.seek(self._started)
            return log.read()

    def request(self, method: str, path: str, body: bytes = b"", token: str = TOKEN) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, body: bytes, path: str = "/v1/alerts/acme/standard") -> int:
        return self.request("POST", path, body)[0]

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.popen.send_signal(with_signal)
        return self.popen.wait(120)


@contextlib.contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Process]:
    process = Process(folder, *options, **environment)
    try:
        yield process.listening()
    finally:
        if process.popen.poll() is None:
            process.popen.kill()
            process.popen.wait(120)
