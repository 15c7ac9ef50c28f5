"""`alertkit serve` with two more channels, which write down what they were handed: `repeatable` and `once`.

For each line on standard input it forks one with so many readers (as the environment says, when the line is empty), prints its
number and, once that is dead, its exit code: importing is the slowest part of a start, and a thousand starts are wanted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from crash_story import Diary, DiaryChannel

import alertkit.receiver.server  # noqa: F401 - what is imported here need not be imported a thousand times
from alertkit.cli import main
from alertkit.receiver import channels


def made(*_: Any, name: str) -> DiaryChannel:
    return DiaryChannel(name, Diary(Path(os.environ["CRASH_DIARY"])), repeatable=name == "repeatable")


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def fork() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            if readers := line.strip():
                os.environ["ALERTKIT_READERS"] = readers
            main()
        say(pid)
        say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    channels._MAKERS = {  # type: ignore[assignment]
        "repeatable": lambda *_: made(name="repeatable"),
        "once": lambda *_: made(name="once"),
    }
    fork()
