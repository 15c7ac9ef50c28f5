"""Running a program of another project: found on the PATH, given a time limit, never through a shell."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import msgspec

from alertkit.errors import MissingTool

_PACKAGES = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}


class Answer(msgspec.Struct, frozen=True):
    """What a program said; `code` is its exit code, 0 where all is well. In any other answer `output` is never empty."""

    code: int
    output: str


def find(program: str) -> Path:
    """Where a program is.

    Raises:
        MissingTool: it is not on the PATH; the message names the Debian package.
    """
    found = shutil.which(program)
    if found is None:
        package = _PACKAGES.get(program, program)
        raise MissingTool(f"{program} is not installed; on Debian and Ubuntu: apt-get install {package}")
    return Path(found)


def run(program: Path, *arguments: str | Path, timeout: float = 120.0) -> Answer:
    """Run a program to its end. Both output streams come back as one text; one that takes too long has code -1."""
    command = [str(program), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program and paths, no shell
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Answer(-1, f"{program.name} did not answer within {timeout:.0f} s")
    said = done.stdout + done.stderr
    if done.returncode < 0:  # whatever it had begun to say, it did not come to an end
        number = -done.returncode
        said = f"{program.name} was ended by signal {number} ({signal.strsignal(number)})\n{said}"
    elif done.returncode and not said.strip():
        said = f"{program.name} ended with exit code {done.returncode} and said nothing"
    return Answer(done.returncode, said)
