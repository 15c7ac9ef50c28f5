"""As fast as the channels allow, and nobody waits for somebody else's limit."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from receiver_kit import Kit, a_policy, alert, webhook

from alertkit.channels.base import Delivery, Outcome
from alertkit.channels.pace import Pace
from alertkit.channels.slack.channel import SlackChannel
from alertkit.model.incident import Place, Thread
from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.receiver.pacing import Pacer
from alertkit.stores.base import Waiting
from alertkit.testing.scripted import ScriptedChannel

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def waiting(number: int, tenant: str = "acme", kind: str = "page") -> Waiting:
    thread = Thread(number, Place("slack", f"#{tenant}", False, "team/x", "en", "UTC"))
    return Waiting(number, kind, thread, tenant, 0)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 2)), max_size=60), st.integers(1, 4), st.floats(0.1, 3))
def test_no_span_of_time_sees_more_than_its_burst_and_its_rate(
    asked: list[tuple[int, float]], burst: int, interval: float
) -> None:
    lanes: dict[str, dt.datetime] = {}
    pacer, now, left = Pacer(), NOW, defaultdict(list)
    for lane, pause in asked:
        now += dt.timedelta(seconds=pause)
        choice = pacer.choose([(waiting(1), [Pace(str(lane), interval, burst)])], lanes, now, 1)
        lanes.update(choice.lanes)
        if choice.messages:
            left[lane].append(now)
        else:
            assert choice.next is not None
            assert choice.next > now
    for times in left.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                span = (times[last] - times[first]).total_seconds()
                assert last - first + 1 <= burst + (span + 1e-6 * len(times)) / interval  # instants are whole microseconds


def test_a_message_takes_a_place_in_all_lanes_or_in_none() -> None:
    pacer = Pacer()
    both = [Pace("room", 1), Pace("all", 10)]
    choice = pacer.choose([(waiting(1), both)], {}, NOW, 9)
    assert choice.messages
    later = NOW + dt.timedelta(seconds=2)
    assert pacer.choose([(waiting(2), both)], choice.lanes, later, 9).next == NOW + dt.timedelta(seconds=10)
    assert pacer.choose([(waiting(2), both[:1])], choice.lanes, later, 9).messages, "the refusal took no place"
    assert [w.id for w in pacer.choose([(waiting(n), both) for n in (1, 2)], {}, NOW, 9).messages] == [1], (
        "one takes it, not both"
    )


def test_pages_go_before_notes_and_every_tenants_first_before_anybodys_second() -> None:
    asked = [waiting(1, "a", "refresh"), waiting(2, "a"), waiting(3, "a"), waiting(4, "b"), waiting(5, "c", "note")]
    assert [w.id for w in Pacer().choose([(one, ()) for one in asked], {}, NOW, 9).messages] == [2, 4, 3, 5, 1]
    pacer = Pacer()
    both = [(waiting(1, "a"), ()), (waiting(2, "b"), ())]
    served = [pacer.choose(both, {}, NOW, 1).messages[0].tenant for _ in range(4)]
    assert Counter(served) == {"a": 2, "b": 2}


def test_a_tenant_never_holds_more_places_than_it_leaves_free() -> None:
    many = [(waiting(n, "a"), ()) for n in range(9)]
    assert len(Pacer().choose(many, {}, NOW, 8).messages) == 4, "alone it gets half"
    assert Pacer().choose(many, {}, NOW, 4, {"a": 4}).messages == ()
    both = [*many, (waiting(10, "b"), ())]
    assert [w.id for w in Pacer().choose(both, {}, NOW, 4, {"a": 4}).messages] == [10]
    assert len(Pacer().choose(many, {}, NOW, 1).messages) == 1, "the last place is for whoever has none"


class SlackLike(ScriptedChannel):
    """Slack's own limits, kept to the second of a clock that stands still."""

    paces = SlackChannel.paces

    def __init__(self, clock: object) -> None:
        super().__init__()
        self.clock = clock
        self.at: list[tuple[dt.datetime, Delivery]] = []

    async def deliver(self, delivery: Delivery) -> Outcome:
        self.at.append((self.clock(), delivery))  # type: ignore[operator]
        return await super().deliver(delivery)


ROOM = {"standard": EscalationPolicy(steps=(Step(0, (Target(team="ops"),)),))}
TENANTS, EACH = 200, 50


def test_in_a_storm_every_tenant_is_told_in_its_turn_and_every_limit_is_kept(tmp_path: Path) -> None:
    """10,000 incidents of 200 tenants in one workspace, that is 4 messages a second for all of them."""
    tenants = [f"t{number}" for number in range(TENANTS)]
    policies = [
        a_policy(tenant, policies=ROOM, teams={"ops": Team("en", "UTC", (Contact("room", f"#{tenant}"),))}) for tenant in tenants
    ]

    async def post(kit: Kit, tenant: str, number: int, resolved: str = "") -> None:
        group = {"alertname": str(number), "tenant": tenant}
        body = webhook(alert(f"{tenant}-{number}", tenant=tenant, resolved=resolved), group=group)
        assert await kit.post(body, f"/v1/alerts/{tenant}/standard") == 200

    async def story(kit: Kit) -> None:
        for number in range(EACH):
            await asyncio.gather(*(post(kit, tenant, number) for tenant in tenants))
        began = kit.clock()
        for _ in range(60 * 4):
            await kit.after(seconds=0.25)
        first: dict[str, float] = {}
        for at, delivery in slack.at:
            first.setdefault(delivery.address, (at - began).total_seconds())
        assert len(first) == TENANTS
        assert max(first.values()) <= TENANTS / 4 + 5
        assert max(Counter(delivery.address for _, delivery in slack.at).values()) <= 2, "nobody's second before somebody's first"
        told = len(slack.at)
        await post(kit, "t0", 0, resolved="2026-01-05T09:00:30Z")
        for _ in range(4):
            await kit.after(seconds=0.25)
        updates = [delivery for _, delivery in slack.at[told:] if delivery.purpose == "update"]
        assert [delivery.message.state for delivery in updates] == ["resolved"], "what is shown is new, whatever else waits"
        assert_within_limits(slack)

    kit = Kit(tmp_path, policies)
    slack = SlackLike(kit.clock)
    kit.token("all", "s3cret")
    kit.receiver = kit.new({"scripted": lambda *_: slack}, concurrency=64)
    kit.run(story)


def assert_within_limits(slack: SlackLike) -> None:
    lanes: dict[str, list[dt.datetime]] = defaultdict(list)
    paces: dict[str, Pace] = {}
    for at, delivery in slack.at:
        for pace in SlackChannel("x").paces(delivery):
            lanes[pace.lane].append(at)
            paces[pace.lane] = pace
    for lane, times in lanes.items():
        pace = paces[lane]
        for earlier, later in zip(times, times[pace.burst :], strict=False):
            assert (later - earlier).total_seconds() >= pace.interval - 1e-6, lane
