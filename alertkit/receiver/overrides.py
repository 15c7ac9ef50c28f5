"""A look at administrators' own sentences and layouts before anybody is paged with them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from alertkit.channels import overrides
from alertkit.messages import Words


def problems(words: Words, folder: Path | None, now: dt.datetime) -> dict[Path, str]:
    """Files below `folder` that cannot be used, and why."""
    if folder is None or not folder.is_dir():
        return {}
    return words.unreadable() | overrides.check(folder, words.specimens(now))
