"""How attempts to send ended, written down: whatever has ended during one commit shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from alertkit.receiver.runtime import Runtime
from alertkit.stores.base import End, StoreError

BATCH: Final = 500
"""Ends of one transaction."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 4.0
"""Seconds after which a store that is away is asked again: soon at first, and before a lease has ended."""

_log = structlog.get_logger(__name__)


class Record:
    """Takes ends and sees to it that they are stored; `recorded` is told of each that is. What is not recorded while its lease
    lasts is taken for lost. Twice is as once.
    """

    def __init__(self, runtime: Runtime, recorded: Callable[[End], None]) -> None:
        self._store = runtime.store
        self._clock = runtime.clock
        self._recorded = recorded
        self._ended: list[End] = []
        self._recording: asyncio.Task[None] | None = None
        self.woken: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        """How many wait to be recorded."""
        return len(self._ended)

    def add(self, end: End) -> None:
        """It is stored soon."""
        self._ended.append(end)
        if self._recording is None:
            self._recording = asyncio.create_task(self._record())

    async def finish(self) -> None:
        """Wait until nothing is left to be recorded."""
        while self._recording is not None:
            await asyncio.wait([self._recording])

    async def _record(self) -> None:
        pause = FIRST_PAUSE
        try:
            while self._ended:
                ends = self._ended[:BATCH]
                try:
                    await self._settle(ends)
                except StoreError as error:
                    _log.warning("the ends of messages are not recorded yet", messages=len(self._ended), reason=str(error))
                    self._give_up()
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                else:
                    del self._ended[: len(ends)]
                    pause = FIRST_PAUSE
                    self.woken()
        finally:
            self._recording = None

    async def _settle(self, ends: Sequence[End]) -> None:
        """All of it or nothing. When one of them is to blame, the others are recorded without it."""
        try:
            settled = await self._store.settle(ends)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the other ends are recorded
            if len(ends) > 1:
                for end in ends:
                    await self._settle([end])
                return
            _log.exception("the end of a message was not recorded; its lease will end", outbox=ends[0].outgoing.id)
            return
        for end, yes in zip(ends, settled, strict=True):
            if yes:
                self._recorded(end)

    def _give_up(self) -> None:
        now = self._clock()
        late = [end.outgoing.id for end in self._ended if end.outgoing.until <= now]
        if late:
            _log.error("the ends of messages were not recorded while their leases lasted", outbox=late)
            self._ended = [end for end in self._ended if end.outgoing.until > now]
