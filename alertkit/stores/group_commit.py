"""Many pieces of work in one SQLite transaction, and those of the next one while the last one is committed.

Everything runs on the event loop's thread but the commit, which waits for the disk on another and has the connection meanwhile.
Work that needs no connection goes on: it is ahead, collects what it changes, and is committed next. So a piece of work waits for
its transaction, and a transaction is whatever came during the commit before.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Generic, TypeVar

from alertkit.stores.base import StoreError
from alertkit.stores.held import OpenIncidents
from alertkit.stores.sqlite_changes import Writes

T = TypeVar("T")

BATCH: Final = 500
"""Pieces of work of one transaction; bounds how long the event loop is away from its sockets."""
WAITING: Final = 20_000
"""Pieces of work that may queue up before the store says that it is unavailable."""
_TURNS: Final = 2
"""Turns of the loop in which they say it: one to wake up, one to say it."""


class _Job(Generic[T]):
    __slots__ = ("done", "work")

    def __init__(self, work: Callable[[], Awaitable[T]], done: asyncio.Future[T]) -> None:
        self.work = work
        self.done = done


class _Batch:
    """What one transaction does, and with which results."""

    __slots__ = ("jobs", "results")

    def __init__(self) -> None:
        self.jobs: list[_Job[Any]] = []
        self.results: list[Any] = []

    async def add(self, job: _Job[Any]) -> None:
        """Do it."""
        self.jobs.append(job)
        self.results.append(await job.work())

    def succeed(self) -> None:
        """It is durable: tell whoever waits."""
        for job, result in zip(self.jobs, self.results, strict=True):
            if not job.done.done():
                job.done.set_result(result)

    def fail(self, error: Exception) -> None:
        """It is not. What the database says may be otherwise the next time; anything else is what it is."""
        told = StoreError(str(error)) if isinstance(error, sqlite3.OperationalError) else error
        for job in self.jobs:
            if not job.done.done():
                job.done.set_exception(told)


class _CommitError(Exception):
    """The batch that was being committed was not: neither it nor what went ahead of its end stands."""

    def __init__(self, batch: _Batch, cause: Exception) -> None:
        super().__init__(str(cause))
        self.batch = batch
        self.cause = cause


class GroupCommit:
    """Transactions over one connection; `memory` and `writes` follow them, `forget` is called when one is undone."""

    def __init__(self, db: sqlite3.Connection, writes: Writes, memory: OpenIncidents, forget: Callable[[], None]) -> None:
        self._db = db
        self._writes = writes
        self._memory = memory
        self._forget = forget
        self._ahead: deque[_Job[Any]] = deque()
        self._others: deque[_Job[Any]] = deque()
        self._wake = asyncio.Event()
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._committing: tuple[_Batch, asyncio.Future[None]] | None = None
        self._changes = 0
        self._closing = False
        self._runner = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Commit what is queued."""
        self._closing = True
        self._wake.set()
        await self._runner
        self._committer.shutdown()

    async def do(self, work: Callable[[], T]) -> T:
        """Do something in a transaction; what comes of it once that is durable."""

        async def connected() -> T:
            await self.connected()
            return work()

        return await self._queued(self._others, connected)

    async def do_ahead(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something that uses the connection only after `connected`. It may be done more than once, until it is durable."""
        return await self._queued(self._ahead, work)

    async def connected(self) -> None:
        """For work that is being done: wait until the connection is free, and be in the transaction."""
        await self._settled()
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
            self._changes = self._db.total_changes

    async def _queued(self, queue: deque[_Job[Any]], work: Callable[[], Awaitable[T]]) -> T:
        if self._closing or len(self._ahead) + len(self._others) >= WAITING:
            raise StoreError("the store is closing" if self._closing else f"{WAITING} transactions are waiting already")
        job: _Job[T] = _Job(work, asyncio.get_running_loop().create_future())
        queue.append(job)
        self._wake.set()
        return await job.done

    async def _run(self) -> None:
        while self._ahead or self._others or self._committing or not self._closing:
            batch = _Batch()
            try:
                await self._fill(batch)
                self._send(batch)
            except Exception as error:  # noqa: BLE001 - whatever went wrong goes to whoever waits for it
                await self._start_over(batch, error)

    async def _fill(self, batch: _Batch) -> None:
        """Work until there is something to commit and nothing is being committed."""
        while True:
            while job := self._next(len(batch.jobs)):
                await batch.add(job)
            if self._committing is None and (batch.jobs or self._closing):
                return
            self._wake.clear()
            await self._wake.wait()
            if self._committing is not None and self._committing[1].done():
                await self._settled()
                if batch.jobs and not self._others:
                    # The disk first: what has come meanwhile goes ahead of this commit.
                    return

    def _next(self, done: int) -> _Job[Any] | None:
        """While something is committed, what needs no connection; half a batch of it, so that the others get their turn."""
        free = self._committing is None
        if free and self._others and done < BATCH:
            return self._others.popleft()
        return self._ahead.popleft() if self._ahead and done < (BATCH if free else BATCH // 2) else None

    def _send(self, batch: _Batch) -> None:
        if not self._writes.has_pending and (not self._db.in_transaction or self._db.total_changes == self._changes):
            # Nothing to sync, so nothing to wait for: whoever only reads has it at once.
            if self._db.in_transaction:
                self._db.execute("COMMIT")
            self._memory.sent()
            self._memory.commit()
            batch.succeed()
            return
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._writes.flush()
        self._memory.sent()
        commit = asyncio.get_running_loop().run_in_executor(self._committer, self._commit)
        commit.add_done_callback(lambda _: self._wake.set())
        self._committing = batch, commit

    def _commit(self) -> None:
        self._db.execute("COMMIT")

    async def _settled(self) -> None:
        """Wait for the commit under way, if there is one.

        Raises:
            _CommitError: it failed.
        """
        if self._committing is None:
            return
        batch, commit = self._committing
        await asyncio.wait((commit,))
        self._committing = None
        error = commit.exception()
        if error is not None:
            raise _CommitError(batch, error) if isinstance(error, Exception) else error
        self._memory.commit()
        batch.succeed()
        # Whoever waited goes first: what they say is on its way while the next batch is written.
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def _start_over(self, batch: _Batch, error: Exception) -> None:
        """All of a transaction or nothing. What went ahead of one that failed is done again, from what there was before it."""
        failed = [(batch, error)]
        if isinstance(error, _CommitError):
            self._ahead.extendleft(reversed(batch.jobs))
            failed = [(error.batch, error.cause)]
        else:
            try:
                await self._settled()
            except _CommitError as earlier:
                failed.insert(0, (earlier.batch, earlier.cause))
        self._undo()
        for one, cause in failed:
            await self._without_culprit(one, cause)

    async def _without_culprit(self, batch: _Batch, error: Exception) -> None:
        """When one piece of work is to blame, the others are done without it."""
        if len(batch.jobs) == 1 or isinstance(error, sqlite3.OperationalError):
            batch.fail(error)
            return
        for job in batch.jobs:
            alone = _Batch()
            try:
                await alone.add(job)
                self._send(alone)
                await self._settled()
            except Exception as own:  # noqa: BLE001 - whatever went wrong goes to whoever waits for it
                self._undo()
                alone.fail(own.cause if isinstance(own, _CommitError) else own)

    def _undo(self) -> None:
        self._memory.rollback()
        self._writes.forget()
        self._forget()
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
