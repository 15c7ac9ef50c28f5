"""What was closed long ago is forgotten, and nothing else: files stay as large as they have to be."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from receiver_kit import Kit, alert, webhook

from alertkit.channels.base import Retry
from alertkit.errors import UsageError
from alertkit.receiver.actions import Action, act
from alertkit.receiver.settings import read
from alertkit.stores.base import Listing

DAY = dt.timedelta(days=1)
TABLES = ("incident", "occurrence", "post", "step", "event", "thread", "outbox")


def a_kit(folder: Path, **settings: Any) -> Kit:
    kit = Kit(folder)
    kit.receiver = kit.new(retention=90 * 86_400.0, **settings)
    return kit


def rows(kit: Kit) -> dict[str, int]:
    """How many rows each table has, as another process sees it."""
    with sqlite3.connect(kit.folder / "alertkit.db") as db:
        found = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    db.close()
    return found


async def an_incident(kit: Kit, group: str, *, alerts: int = 3, closed: bool = True) -> None:
    """Opened, told, and closed a minute later."""
    labels = {"alertname": group, "tenant": "acme"}
    starts = kit.clock().isoformat()
    firing = [alert(f"{group}-{n}", alertname=group, starts=starts) for n in range(alerts)]
    await kit.post(webhook(*firing, group=labels))
    await kit.after(minutes=1)
    if closed:
        ended = kit.clock().isoformat()
        over = [alert(f"{group}-{n}", alertname=group, starts=starts, resolved=ended) for n in range(alerts)]
        await kit.post(webhook(*over, group=labels))
        await kit.after(minutes=1)


def test_what_was_closed_ninety_days_ago_goes_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await an_incident(kit, "old")
        await an_incident(kit, "open", closed=False)
        kit.clock.advance(days=80)
        await kit.receiver.worker.settle()
        await an_incident(kit, "young")
        assert await kit.receiver.janitor.tidy() == 0
        before = rows(kit)
        kit.clock.advance(days=11)
        assert await kit.receiver.janitor.tidy() > 0
        assert {one.group["alertname"] for one in await kit.receiver.store.incidents(Listing())} == {"open", "young"}
        after = rows(kit)
        assert before["incident"] - after["incident"] == 1
        assert before["occurrence"] - after["occurrence"] == 3
        assert before["post"] - after["post"] == 1
        assert all(after[table] < before[table] for table in ("event", "thread", "outbox"))
        for number in (one.id for one in await kit.receiver.store.incidents(Listing())):
            found = await kit.receiver.store.alerts(number)
            assert {one.post for one in found.recorded} <= found.posts.keys(), "every alert that is left has its words"

    a_kit(tmp_path).run(story)


def test_what_still_waits_to_be_sent_is_kept(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await an_incident(kit, "old")
        await an_incident(kit, "waiting", closed=False)
        kit.channel.then(*[Retry(3_600, "later")] * 50)
        await act(kit.receiver.store, Action("resolve", 2, "acme", "x"), kit.clock())
        await kit.after(minutes=1)
        kit.clock.advance(days=100)
        await kit.receiver.janitor.tidy()
        assert [one.group["alertname"] for one in await kit.receiver.store.incidents(Listing())] == ["waiting"]

    a_kit(tmp_path, give_up_after=1e9).run(story)


def test_a_large_incident_goes_in_small_pieces(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await an_incident(kit, "large", alerts=250)
        before, sizes = kit.clock() + 100 * DAY, []
        while gone := await kit.receiver.store.prune(before, 100):
            sizes.append(gone)
        assert len(sizes) >= 3
        assert max(sizes) < 200, "rows, and pages given back"
        assert rows(kit) == dict.fromkeys(TABLES, 0)

    a_kit(tmp_path).run(story)


def test_a_post_that_told_of_two_incidents_stays_until_both_are_gone(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert("a"), group={"alertname": "A", "tenant": "acme"}))
        again = alert("a", starts="2026-01-05T09:30:00Z")
        kit.clock.advance(minutes=40)
        # Regrouped: "a" is open in the first incident and begins again there, "b" opens a second one from the same post.
        await kit.post(webhook(again, alert("b", starts="2026-01-05T09:30:00Z"), group={"alertname": "B", "tenant": "acme"}))
        posts = [set((await kit.receiver.store.alerts(number)).posts) for number in (1, 2)]
        assert posts[0] & posts[1]
        await act(kit.receiver.store, Action("resolve", 1, "acme", "x"), kit.clock())
        await kit.after(minutes=1)
        while await kit.receiver.store.prune(kit.clock(), 100):
            pass
        assert set((await kit.receiver.store.alerts(2)).posts) == posts[1]
        await act(kit.receiver.store, Action("resolve", 2, "acme", "x"), kit.clock())
        await kit.after(minutes=1)
        while await kit.receiver.store.prune(kit.clock(), 100):
            pass
        assert rows(kit)["post"] == 0

    a_kit(tmp_path).run(story)


def test_an_incident_that_stays_open_keeps_one_body_however_often_it_is_repeated(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        for _ in range(50):
            await kit.post(webhook(alert("one"), alert("two")))
            kit.clock.advance(minutes=30)
            await kit.receiver.worker.settle()
        assert rows(kit)["post"] == 1
        found = await kit.receiver.store.alerts(1)
        assert {one.post for one in found.recorded} == set(found.posts)

    a_kit(tmp_path).run(story)


def test_the_file_stays_flat_over_many_retentions(tmp_path: Path) -> None:
    """Three times as many incidents as are kept, and the file is no larger than after the first of them."""
    sizes: list[int] = []

    async def story(kit: Kit) -> None:
        for round_ in range(4):
            for number in range(30):
                await an_incident(kit, f"r{round_}-{number}", alerts=20)
            kit.clock.advance(days=91)
            await kit.receiver.janitor.tidy()
            kit.receiver.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
            sizes.append((kit.folder / "alertkit.db").stat().st_size)
        assert len(kit.receiver.store._open) == 0  # type: ignore[attr-defined]

    a_kit(tmp_path).run(story)
    assert max(sizes[1:]) <= sizes[0] * 1.1, sizes


def test_a_file_that_shrank_gives_its_pages_back(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        def size() -> int:
            kit.receiver.store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
            return (kit.folder / "alertkit.db").stat().st_size

        for number in range(20):
            await an_incident(kit, f"big-{number}", alerts=100)
        full = size()
        kit.clock.advance(days=91)
        await kit.receiver.janitor.tidy()
        assert size() < full / 2

    a_kit(tmp_path).run(story)


@pytest.mark.parametrize("text", ["90", "forever", "5m", "-1d", ""])
def test_a_retention_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    given = {"policies": tmp_path, "database": "sqlite:///x.db", "secrets": tmp_path, "tokens": tmp_path}
    with pytest.raises(UsageError, match="--retention"):
        read(given | {"retention": text}, {})
    assert read(given, {"ALERTKIT_RETENTION": "30d"}).retention == 30 * 86_400
