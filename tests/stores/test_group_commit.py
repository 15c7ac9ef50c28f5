"""Posts go ahead of the commit before theirs: nobody sees it, not even when that commit fails."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from databases import SqliteFile
from msgspec.structs import replace
from test_store_contract import MINUTE, T0, a_post, opening

from alertkit.model.incident import Fold, Post, Seen, Sighting
from alertkit.receiver.incidents import fold
from alertkit.stores.base import Folding, Listing, Store, StoreError
from alertkit.stores.sqlite import SqliteStore

UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)


class SlowDisk:
    """Commits of a store wait until the disk is let go; `fails` has no room for what they write."""

    def __init__(self, store: SqliteStore, file: Path) -> None:
        self._go_on, self._stands = threading.Event(), threading.Event()
        self._wal = file.with_name(file.name + "-wal")
        self.fails = False
        store._db.set_trace_callback(self._wait)

    def _wait(self, statement: str) -> None:
        if statement == "COMMIT" and threading.current_thread() is not threading.main_thread():
            self._stands.set()
            assert self._go_on.wait(20)
            size = self._wal.stat().st_size if self.fails else UNLIMITED[0]
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, UNLIMITED[1]))
            self.fails = False

    async def stands(self) -> None:
        assert await asyncio.to_thread(self._stands.wait, 20)

    def go_on(self) -> None:
        self._go_on.set()


def firing(fingerprint: str, at: dt.datetime = T0, ends: dt.datetime | None = None) -> Post:
    return replace(a_post(at=at), alerts=[Sighting(fingerprint, T0, ends, "critical")])


class Ahead:
    """A fold that says when it has been asked, and with what."""

    def __init__(self, inner: Folding = fold) -> None:
        self._inner = inner
        self.seen: list[str] = []
        self.asked = asyncio.Event()

    def __call__(self, post: Post, seen: Seen) -> Fold:
        self.seen.append("open" if seen.current else "nothing")
        self.asked.set()
        return self._inner(post, seen)


def tell(tmp_path: Path, story: Callable[[SqliteStore, SlowDisk], Awaitable[None]]) -> None:
    async def told(store: Store) -> None:
        assert isinstance(store, SqliteStore)
        # The policy of an incident is written at once, the first time.
        await store.ingest(a_post("first"), opening())
        await story(store, SlowDisk(store, tmp_path / "x.db"))

    try:
        SqliteFile(tmp_path / "x.db").tell(told)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)


def begun(work: Coroutine[Any, Any, Fold]) -> asyncio.Task[Fold]:
    return asyncio.get_running_loop().create_task(work)


async def at_the_disk(store: SqliteStore, disk: SlowDisk) -> asyncio.Task[Fold]:
    """Alert a, whose commit stands at the disk."""
    committing = begun(store.ingest(firing("a"), fold))
    await disk.stands()
    return committing


async def gone_ahead(store: SqliteStore, fingerprint: str) -> tuple[asyncio.Task[Fold], Ahead]:
    """An alert that has been folded meanwhile."""
    ahead = Ahead()
    folded = begun(store.ingest(firing(fingerprint), ahead))
    await ahead.asked.wait()
    return folded, ahead


def test_a_duplicate_waits_for_what_it_duplicates(tmp_path: Path) -> None:
    async def story(store: SqliteStore, disk: SlowDisk) -> None:
        first = await at_the_disk(store, disk)
        second, again = await gone_ahead(store, "a")
        assert again.seen == ["open"]
        assert not first.done()
        assert not second.done()
        disk.go_on()
        assert (await first).changes
        assert (await second).changes == ()

    tell(tmp_path, story)


def test_what_went_ahead_of_a_commit_that_fails_begins_again_from_what_there_was_before(tmp_path: Path) -> None:
    async def story(store: SqliteStore, disk: SlowDisk) -> None:
        lost = await at_the_disk(store, disk)
        kept, ahead = await gone_ahead(store, "b")
        disk.fails = True
        disk.go_on()
        with pytest.raises(StoreError):
            await lost
        assert [number for number, _ in (await kept).changes] == [0]
        assert ahead.seen == ["open", "nothing"]
        (incident, _) = await store.incidents(Listing())
        alerts = await store.alerts(incident.id)
        assert [one.occurrence.fingerprint for one in alerts.recorded] == ["b"]

    tell(tmp_path, story)


def test_a_fault_in_what_goes_ahead_harms_neither_the_commit_nor_the_others(tmp_path: Path) -> None:
    def faulty(post: Post, seen: Seen) -> Fold:
        raise ZeroDivisionError

    async def story(store: SqliteStore, disk: SlowDisk) -> None:
        first = await at_the_disk(store, disk)
        ahead = Ahead(faulty)
        second = begun(store.ingest(firing("b"), fold))
        culprit = begun(store.ingest(firing("c"), ahead))
        third = begun(store.ingest(firing("d"), fold))
        await ahead.asked.wait()
        disk.go_on()
        with pytest.raises(ZeroDivisionError):
            await culprit
        await asyncio.gather(first, second, third)
        (incident, _) = await store.incidents(Listing())
        alerts = await store.alerts(incident.id)
        assert [one.occurrence.fingerprint for one in alerts.recorded] == ["a", "b", "d"]

    tell(tmp_path, story)


def test_a_group_that_is_being_closed_is_known_to_have_ended(tmp_path: Path) -> None:
    """A late "firing" of what has just been resolved opens nothing, although the end is not on disk yet."""

    async def story(store: SqliteStore, disk: SlowDisk) -> None:
        closing = begun(store.ingest_all([firing("a"), firing("a", T0 + MINUTE, T0 + MINUTE)], fold))  # type: ignore[arg-type]
        await disk.stands()
        late = begun(store.ingest(firing("a", T0 + 2 * MINUTE), fold))
        disk.go_on()
        await closing
        assert (await late).changes == ()

    tell(tmp_path, story)


def test_what_needs_the_connection_waits_and_sees_what_went_ahead(tmp_path: Path) -> None:
    seen: list[str] = []

    async def story(store: SqliteStore, disk: SlowDisk) -> None:
        first = await at_the_disk(store, disk)
        second, _ = await gone_ahead(store, "b")
        decided = asyncio.create_task(store.decide(2, T0, lambda held, _: seen.extend(held.open)))
        disk.go_on()
        await decided
        assert seen == ["a", "b"]
        await asyncio.gather(first, second)

    tell(tmp_path, story)
