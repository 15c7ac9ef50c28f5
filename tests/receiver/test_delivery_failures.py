"""Channels that fail, hang, or are not there: what becomes of the message."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from receiver_kit import Kit, a_policy, alert, webhook

from alertkit.channels.base import Delivery, Outcome, Retry, Sent
from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.model.policy import ChannelSettings
from alertkit.stores.base import Choice, Outgoing

ROOM = {"standard": EscalationPolicy(steps=(Step(0, (Target(team="payments"),)),))}
LONELY = Team("fr", "Europe/Paris", (Contact("room", "#payments"),))
SECRET_ROOM = Team("fr", "Europe/Paris", (Contact("room", address_secret="acme/room"),))


def outbox(kit: Kit) -> list[tuple[str, int, str]]:
    db = sqlite3.connect(kit.folder / "alertkit.db")
    found = db.execute("SELECT state, attempt, reason FROM outbox ORDER BY id").fetchall()
    db.close()
    return found


def one_room(folder: Path, **options: bool) -> Kit:
    """A team without members: nobody else is there to be told."""
    return Kit(folder, [a_policy(policies=ROOM, teams={"payments": LONELY})], **options)


def test_a_channel_that_is_down_is_tried_again_until_it_takes_the_message(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(30, "down"), Retry(30, "down"))
        await kit.post(webhook(alert()))
        for seconds in (0, 29, 1, 30):
            await kit.after(seconds=seconds)
        assert len(kit.told) == 3
        assert len({delivery.key for delivery in kit.told}) == 1
        assert outbox(kit) == [("sent", 3, "")]

    one_room(tmp_path).run(story)


def test_a_channel_that_stays_down_is_given_up_after_an_hour(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(*[Retry(600, "down")] * 10)
        await kit.post(webhook(alert()))
        for _ in range(10):
            await kit.after(minutes=10)
        state, _, reason = outbox(kit)[0]
        assert state == "failed"
        assert "given up" in reason

    one_room(tmp_path).run(story)


def test_an_open_end_is_repeated_only_where_twice_is_harmless(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(0, "timeout", maybe_sent=True))
        await kit.post(webhook(alert()))
        await kit.after()
        await kit.after(minutes=5)
        assert len(kit.told) == (2 if kit.channel.repeatable else 1)

    for repeatable in (True, False):
        (tmp_path / str(repeatable)).mkdir()
        one_room(tmp_path / str(repeatable), repeatable=repeatable).run(story)


def test_a_channel_that_breaks_its_promise_and_raises_fails_that_message_alone(tmp_path: Path) -> None:
    def raises(_: Delivery) -> Outcome:
        raise ZeroDivisionError

    async def story(kit: Kit) -> None:
        kit.channel.then(raises)
        await kit.post(webhook(alert()))
        await kit.after()
        assert sorted(state for state, _, _ in outbox(kit)) == ["failed", "sent", "sent", "sent"]
        assert [address for _, address in kit.rung()] == ["#payments", "U1", "U2"], "the other member of the team is told instead"
        assert kit.pages()[-1] == ("update", "U1"), "and who was told sees that"

    Kit(tmp_path).run(story)


class Hanging:
    """Takes messages and never says what became of them."""

    repeatable = True

    async def deliver(self, delivery: Delivery) -> Outcome:
        await asyncio.Event().wait()
        return Sent()

    async def close(self) -> None:
        return


def test_a_tenant_whose_channel_hangs_leaves_places_to_send_from_to_others(tmp_path: Path) -> None:
    """Sixteen incidents of one, eight places: what the other has to say a moment later is said at once."""

    async def story(kit: Kit) -> None:
        for number in range(16):
            body = webhook(alert(f"a{number}", tenant="globex"), group={"alertname": str(number)})
            await kit.post(body, "/v1/alerts/globex/standard")
        await kit.receiver.worker.start_due()
        await kit.post(webhook(alert()))
        await kit.receiver.worker.start_due()
        await asyncio.wait(kit.receiver.worker._sending, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert kit.pages()[:1] == [("open", "#payments")]

    kit = Kit(tmp_path, [a_policy()])
    stuck = {"standard": EscalationPolicy(steps=(Step(0, (Target(team="payments"),)),))}
    kit.write(
        a_policy(
            "globex",
            policies=stuck,
            teams={"payments": Team("fr", "Europe/Paris", (Contact("stuck", "#payments"),))},
            channels={name: ChannelSettings("hanging") for name in ("stuck", "room", "mail")},
        )
    )
    kit.receiver = kit.new(makers={"hanging": lambda *_: Hanging()}, drain=0.01, concurrency=8)
    kit.run(story)


def test_a_channel_that_hangs_holds_up_no_other_and_is_taken_away_when_its_lease_ends(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.receiver.worker.start_due()
        await asyncio.wait(kit.receiver.worker._sending, return_when=asyncio.FIRST_COMPLETED)
        assert kit.pages() == [("open", "U1")]
        kit.clock.advance(seconds=61)
        await kit.receiver.worker.recover()
        await kit.receiver.worker.start_due()
        hung = [row for row in outbox(kit) if row[2] == "its sender was interrupted" or row[1] == 2]
        assert len(hung) == 1

    kit = Kit(tmp_path, [a_policy(channels={"room": ChannelSettings("scripted"), "mail": ChannelSettings("scripted")})])
    hanging = a_policy(
        teams={"payments": Team("fr", "Europe/Paris", (Contact("stuck", "#payments"),))},
        channels={"room": ChannelSettings("scripted"), "stuck": ChannelSettings("hanging"), "mail": ChannelSettings("scripted")},
    )
    kit.write(hanging)
    kit.receiver = kit.new(makers={"hanging": lambda *_: Hanging()}, drain=0.01)
    kit.run(story)


def test_a_secret_that_is_missing_is_waited_for(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert kit.told == []
        assert outbox(kit)[0][:2] == ("pending", 1)
        (kit.folder / "secrets" / "acme").mkdir()
        (kit.folder / "secrets" / "acme" / "room").write_text("#hidden\n")
        await kit.after(minutes=1)
        assert kit.pages() == [("open", "#hidden")]

    Kit(tmp_path, [a_policy(policies=ROOM, teams={"payments": SECRET_ROOM})]).run(story)


def test_messages_of_a_tenant_whose_policy_is_not_loaded_wait_for_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(1, "down"))
        await kit.post(webhook(alert()))
        await kit.after()
        policy = kit.folder / "policies" / "acme.json"
        body = policy.read_bytes()
        policy.unlink()
        kit.receiver.policies.reload()
        await kit.after(seconds=10)
        assert len(kit.told) == 1
        policy.write_bytes(body)
        kit.receiver.policies.reload()
        await kit.after(minutes=1)
        assert len(kit.told) == 2

    kit = one_room(tmp_path)
    kit.write(a_policy("globex"))
    kit.run(story)


def test_a_channel_that_is_not_configured_any_more_fails_the_message(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(1, "down"))
        await kit.post(webhook(alert()))
        await kit.after()
        kit.write(a_policy(policies=ROOM, channels={}))
        kit.receiver.policies.reload()
        await kit.after(seconds=10)
        assert outbox(kit)[0][0] == "failed"
        assert "not configured any more" in outbox(kit)[0][2]

    one_room(tmp_path).run(story)


@pytest.mark.parametrize("kind", ["carrier-pigeon", "slack"])
def test_a_channel_that_cannot_be_made_says_what_it_needs(tmp_path: Path, kind: str) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        expected = "needs 'token'" if kind == "slack" else "no channel of type 'carrier-pigeon' is installed; there are"
        assert expected in outbox(kit)[0][2]

    Kit(tmp_path, [a_policy(policies=ROOM, channels={"room": ChannelSettings(kind)})]).run(story)


def test_a_simulated_tenant_is_written_to_the_log_and_pages_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert kit.told == []
        assert [row[0] for row in outbox(kit)] == ["sent", "sent"]

    Kit(tmp_path, [a_policy(simulate=True)]).run(story)
    assert "#payments" in capsys.readouterr().out


def held(kit: Kit) -> sqlite3.Connection:
    """The database, locked: the receiver's store is away until this is closed."""
    other = sqlite3.connect(kit.folder / "alertkit.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def send_and_lock(kit: Kit) -> sqlite3.Connection:
    """Hand a page to its channel; the store goes away before it can be told."""
    locks: list[sqlite3.Connection] = []

    def sent(_: Delivery) -> Outcome:
        locks.append(held(kit))
        return Sent("ref")

    kit.channel.then(sent)
    await kit.post(webhook(alert()))
    await kit.receiver.worker.start_due()
    await asyncio.wait(kit.receiver.worker._sending)
    return locks[0]


def test_how_a_message_ended_is_recorded_once_the_store_is_back(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        lock = await send_and_lock(kit)
        asyncio.get_running_loop().call_later(0.4, lock.close)
        await kit.receiver.worker._record.finish()
        assert outbox(kit)[0][:2] == ("sent", 1)

    one_room(tmp_path).run(story)


def test_an_end_that_is_not_recorded_while_its_lease_lasts_is_taken_for_lost(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        lock = await send_and_lock(kit)
        kit.clock.advance(seconds=kit.receiver.settings.lease)
        await kit.receiver.worker._record.finish()
        lock.close()
        assert outbox(kit)[0][:2] == ("sending", 1)
        await kit.receiver.worker.recover()
        await kit.after()
        assert outbox(kit)[0][:2] == ("sent", 2)

    one_room(tmp_path).run(story)


async def claim(kit: Kit) -> list[Outgoing]:
    """Take every message and send none."""
    while await kit.receiver.store.run_due(kit.clock(), 10, kit.receiver.worker._plan):
        pass
    choice = Choice(tuple(one.id for one in await kit.receiver.store.waiting(kit.clock())))
    return await kit.receiver.store.claim(kit.clock(), kit.receiver.worker._lease, lambda _: choice)


@pytest.mark.parametrize("repeatable", [True, False])
def test_after_a_crash_a_message_that_was_leaving_goes_again_only_where_twice_is_harmless(
    tmp_path: Path, repeatable: bool
) -> None:
    async def before(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        assert await claim(kit)

    async def after(kit: Kit) -> None:
        await kit.after(seconds=1)
        assert len(kit.told) == repeatable
        assert outbox(kit)[0][0] == ("sent" if repeatable else "failed")

    kit = one_room(tmp_path, repeatable=repeatable)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)


def test_a_process_that_was_stopped_for_longer_than_its_lease_sends_nothing_late(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        (outgoing,) = await claim(kit)
        claimed = kit.clock()
        kit.clock.advance(seconds=kit.receiver.settings.lease)
        await kit.receiver.worker._courier.send(outgoing, claimed)
        assert kit.told == []
        assert outbox(kit)[0][:2] == ("sending", 1)
        await kit.receiver.worker.recover()
        await kit.after()
        assert len(kit.told) == 1
        assert outbox(kit)[0][:2] == ("sent", 2)

    one_room(tmp_path).run(story)


def test_a_message_that_was_leaving_waits_until_its_channel_is_known(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        assert await claim(kit)
        (kit.folder / "policies" / "acme.json").unlink()

    async def after(kit: Kit) -> None:
        await kit.receiver.worker.recover()
        assert outbox(kit)[0][0] == "sending"
        kit.clock.advance(hours=2)
        await kit.receiver.worker.recover()
        assert outbox(kit)[0][0] == "failed"

    kit = one_room(tmp_path)
    kit.write(a_policy("globex"))
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)


def test_a_page_that_nobody_wants_any_more_does_not_leave(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(60, "down"))
        await kit.post(webhook(alert()))
        await kit.after()
        await kit.post(webhook(alert(resolved="2026-01-05T09:00:30Z")))
        await kit.after(minutes=5)
        assert len(kit.told) == 1
        assert outbox(kit)[0][0] == "skipped"

    one_room(tmp_path).run(story)
