"""The clock jumps, as by NTP, by hand or after a sleep of the machine: nothing is lost, and nobody is told twice."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

from receiver_kit import START, Kit, a_policy, alert, webhook

from alertkit.channels.base import Delivery, Outcome, Retry, Sent
from alertkit.channels.pace import Pace
from alertkit.model.incident import Place, Thread
from alertkit.model.oncall import EscalationPolicy, Step, Target
from alertkit.receiver.pacing import Pacer
from alertkit.stores.base import Listing, Waiting

THREE = EscalationPolicy(steps=tuple(Step(after, (Target(person="jonas"),)) for after in (0, 600, 1_200)))
POLICY = a_policy(policies={"standard": THREE})
OTHER = {"alertname": "Other", "tenant": "acme"}


class Slow:
    """A channel that answers when it is let go."""

    repeatable = False

    def __init__(self) -> None:
        self.handed = asyncio.Event()
        self.let_go = asyncio.Event()
        self.deliveries: list[Delivery] = []

    async def deliver(self, delivery: Delivery) -> Outcome:
        self.deliveries.append(delivery)
        self.handed.set()
        await self.let_go.wait()
        return Sent("ref")

    async def close(self) -> None:
        return


def test_steps_that_a_jump_forward_makes_due_at_once_are_told_once(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after(hours=8)
        assert kit.pages() == [("open", "U2")]
        await kit.after(hours=8)
        assert len(kit.told) == 1, "and that was all of them"

    Kit(tmp_path, [POLICY]).run(story)


def test_after_a_jump_back_new_alerts_are_told_at_once_and_later_steps_once(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        await kit.after(hours=-1)
        assert kit.pages() == [("open", "U2")]
        assert await kit.post(webhook(alert("two"), group=OTHER)) == 200
        await kit.after()
        assert kit.pages() == [("open", "U2"), ("open", "U2")]
        await kit.after(hours=1, minutes=10)
        assert kit.pages().count(("reply", "U2")) == 2, "the second step of both, once"
        await kit.after()
        assert kit.pages().count(("reply", "U2")) == 2

    Kit(tmp_path, [POLICY]).run(story)


def test_an_alert_that_ends_before_it_began_by_our_clock_ends(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after(hours=-1)
        assert await kit.post(webhook(alert(resolved="2026-01-05T08:59:30Z"))) == 200
        await kit.after()
        assert [found.state for found in await kit.receiver.store.incidents(Listing())] == ["resolved"]

    Kit(tmp_path, [POLICY]).run(story)


def test_a_retry_is_made_once_when_the_clock_went_back_in_between(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(5, "down"))
        await kit.post(webhook(alert()))
        await kit.after()
        await kit.after(minutes=-30)
        await kit.after(minutes=31)
        assert kit.pages() == [("open", "U2"), ("open", "U2")], "the try that failed and the one that did not"
        await kit.after(minutes=1)
        assert len(kit.told) == 2

    Kit(tmp_path, [POLICY]).run(story)


def test_a_message_that_is_leaving_while_the_clock_jumps_past_its_lease_is_not_sent_again(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.receiver.worker.start_due()
        await slow.handed.wait()
        kit.clock.advance(minutes=5)
        await kit.receiver.worker.recover()
        await kit.receiver.worker.start_due()
        slow.let_go.set()
        await kit.receiver.worker.settle()
        keys = [delivery.key for delivery in slow.deliveries]
        assert len(keys) == len(set(keys)), "it rang twice"

    kit, slow = Kit(tmp_path, [POLICY]), Slow()
    kit.receiver = kit.new({"scripted": lambda *_: slow})
    kit.run(story)


def test_a_worker_that_sleeps_notices_a_jump_forward(tmp_path: Path) -> None:
    """It sleeps by the clock that never jumps, and never long."""
    told = asyncio.Event()

    def answer(_: Delivery) -> Outcome:
        told.set()
        return Sent("ref")

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.channel.then(answer)
        running = asyncio.create_task(kit.receiver.worker.run())
        kit.clock.advance(minutes=10)
        async with asyncio.timeout(60):
            await told.wait()
        running.cancel()

    kit = Kit(tmp_path, [POLICY])
    kit.receiver = kit.new(largest_wait=0.05)
    kit.run(story)


def test_a_clock_that_was_set_back_makes_no_lane_busier_than_a_burst_does() -> None:
    message = Waiting(1, "page", Thread(1, Place("slack", "#acme", False, "team/x", "en", "UTC")), "acme", 0)
    busy = {"room": START + dt.timedelta(hours=1)}
    choice = Pacer().choose([(message, [Pace("room", 2, burst=3)])], busy, START, 1)
    assert choice.next == START + dt.timedelta(seconds=2)
