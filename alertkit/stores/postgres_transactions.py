"""Work done in transactions of PostgreSQL, on threads, and done again when another replica or a broken connection undid it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from alertkit.model.oncall import EscalationPolicy
from alertkit.stores.base import StoreError
from alertkit.stores.postgres_connection import configure, pool, prepare, sentence, server_time, target
from alertkit.stores.postgres_ingest import Changed
from alertkit.stores.postgres_tables import Tables

T = TypeVar("T")

CONNECTIONS: Final = 8
ATTEMPTS: Final = 6
"""How often a transaction is tried that another replica, or a restart of the server, undid."""
PATIENCE: Final = 5.0
"""Seconds to wait for a connection."""
UNNOTICED: Final = 2.0
"""Seconds between the server's clock and ours that may as well be the way there and back."""

_AGAIN = (Changed, errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected)


class Transactions:
    """Each piece of work has a thread, a connection and a transaction of its own. `clock` gives seconds since 1970."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self._target = target(url)
        self._clock = clock
        self._ahead = dt.timedelta()
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="postgres")
        self._policies: dict[int, EscalationPolicy] = {}
        self._working: set[asyncio.Future[Any]] = set()

    def __len__(self) -> int:
        """How many are under way, or wait for a thread."""
        return len(self._working)

    async def start(self) -> None:
        """Connect and migrate.

        Raises:
            StoreError: the database does not answer, refuses, or is a newer alertkit's.
        """
        await asyncio.get_running_loop().run_in_executor(self._threads, prepare, self._target)
        self._pool: ConnectionPool[psycopg.Connection[Any]] = pool(self._target, CONNECTIONS, PATIENCE, self._connected)

    async def close(self) -> None:
        """Let what is under way end, then let go."""
        await asyncio.gather(*self._working, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._threads, self._pool.close)
        self._threads.shutdown()

    def _connected(self, db: psycopg.Connection[Any]) -> None:
        """Whatever happens to either clock, the next connection tells."""
        configure(db)
        seconds = server_time(db) - self._clock()
        self._ahead = dt.timedelta(seconds=seconds if abs(seconds) > UNNOTICED else 0)

    async def run(self, work: Callable[[Tables], T]) -> T:
        """What `work` returns once it is committed. Whoever waits may be cancelled; the transaction goes on.

        Raises:
            StoreError: the server cannot be reached, or was too often in the way.
        """
        done = asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)
        self._working.add(done)
        done.add_done_callback(self._worked)
        return await asyncio.shield(done)

    def _worked(self, done: asyncio.Future[Any]) -> None:
        self._working.discard(done)
        if not done.cancelled():
            done.exception()

    def _transact(self, work: Callable[[Tables], T]) -> T:
        """Try until it is done, while it is others that undo it. Only a commit that was sent may have happened unseen."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._try(work)
            except _AGAIN as error:
                if attempt == ATTEMPTS:
                    raise error if isinstance(error, errors.UniqueViolation) else StoreError(f"undone: {error}") from error
            except _Interrupted as error:
                if attempt == ATTEMPTS:
                    raise StoreError(str(error)) from error
                self._pool.check()
            except (PoolTimeout, PoolClosed) as error:
                raise StoreError(f"no connection to the database: {error}") from error
            except (errors.IntegrityError, errors.DataError):
                raise
            except psycopg.Error as error:
                raise StoreError(sentence(error)) from error
        raise AssertionError("the last attempt returns or raises")

    def _try(self, work: Callable[[Tables], T]) -> T:
        with self._pool.connection() as db:
            try:
                found = work(Tables(db, self._policies, self._ahead))
            except psycopg.OperationalError as error:
                if db.broken:
                    raise _Interrupted(sentence(error)) from error
                raise
            db.commit()
            return found


class _Interrupted(Exception):  # noqa: N818 - reads as what happened
    """The connection broke before the commit was sent."""
