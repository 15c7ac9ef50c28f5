"""What several replicas on one database owe each other."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping

import postgres_server
import psycopg
import pytest
from databases import PostgresDatabase
from msgspec.structs import replace
from test_store_contract import MINUTE, ROOM, T0, a_post, claim, opening, with_note

from alertkit.errors import UsageError
from alertkit.model.incident import Changes, Fold, Note, Occurrence, Post, Seen, Sighting, Step
from alertkit.receiver.incidents import fold
from alertkit.stores.base import Choice, Due, End, Listing, Settlement, Store, StoreError
from alertkit.stores.postgres import PostgresStore
from alertkit.stores.urls import open_store

Two = Callable[[Store, Store], Awaitable[None]]


@pytest.fixture
def url(postgres: postgres_server.Server) -> str:
    return postgres.database()


def tell_two(url: str, story: Two) -> None:
    """Two replicas, started at the same time on the same database."""

    async def play() -> None:
        stores = PostgresStore(url), PostgresStore(url)
        await asyncio.gather(*(store.start() for store in stores))
        try:
            await story(*stores)
        finally:
            await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(play())


def firing(group: str, *fingerprints: str) -> Post:
    alerts = [Sighting(fingerprint, T0, None, "critical") for fingerprint in fingerprints]
    post = a_post(group)
    return Post(post.tenant, post.policy, post.group, post.key, alerts, False, b"{}", T0, post.escalation, post.severities)


async def opened(store: Store) -> list[str]:
    """The groups of all incidents, oldest first."""
    return [incident.group["group"] for incident in reversed(await store.incidents(Listing()))]


def test_a_group_that_two_replicas_hear_of_at_once_is_one_incident(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        for number in range(20):
            group = f"g{number}"
            await asyncio.gather(
                one.ingest(firing(group, f"a{number}", f"b{number}"), fold),
                other.ingest(firing(group, f"b{number}", f"c{number}"), fold),
            )
        assert await opened(one) == [f"g{number}" for number in range(20)]
        for incident in await one.incidents(Listing()):
            known = [recorded.occurrence.fingerprint[0] for recorded in (await other.alerts(incident.id)).recorded]
            assert known == ["a", "b", "c"]

    tell_two(url, story)


def test_an_alert_that_two_replicas_hear_of_under_two_groups_is_open_in_one_of_them(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        for number in range(20):
            await asyncio.gather(
                one.ingest(firing(f"a{number}", f"f{number}"), fold), other.ingest(firing(f"b{number}", f"f{number}"), fold)
            )
        assert sorted(group[1:] for group in await opened(one)) == sorted(map(str, range(20)))

    tell_two(url, story)


def test_replicas_that_take_each_others_groups_in_turn_do_not_stop_each_other(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        names = [f"{number:02}" for number in range(30)]
        posts = [one.ingest(firing(name, name), fold) for name in names]
        posts += [other.ingest(firing(name, name), fold) for name in reversed(names)]
        await asyncio.gather(*posts)
        assert sorted(await opened(other)) == names

    tell_two(url, story)


def test_a_due_step_is_planned_by_one_replica(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        await asyncio.gather(*(one.ingest(a_post(f"g{n}"), opening(Step("escalate", T0))) for n in range(40)))
        planned: list[int] = []

        def plan(due: Due) -> Changes:
            planned.append(due.incident.id)
            return Changes(notes=(Note("page", ROOM, T0),))

        while sum(await asyncio.gather(one.run_due(T0, 7, plan), other.run_due(T0, 7, plan))):
            pass
        assert sorted(planned) == [incident.id for incident in reversed(await one.incidents(Listing()))]

    tell_two(url, story)


def test_a_message_is_claimed_by_one_replica_and_a_thread_by_one_at_a_time(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        for number in range(1, 21):
            await one.ingest(a_post(f"g{number}"), opening())
            await one.decide(number, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0), Note("note", ROOM, T0))))
        taken = [message for found in await asyncio.gather(claim(one, T0), claim(other, T0)) for message in found]
        assert sorted(message.incident.id for message in taken) == list(range(1, 21))
        assert {message.kind for message in taken} == {"page"}

    tell_two(url, story)


def test_a_replica_that_starts_leaves_the_others_their_messages_until_the_lease_is_over(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        (message,) = await with_note(one, Note("page", ROOM, T0))
        third = PostgresStore(url)
        await third.start()
        assert await third.orphans(T0) == []
        (orphan,) = await third.orphans(T0 + MINUTE)
        assert await third.settle([End(orphan, Settlement("pending", T0 + MINUTE, reason="interrupted"))]) == [True]
        await third.close()
        assert await one.settle([End(message, Settlement("sent", T0 + MINUTE))]) == [False]
        (again,) = await claim(other, T0 + MINUTE)
        assert again.attempt == 2

    tell_two(url, story)


def test_two_replicas_keep_to_one_pace(url: str) -> None:
    """A lane with room for one message every ten seconds, whoever sends."""

    async def story(one: Store, other: Store) -> None:
        for number in range(1, 13):
            await one.ingest(a_post(f"g{number}"), opening())
            await one.decide(number, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0),)))
        waiting = [message.id for message in await one.waiting(T0)]

        async def send(store: Store, at: dt.datetime, message: int) -> int:
            def choose(lanes: Mapping[str, dt.datetime]) -> Choice:
                return Choice(()) if "room" in lanes else Choice((message,), {"room": at + dt.timedelta(seconds=10)})

            return len(await store.claim(at, MINUTE, choose))

        for second in range(0, 30, 5):
            at = T0 + dt.timedelta(seconds=second)
            sent = await asyncio.gather(send(one, at, waiting.pop()), send(other, at, waiting.pop()))
            assert sum(sent) == (second % 10 == 0)

    tell_two(url, story)


def test_leases_are_kept_by_the_servers_clock_however_wrong_a_replicas_is(url: str) -> None:
    late = dt.timedelta(hours=1)

    async def story(store: Store) -> None:
        fast = PostgresStore(url, clock=lambda: time.time() + late.total_seconds())
        await fast.start()
        (message,) = await with_note(store, Note("page", ROOM, T0))
        assert await fast.orphans(T0 + late) == []
        (orphan,) = await fast.orphans(T0 + late + MINUTE + dt.timedelta(seconds=30))
        assert abs(orphan.until - late - message.until) < dt.timedelta(seconds=30)
        await fast.close()

    PostgresDatabase(url).tell(story)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_was_restarted_is_found_again(postgres: postgres_server.Server, mode: str) -> None:
    async def story(store: Store) -> None:
        await asyncio.gather(*(store.ingest(a_post(f"a{n}"), opening()) for n in range(5)), store.next_due(), store.next_due())
        postgres.stop(mode)
        with pytest.raises(StoreError):
            await store.ingest(a_post("b"), opening())
        postgres.start()
        await store.ingest(a_post("b"), opening())
        assert len(await opened(store)) == 6

    PostgresDatabase(postgres.database()).tell(story)


def test_words_may_hold_the_one_character_that_postgresql_does_not_keep(url: str) -> None:
    def worse(post: Post, seen: Seen) -> Fold:
        ((_, changes),) = opening()(post, seen).changes
        return Fold(((0, Changes(changes.incident, (Occurrence("f", T0, "a\0b"),))),))

    async def story(store: Store) -> None:
        await store.ingest(a_post("a\0b"), worse)
        found = await store.incident(1)
        assert found is not None
        assert found.group == {"group": "a\0b"}

    PostgresDatabase(url).tell(story)


def test_a_schema_from_the_future_is_refused(url: str) -> None:
    database = PostgresDatabase(url)
    database.execute("CREATE TABLE alertkit_schema (version bigint NOT NULL)")
    database.execute("INSERT INTO alertkit_schema VALUES (99)")
    with pytest.raises(StoreError, match="newer alertkit"):
        asyncio.run(PostgresStore(url).start())


def test_an_answer_means_that_it_is_on_disk_whatever_the_server_is_set_to(url: str) -> None:
    async def story(store: PostgresStore) -> None:
        found = await store._do(lambda tables: tables._value("SHOW synchronous_commit"))
        assert found == "on"

    PostgresDatabase(url + "%20-csynchronous_commit%3Doff").tell(story)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://someone:s3cret@/x?host=/nonexistent",
        "postgresql://someone:s3cret@[::1]x/",
        "postgresql://someone:s3cret@/x?colour=blue",
        "postgres://someone:s3cret@:0/x",
        "postgers://someone:s3cret@localhost/x",
        "s3cret",
    ],
)
def test_a_password_is_never_told(given: str) -> None:
    with pytest.raises((StoreError, UsageError)) as caught:
        asyncio.run(open_store(given).start())
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_password_comes_from_where_libpq_looks(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = psycopg.conninfo.conninfo_to_dict(url)
    for name in ("host", "user", "dbname", "options"):
        monkeypatch.setenv({"dbname": "PGDATABASE"}.get(name, f"PG{name.upper()}"), str(parameters[name]))

    async def story(store: Store) -> None:
        assert await store.next_due() is None

    PostgresDatabase("postgresql://").tell(story)


def test_a_missing_extra_is_one_sentence() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from alertkit.errors import MissingTool\nfrom alertkit.stores.urls import open_store\n"
        "try:\n    open_store('postgresql://x')\nexcept MissingTool as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "a PostgreSQL database needs psycopg: pip install 'alertkit[postgres]'\n"


def test_text_with_the_one_character_that_postgresql_refuses_is_kept_with_a_sign_in_its_place(url: str) -> None:
    async def story(one: Store, other: Store) -> None:
        severe = Sighting("a", T0, None, "se\0vere \\u0000")
        await one.ingest(replace(firing("a\0b"), alerts=[severe]), fold)
        await one.ingest(replace(firing("a\0b", "b"), received=T0 + MINUTE), fold)
        (incident,) = await other.incidents(Listing())
        assert incident.group == {"group": "a\0b"}
        known = [recorded.occurrence.severity for recorded in (await other.alerts(incident.id)).recorded]
        assert known == ["se\ufffdvere \\u0000", "critical"]

    tell_two(url, story)
