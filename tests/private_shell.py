"""A shell in a network of its own, in which every port is free."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

APART = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"]


class Shell:
    """A bash of one's own: with job control, in a network where every port is free, and gone with all that it started."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self._process = subprocess.Popen(
            [*APART, "bash", "--norc"],
            cwd=home,
            env={**environment, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.run("set -m; ip link set lo up")

    def run(self, typed: str) -> tuple[str, int]:
        """What a command prints, and its exit code."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(f"{typed}\necho; echo =done= $?\n")
        stdin.flush()
        output = ""
        for line in stdout:
            if line.startswith("=done= "):
                return output.removesuffix("\n"), int(line.split()[1])
            output += line
        raise AssertionError(f"the shell ended at {typed!r}: {output}")

    def close(self) -> None:
        """End it and what runs in it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def shell(home: Path) -> Iterator[Shell]:
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        message = "this system lets nobody have a network of their own (unshare --net)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    opened = Shell(home)
    try:
        yield opened
    finally:
        opened.close()
