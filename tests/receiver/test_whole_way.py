"""The receiver from a post to the people, with a scripted channel and a clock that stands still."""

from __future__ import annotations

from pathlib import Path

from receiver_kit import Kit, alert, webhook

from alertkit.channels.base import Refused, Sent
from alertkit.receiver.actions import Action, act


def test_a_post_opens_one_incident_and_tells_team_and_person_on_call(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert())) == 200
        await kit.after()
        assert kit.pages() == [("open", "#payments"), ("open", "U1")]
        message = kit.told[0].message
        assert (message.locale, message.state, message.severity) == ("fr", "firing", "warning")
        assert message.entries[0].sentence

    Kit(tmp_path).run(story)


def test_steps_follow_at_their_time_until_the_last_cycle_is_over(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        await kit.after(seconds=299)
        assert kit.pages() == []
        await kit.after(seconds=1)
        assert kit.pages() == [("open", "amelie@x")]
        await kit.after(seconds=299)
        assert len(kit.told) == 1
        await kit.after(seconds=1)
        assert kit.rung()[1:] == [("reply", "U1")]
        await kit.after(minutes=10)
        assert ("open", "U3") in kit.rung()
        kit.told.clear()
        await kit.after(minutes=10)
        assert kit.rung() == [("reply", "#payments"), ("reply", "U1")]
        await kit.after(hours=5)
        kit.told.clear()
        await kit.after(hours=5)
        assert kit.pages() == []

    Kit(tmp_path).run(story)


def test_whoever_was_told_before_sees_who_is_paged_now(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert {paged(kit, address) for address in ("#payments", "U1")} == {"payments et Amélie"}
        for _ in range(2):
            await kit.after(minutes=10)
        assert paged(kit, "#payments") == "payments, Amélie et Boss"
        notes = [d for d in kit.told if (d.purpose, d.address, d.broadcast) == ("reply", "#payments", False)]
        assert [note.message.event.rpartition("\u202f: ")[2] for note in notes] == ["Amélie.", "Boss."]

    Kit(tmp_path).run(story)


def test_whom_no_page_reached_is_not_among_those_who_were_paged(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Sent("room"), Refused("channel_not_found"))
        await kit.post(webhook(alert()))
        await kit.after()
        assert [kind for kind in kit.pages() if kind[0] == "open"][1:] == [("open", "U1"), ("open", "amelie@x")]
        assert paged(kit, "#payments") == "payments et Amélie", "by mail instead"

    Kit(tmp_path).run(story)


def test_who_took_it_on_is_still_known_when_it_is_over(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        await act(kit.receiver.store, Action("acknowledge", 1, "acme", "jonas"), kit.clock())
        await kit.after(minutes=5)
        await kit.post(webhook(alert(resolved="2026-01-05T09:04:30Z")))
        await kit.after()
        [shown] = [d.message for d in kit.told if d.address == "#payments" and d.message.state == "resolved"][:1]
        assert any(fact.value == "Jonas (10:00)" for fact in shown.facts), shown.facts

    Kit(tmp_path).run(story)


def paged(kit: Kit, address: str) -> str:
    """Who has been paged, as the message at an address says it now."""
    message = [d.message for d in kit.told if d.address == address and d.purpose in ("open", "update")][-1]
    return next(fact.value for fact in message.facts if fact.name == "Alerte envoyée à")


def test_a_resolve_ends_paging_and_everybody_who_was_told_hears_of_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        await kit.after(minutes=1)
        await kit.post(webhook(alert(resolved="2026-01-05T09:00:30Z")))
        await kit.after()
        assert sorted(kit.pages()) == [("reply", "#payments"), ("reply", "U1"), ("update", "#payments"), ("update", "U1")]
        assert {delivery.message.state for delivery in kit.told} == {"resolved"}
        await kit.after(hours=3)
        assert len(kit.told) == 4

    Kit(tmp_path).run(story)


def test_steps_survive_a_restart(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()

    async def after(kit: Kit) -> None:
        kit.told.clear()
        await kit.after(minutes=10)
        assert ("reply", "U1") in kit.pages()

    kit = Kit(tmp_path)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)
