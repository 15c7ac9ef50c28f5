"""`alertkit serve` with two more channels, which write down what they were handed: `repeatable` and `once`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from crash_story import Diary, DiaryChannel

from alertkit.cli import main
from alertkit.receiver import channels


def made(*_: Any, name: str) -> DiaryChannel:
    return DiaryChannel(name, Diary(Path(os.environ["CRASH_DIARY"])), repeatable=name == "repeatable")


if __name__ == "__main__":
    channels._MAKERS = {  # type: ignore[assignment]
        "repeatable": lambda *_: made(name="repeatable"),
        "once": lambda *_: made(name="once"),
    }
    main()
