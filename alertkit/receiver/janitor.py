"""Retention: what was closed long ago is forgotten, in pieces so small that no post waits for it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Final

import structlog

from alertkit.stores.base import Store, StoreError

ROWS: Final = 500
"""Rows of one transaction: a few milliseconds."""
PAUSE: Final = 0.1
"""Seconds between two pieces, so that most of the time is everybody else's."""

_log = structlog.get_logger(__name__)


class Janitor:
    """Forgets incidents that were closed longer than `retention` ago."""

    def __init__(self, store: Store, retention: dt.timedelta, clock: Callable[[], dt.datetime]) -> None:
        self._store = store
        self._retention = retention
        self._clock = clock

    async def run(self, interval: float) -> None:
        """Round after round, until cancelled."""
        while True:
            try:
                await self.tidy()
            except StoreError as error:
                _log.error("nothing was forgotten", reason=str(error))
            await asyncio.sleep(interval)

    async def tidy(self) -> int:
        """One round: everything that is too old; how many rows went."""
        before, gone = self._clock() - self._retention, 0
        while rows := await self._store.prune(before, ROWS):
            gone += rows
            await asyncio.sleep(PAUSE)
        if gone:
            _log.info("forgot what was closed long ago", rows=gone, before=before.isoformat())
        return gone
