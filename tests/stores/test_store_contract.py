"""What every store keeps, whatever it is made of."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence

import pytest
from databases import Database
from msgspec.structs import replace

from alertkit.model.heartbeat import Heartbeat, beaten
from alertkit.model.incident import (
    Changes,
    Ending,
    Event,
    Fold,
    Held,
    Incident,
    Note,
    Occurrence,
    Place,
    Post,
    Seen,
    Step,
    Thread,
    identity,
)
from alertkit.model.oncall import EscalationPolicy
from alertkit.stores.base import Alerts, Choice, Due, End, Outgoing, Settlement, Store

T0 = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
POLICY = EscalationPolicy(steps=())
ROOM = Place("slack", "#room", False, "team/x", "en", "UTC")


def a_post(group: str = "g", at: dt.datetime = T0) -> Post:
    labels = {"group": group}
    return Post("acme", "p", labels, identity("acme", "p", labels), [], False, b"{}", at, POLICY, ("critical",))


def opening(*steps: Step, fingerprint: str = "") -> Callable[[Post, object], Fold]:
    def fold(post: Post, _: object) -> Fold:
        incident = Incident(0, "acme", "p", post.group, POLICY, "firing", "critical", post.received, post.received)
        begun = (Occurrence(fingerprint or post.group["group"], post.received, "critical"),)
        return Fold(((0, Changes(incident=incident, begun=begun, steps=steps)),))

    return fold


async def claim(store: Store, now: dt.datetime) -> list[Outgoing]:
    """Everything that may leave now."""
    choice = Choice(tuple(one.id for one in await store.waiting(now)))
    return await store.claim(now, MINUTE, lambda _: choice)


async def settle(store: Store, outgoing: Outgoing, settlement: Settlement) -> bool:
    (settled,) = await store.settle([End(outgoing, settlement)])
    return settled


async def with_note(store: Store, *notes: Note) -> list[Outgoing]:
    """An incident with notes in the outbox, claimed."""
    await store.ingest(a_post(), opening())
    await store.decide(1, T0, lambda *_: Changes(notes=notes))
    return await claim(store, T0)


def test_what_was_ingested_is_there_after_a_restart(database: Database) -> None:
    async def before(store: Store) -> None:
        await store.ingest(a_post(), opening(Step("escalate", T0 + MINUTE)))

    async def after(store: Store) -> None:
        found = await store.incident(1)
        assert found is not None
        assert (found.tenant, found.group, found.state, found.opened) == ("acme", {"group": "g"}, "firing", T0)
        assert await store.next_due() == T0 + MINUTE
        await store.ingest(a_post("other"), opening())
        assert await store.incident(2) is not None

    database.tell(before)
    database.tell(after)


def test_two_open_incidents_of_one_group_cannot_be(database: Database) -> None:
    async def story(store: Store) -> None:
        await store.ingest(a_post(), opening())
        with pytest.raises(database.refusal):
            await store.ingest(a_post(), opening(fingerprint="g"))
        assert await store.incident(2) is None

    database.tell(story)


def test_posts_that_come_together_are_folded_one_after_the_other(database: Database) -> None:
    def joining(post: Post, seen: Seen) -> Fold:
        if seen.current is None:
            return opening()(post, seen)
        begun = (Occurrence("second", post.received, "critical"),)
        return Fold(((seen.current.incident.id, Changes(begun=begun)),))

    async def story(store: Store) -> None:
        folds = await store.ingest_all([a_post(), a_post("other"), a_post()], joining)
        assert [len(fold.changes) for fold in folds] == [1, 1, 1]
        groups = {one.incident.group["group"]: {alert.fingerprint for alert in one.alerts} for one in await store.open_alerts()}
        assert groups == {"g": {"g", "second"}, "other": {"other"}}

    database.tell(story)


def test_one_piece_of_work_that_fails_fails_alone(database: Database) -> None:
    async def story(store: Store) -> None:
        def broken(*_: object) -> Fold:
            raise ZeroDivisionError

        folds = [opening(), broken, opening()]
        results = await asyncio.gather(
            *(store.ingest(a_post(str(i)), fold) for i, fold in enumerate(folds)), return_exceptions=True
        )
        assert [type(result) for result in results] == [Fold, ZeroDivisionError, Fold]
        assert len(await asyncio.gather(*map(store.incident, range(1, 10)))) == 9
        seen = [found.group["group"] for number in range(1, 10) if (found := await store.incident(number))]
        assert seen == ["0", "2"]

    database.tell(story)


@pytest.mark.parametrize("advanced_first", [True, False])
def test_of_two_decisions_about_an_incident_at_once_the_later_adds_to_the_earlier(
    database: Database, advanced_first: bool
) -> None:
    def advance(held: Held, _: object) -> Changes:
        return Changes(incident=replace(held.incident, position=1, began=T0 + MINUTE, paged=T0 + MINUTE))

    def acknowledge(held: Held, _: object) -> Changes:
        return Changes(incident=replace(held.incident, state="acknowledged", acknowledged=T0, acknowledged_by="ada"))

    async def before(store: Store) -> None:
        await store.ingest(a_post(), opening())
        decisions = [advance, acknowledge] if advanced_first else [acknowledge, advance]
        await asyncio.gather(*(store.decide(1, T0, decide) for decide in decisions))

    async def after(store: Store) -> None:
        found = await store.incident(1)
        assert found is not None
        assert (found.position, found.began, found.paged) == (1, T0 + MINUTE, T0 + MINUTE)
        assert (found.state, found.acknowledged, found.acknowledged_by) == ("acknowledged", T0, "ada")

    database.tell(before)
    database.tell(after)


def test_a_decision_that_fails_leaves_memory_and_database_as_they_were(database: Database) -> None:
    async def story(store: Store) -> None:
        await store.ingest(a_post(), opening())
        impossible = Incident(1, "acme", "p", {}, POLICY, "acknowledged", "x", T0, T0)
        with pytest.raises(database.refusal):
            await store.decide(1, T0, lambda *_: Changes(incident=impossible))
        found = await store.incident(1)
        assert found is not None
        assert found.state == "firing"

    database.tell(story)


def test_due_steps_of_an_incident_are_planned_together_and_once(database: Database) -> None:
    async def story(store: Store) -> None:
        steps = (Step("escalate", T0), Step("contact", T0 + MINUTE, person="x"), Step("wake", T0 + 2 * MINUTE))
        await store.ingest(a_post(), opening(*steps))
        planned: list[list[str]] = []

        def plan(due: Due) -> Changes:
            planned.append([step.kind for step in due.steps])
            return Changes()

        assert await store.run_due(T0 + MINUTE, 10, plan) == 2
        assert await store.run_due(T0 + MINUTE, 10, plan) == 0
        assert await store.run_due(T0 + 2 * MINUTE, 10, plan) == 1
        assert planned == [["escalate", "contact"], ["wake"]]

    database.tell(story)


def test_a_plan_that_fails_leaves_its_steps_due(database: Database) -> None:
    async def story(store: Store) -> None:
        await store.ingest(a_post(), opening(Step("escalate", T0)))

        def broken(*_: object) -> Changes:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await store.run_due(T0, 10, broken)
        assert await store.next_due() == T0

    database.tell(story)


def test_messages_of_one_thread_leave_one_after_the_other(database: Database) -> None:
    async def story(store: Store) -> None:
        event = Event("opened", T0)
        notes = (Note("page", ROOM, T0, event), Note("note", ROOM, T0))
        await store.ingest(a_post(), opening())
        await store.decide(1, T0, lambda *_: Changes(events=(event,), notes=notes))
        (first,) = await claim(store, T0)
        assert (first.kind, first.attempt, first.event, first.thread.opened) == ("page", 1, event, None)
        assert await claim(store, T0) == []
        assert await settle(store, first, Settlement("sent", T0, "ref"))
        (second,) = await claim(store, T0)
        assert (second.kind, second.thread.reference, second.thread.opened) == ("note", "ref", T0)

    database.tell(story)


def test_a_sender_whose_lease_ended_cannot_settle_after_another_took_over(database: Database) -> None:
    async def story(store: Store) -> None:
        (paused,) = await with_note(store, Note("page", ROOM, T0))
        assert await store.orphans(T0) == []
        (orphan,) = await store.orphans(T0 + MINUTE)
        await settle(store, orphan, Settlement("pending", T0 + MINUTE, reason="interrupted"))
        (again,) = await claim(store, T0 + MINUTE)
        assert again.attempt == 2
        assert not await settle(store, paused, Settlement("failed", T0 + MINUTE, reason="late"))
        assert await settle(store, again, Settlement("sent", T0 + MINUTE))

    database.tell(story)


def test_many_ends_are_recorded_at_once_each_with_what_follows_and_none_of_a_late_sender(database: Database) -> None:
    async def story(store: Store) -> None:
        for group in "abcd":
            await store.ingest(a_post(group), opening())
        for number in range(1, 5):
            await store.decide(number, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0),)))
        late, *others = await claim(store, T0)
        (orphan, *_) = await store.orphans(T0 + MINUTE)
        assert orphan.id == late.id
        await settle(store, orphan, Settlement("pending", T0 + MINUTE, reason="interrupted"))
        sent, refused, again = others
        heard: list[tuple[int, bool]] = []

        def follow(held: Held, threads: Sequence[Thread]) -> Changes:
            heard.append((held.incident.id, threads[0].refused))
            return Changes(events=(Event("refused", T0, reason="gone"),))

        ends = [
            End(late, Settlement("sent", T0 + MINUTE, "too late"), follow),
            End(sent, Settlement("sent", T0 + MINUTE, "ref")),
            End(refused, Settlement("failed", T0 + MINUTE, reason="gone"), follow),
            End(again, Settlement("pending", T0 + 2 * MINUTE, reason="not now")),
        ]
        assert await store.settle(ends) == [False, True, True, True]
        assert await store.settle(ends) == [False, False, False, False], "twice is as once"
        assert heard == [(3, True)]
        states = [[told.state for told in (await store.story(number)).told] for number in range(1, 5)]
        assert states == [["pending"], ["sent"], ["failed"], ["pending"]]
        assert [event.kind for event in (await store.story(3)).events] == ["refused"]
        assert [one.thread.reference for one in await claim(store, T0 + 2 * MINUTE)] == ["", ""]
        await store.decide(2, T0, lambda *_: Changes(notes=(Note("note", ROOM, T0),)))
        assert [one.thread.reference for one in await claim(store, T0 + 2 * MINUTE)] == ["ref"]

    database.tell(story)


def test_an_end_that_cannot_be_recorded_leaves_the_others_of_its_call_as_they_were(database: Database) -> None:
    async def story(store: Store) -> None:
        for number, group in enumerate("ab", start=1):
            await store.ingest(a_post(group), opening())
            await store.decide(number, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0),)))
        good, bad = await claim(store, T0)

        def impossible(held: Held, _: object) -> Changes:
            return Changes(incident=replace(held.incident, state="acknowledged"))

        fine = End(good, Settlement("sent", T0, "ref"))
        with pytest.raises(database.refusal):
            await store.settle([fine, End(bad, Settlement("failed", T0, reason="gone"), impossible)])
        assert len(await store.orphans(T0 + MINUTE)) == 2
        assert await store.settle([fine]) == [True]

    database.tell(story)


def test_a_refresh_that_waits_stands_for_all_that_follow(database: Database) -> None:
    async def story(store: Store) -> None:
        (first,) = await with_note(store, Note("refresh", ROOM, T0), Note("refresh", ROOM, T0))
        await store.decide(1, T0, lambda *_: Changes(notes=(Note("refresh", ROOM, T0),)))
        await settle(store, first, Settlement("pending", T0 + MINUTE, reason="not now"))
        (second,) = await claim(store, T0 + MINUTE)
        await settle(store, second, Settlement("sent", T0 + MINUTE))
        assert await claim(store, T0 + 2 * MINUTE) == []

    database.tell(story)


def test_pages_that_have_not_left_are_dropped_when_nobody_wants_them(database: Database) -> None:
    async def story(store: Store) -> None:
        await store.ingest(a_post(), opening())
        await store.decide(1, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0),)))
        await store.decide(1, T0, lambda *_: Changes(quiet=True))
        assert await claim(store, T0) == []

    database.tell(story)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incident SET state = 'resolved'",
        "UPDATE incident SET state = 'lost'",
        "UPDATE incident SET acknowledged = 1",
        "UPDATE incident SET snoozed_until = 1",
        "UPDATE incident SET closed = id",
        "UPDATE outbox SET state = 'sent'",
        "UPDATE outbox SET state = 'sending', attempt = 1",
        "UPDATE outbox SET state = 'failed', done = 1",
        "UPDATE outbox SET lease = 1",
        "UPDATE outbox SET due = 0",
        "UPDATE thread SET reference = 'x'",
        "UPDATE step SET person = 'x'",
        "INSERT INTO occurrence SELECT * FROM occurrence",
        "DELETE FROM incident",
    ],
)
def test_an_impossible_state_cannot_be_stored(database: Database, statement: str) -> None:
    async def story(store: Store) -> None:
        await store.ingest(a_post(), opening(Step("escalate", T0)))
        await store.decide(1, T0, lambda *_: Changes(notes=(Note("page", ROOM, T0),)))

    database.tell(story)
    with pytest.raises(database.refusal):
        database.execute(statement)


def test_open_incidents_are_counted_by_tenant_and_state(database: Database) -> None:
    async def before(store: Store) -> None:
        for group in "abc":
            await store.ingest(a_post(group), opening())
        taken = Incident(1, "acme", "p", {"group": "a"}, POLICY, "acknowledged", "x", T0, T0, acknowledged=T0)
        await store.decide(1, T0, lambda *_: Changes(incident=taken))
        over = Incident(2, "acme", "p", {"group": "b"}, POLICY, "resolved", "x", T0, T0, resolved=T0)
        await store.decide(2, T0, lambda *_: Changes(incident=over))
        assert await store.open_counts() == {("acme", "firing"): 1, ("acme", "acknowledged"): 1}

    async def after(store: Store) -> None:
        assert await store.open_counts() == {("acme", "firing"): 1, ("acme", "acknowledged"): 1}

    database.tell(before)
    database.tell(after)


def test_open_alerts_are_told_with_their_incident_until_they_end(database: Database) -> None:
    async def before(store: Store) -> None:
        await store.ingest(a_post("a"), opening())
        await store.ingest(a_post("b"), opening())
        assert [(one.incident.id, one.alerts) for one in await store.open_alerts()] == [
            (1, (Occurrence("a", T0, "critical"),)),
            (2, (Occurrence("b", T0, "critical"),)),
        ]
        ending = Ending("a", through=T0, ends=T0 + MINUTE)
        seen: list[set[str]] = []

        def end(held: Held, _: object) -> Changes:
            seen.append(set(held.open))
            return Changes(ended=(ending,))

        await store.decide(1, T0, end)
        assert seen == [{"a"}], "a decision sees what is open"

    async def after(store: Store) -> None:
        assert [(one.incident.id, one.alerts) for one in await store.open_alerts()] == [
            (1, ()),
            (2, (Occurrence("b", T0, "critical"),)),
        ]

    database.tell(before)
    database.tell(after)


def test_a_sign_of_life_is_replaced_by_what_is_decided_about_it_and_kept(database: Database) -> None:
    async def before(store: Store) -> None:
        seen: list[Heartbeat | None] = []

        def decide(known: Heartbeat | None) -> Heartbeat:
            seen.append(known)
            return Heartbeat("acme/watchdog", T0, len(seen) * MINUTE, T0 + MINUTE)

        await store.heartbeat("acme/watchdog", decide)
        assert await store.heartbeat("acme/watchdog", decide) == Heartbeat("acme/watchdog", T0, 2 * MINUTE, T0 + MINUTE)
        assert seen == [None, Heartbeat("acme/watchdog", T0, MINUTE, T0 + MINUTE)]

    async def after(store: Store) -> None:
        kept = Heartbeat("acme/watchdog", T0, 2 * MINUTE, T0 + MINUTE)
        assert await store.heartbeat("acme/watchdog", lambda known: known or beaten("other", T0, None)) == kept

    database.tell(before)
    database.tell(after)


def test_what_was_closed_long_ago_is_forgotten_with_all_that_belongs_to_it(database: Database) -> None:
    async def story(store: Store) -> None:
        for group in "abc":
            await store.ingest(a_post(group), opening())
        event = Event("opened", T0)
        await store.decide(1, T0, lambda *_: Changes(events=(event,), notes=(Note("page", ROOM, T0, event),)))
        (page,) = await claim(store, T0)
        for number, at in ((1, T0), (2, T0 + 2 * MINUTE)):
            over = Incident(number, "acme", "p", {}, POLICY, "resolved", "x", T0, T0, resolved=at)
            await store.decide(number, at, lambda *_, over=over: Changes(incident=over))  # type: ignore[misc]
        assert await store.prune(T0 + MINUTE, 100) == 0, "its page is on the way"
        await settle(store, page, Settlement("sent", T0, "ref"))
        while await store.prune(T0 + MINUTE, 100):
            pass
        assert [await store.incident(number) is None for number in (1, 2, 3)] == [True, False, False]
        assert (await store.story(1)).events == ()
        assert await store.alerts(1) == Alerts((), {})
        assert len((await store.alerts(3)).posts) == 1

    database.tell(story)
