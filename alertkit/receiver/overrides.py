"""Administrators' own sentences and layouts: of one that cannot be used the operator is told, once, until it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import structlog

from alertkit import names
from alertkit.channels import overrides
from alertkit.messages import Words, troubles
from alertkit.receiver.channels import Channels
from alertkit.receiver.operator import Operator
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.stamps import Stamp, stamp

_log = structlog.get_logger(__name__)


class Overrides:
    """What is wrong with them comes to light when they are tried, and whenever a message is rendered with them."""

    def __init__(self, runtime: Runtime, words: Words, channels: Channels, operator: Operator) -> None:
        self._folder = runtime.settings.overrides
        self._clock = runtime.clock
        self._metrics = runtime.metrics
        self._words = words
        self._channels = channels
        self._operator = operator
        self._told: dict[Path, tuple[str, Stamp]] = {}

    async def rehearse(self) -> None:
        """Try all of them before anybody is paged with them."""
        if self._folder is not None and self._folder.is_dir():
            await self._tell(self._words.unreadable() | overrides.check(self._folder, self._words.specimens(self._clock())))

    async def look(self) -> None:
        """Tell what has come to light since, and what is mended."""
        await self._tell(self._words.problems | self._channels.layout_problems)

    async def _tell(self, problems: Mapping[Path, str]) -> None:
        told = self._told
        for path in [path for path, (_, seen) in told.items() if path not in problems and stamp(path) != seen]:
            del told[path]
            await self._operator.over(names.ALERT_TEMPLATE, names.PLATFORM, str(path))
        new = {path: problem for path, problem in problems.items() if path not in told or told[path][0] != problem}
        told |= {path: (problem, stamp(path)) for path, problem in problems.items()}
        for path, problem in new.items():
            _log.error("own words or layout refused, the shipped ones stand in", file=str(path), problem=problem)
            self._metrics.override_refused()
            trouble = troubles.override_refused(str(path), problem)
            await self._operator.tell(names.ALERT_TEMPLATE, names.PLATFORM, str(path), trouble)
