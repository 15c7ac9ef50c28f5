"""What people do to incidents."""

from __future__ import annotations

from pathlib import Path

import pytest
from receiver_kit import Kit, a_policy, alert, webhook

from alertkit.model.incident import Incident
from alertkit.model.message import ActionKind
from alertkit.model.oncall import EscalationPolicy
from alertkit.receiver.actions import LONGEST_SNOOZE, SHORTEST_SNOOZE, Action, Refusal, act


async def do(kit: Kit, kind: ActionKind, *, tenant: str = "acme", number: int = 1, seconds: int = 0) -> Incident | Refusal:
    done = await act(kit.receiver.store, Action(kind, number, tenant, "amelie", seconds), kit.clock())
    await kit.after()
    return done


async def opened(kit: Kit) -> None:
    await kit.post(webhook(alert()))
    await kit.after()
    kit.told.clear()


def test_escalating_by_hand_pages_the_next_step_now_and_keeps_the_distance_of_the_following(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await opened(kit)
        await kit.after(minutes=1)
        assert isinstance(await do(kit, "escalate"), Incident)
        assert ("reply", "U1") in kit.pages()
        kit.told.clear()
        await kit.after(minutes=9, seconds=59)
        assert ("open", "U3") not in kit.pages()
        await kit.after(seconds=1)
        assert ("open", "U3") in kit.pages()

    Kit(tmp_path).run(story)


def test_escalating_an_acknowledged_incident_makes_it_fire_again(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await opened(kit)
        await do(kit, "acknowledge")
        done = await do(kit, "escalate")
        assert isinstance(done, Incident)
        assert (done.state, done.acknowledged_by) == ("firing", "")

    Kit(tmp_path).run(story)


def test_a_policy_without_steps_cannot_be_escalated(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await opened(kit)
        assert await do(kit, "escalate") == "already_done"

    Kit(tmp_path, [a_policy(policies={"standard": EscalationPolicy(steps=())})]).run(story)


@pytest.mark.parametrize(("seconds", "slept"), [(0, 3_600), (1, 60), (10**9, 7 * 86_400), (7_200, 7_200)])
def test_a_snooze_has_bounds(tmp_path: Path, seconds: int, slept: int) -> None:
    assert (SHORTEST_SNOOZE.total_seconds(), LONGEST_SNOOZE.total_seconds()) == (60, 7 * 86_400)

    async def story(kit: Kit) -> None:
        await opened(kit)
        done = await do(kit, "snooze", seconds=seconds)
        assert isinstance(done, Incident)
        assert done.snoozed_until is not None
        assert (done.snoozed_until - kit.clock()).total_seconds() == slept

    Kit(tmp_path).run(story)


def test_what_is_done_or_belongs_to_another_tenant_or_is_unknown_is_said_so(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await opened(kit)
        assert await do(kit, "resolve", tenant="globex") == "gone"
        assert await do(kit, "resolve", number=77) == "gone"
        assert isinstance(await do(kit, "acknowledge"), Incident)
        assert await do(kit, "acknowledge") == "already_done"
        assert isinstance(await do(kit, "resolve"), Incident)
        for kind in ("acknowledge", "resolve", "snooze", "escalate"):
            assert await do(kit, kind) == "already_done"

    Kit(tmp_path).run(story)
