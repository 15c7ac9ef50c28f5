"""Maintenance and flapping: what is held back, and what is not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from receiver_kit import START, Kit, a_policy, alert, webhook

from alertkit.model.incident import Incident
from alertkit.model.oncall import Maintenance
from alertkit.receiver.actions import Action, act
from alertkit.receiver.maintenance import covering

MINUTE = dt.timedelta(minutes=1)


async def incident(kit: Kit, number: int = 1) -> Incident:
    found = await kit.receiver.store.incident(number)
    assert found is not None
    return found


def window(start: float = 0, end: float = 30, **match: str) -> Maintenance:
    return Maintenance(START + start * MINUTE, START + end * MINUTE, match, "new disks")


def kit_with(folder: Path, *windows: Maintenance) -> Kit:
    return Kit(folder, [a_policy(maintenance=windows)])


def test_what_is_under_maintenance_pages_nobody_until_it_ends(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        found = await incident(kit)
        assert (found.state, found.suppressed_until, found.suppressed_reason) == ("suppressed", START + 30 * MINUTE, "new disks")
        await kit.after(minutes=29)
        assert kit.pages() == []
        await kit.after(minutes=1)
        assert kit.pages() == [("open", "#payments"), ("open", "U1")]
        events = [event.kind for event in (await kit.receiver.store.story(1)).events]
        assert events == ["suppressed", "suppression_ended", "opened"]

    kit_with(tmp_path, window(instance="one")).run(story)


def test_it_pages_nobody_at_all_when_it_is_over_before_the_maintenance(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after(minutes=1)
        await kit.post(webhook(alert(resolved="2026-01-05T09:00:30Z")))
        await kit.after(hours=3)
        assert kit.pages() == []
        assert (await incident(kit)).state == "resolved"

    kit_with(tmp_path, window(alertname="Late")).run(story)


def test_an_alert_outside_of_the_maintenance_pages_although_its_siblings_are_in_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert kit.pages() == []
        await kit.post(webhook(alert(), alert("two")))
        await kit.after()
        assert kit.pages() == [("open", "#payments"), ("open", "U1")]
        assert (await incident(kit)).state == "firing"

    kit_with(tmp_path, window(instance="one")).run(story)


def test_another_alert_in_the_maintenance_pages_nobody_and_waits_for_the_later_end(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        await kit.post(webhook(alert(), alert("two")))
        await kit.after(minutes=29)
        assert kit.pages() == []
        await kit.after(minutes=1)
        assert kit.pages() != [], "the window of the first alert is over, so one fires outside of any"

    kit_with(tmp_path, window(instance="one"), window(end=90, instance="two")).run(story)


def test_maintenance_that_begins_later_stops_the_steps_that_follow(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after(minutes=5)
        assert (await incident(kit)).state == "firing"
        told = len(kit.told)
        await kit.after(minutes=5)
        assert (await incident(kit)).state == "suppressed"
        assert not any(delivery.broadcast for delivery in kit.told[told:])

    kit_with(tmp_path, window(6, 60)).run(story)


def test_who_takes_on_what_is_held_back_keeps_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        await act(kit.receiver.store, Action("acknowledge", 1, "acme", "jonas"), kit.clock())
        await kit.after(minutes=31)
        assert (await incident(kit)).state == "acknowledged"
        assert kit.pages() == []

    kit_with(tmp_path, window()).run(story)


def test_windows_are_looked_for_alert_by_alert() -> None:
    one, both = window(end=10, instance="one"), window(end=20)
    assert covering([one], [{"instance": "one"}], START) == one
    assert covering([one], [{"instance": "one"}, {"instance": "two"}], START) is None
    assert covering([one, both], [{"instance": "one"}, {"instance": "two"}], START) == both
    assert covering([both], [], START) is None
    assert covering([both], [{}], START + 20 * MINUTE) is None


class Flapping:
    """An alert that comes and goes, each time with a later beginning."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._starts = ""

    async def _post(self, **changes: Any) -> None:
        await self._kit.post(webhook(alert(starts=self._starts, **changes)))
        await self._kit.after()

    async def fire(self) -> None:
        self._starts = self._kit.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        await self._post()

    async def end(self) -> None:
        await self._post(resolved=self._kit.clock().strftime("%Y-%m-%dT%H:%M:%SZ"))

    async def flap(self, times: int) -> None:
        for _ in range(times):
            await self.fire()
            await self._kit.after(minutes=1)
            await self.end()
            await self._kit.after(minutes=1)


def test_the_third_time_in_a_row_it_is_held_open_until_it_has_been_quiet(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await Flapping(kit).flap(3)
        assert [(await incident(kit, n)).state for n in (1, 2, 3)] == ["resolved", "resolved", "firing"]
        told = len(kit.told)
        await kit.after(minutes=8, seconds=59)
        assert (await incident(kit, 3)).state == "firing"
        assert len(kit.told) == told, "nothing fires, so nobody is paged"
        await kit.after(seconds=1)
        assert (await incident(kit, 3)).state == "resolved"
        assert {delivery.message.state for delivery in kit.told[told:]} == {"resolved"}

    Kit(tmp_path).run(story)


def test_while_it_is_held_open_another_beginning_opens_and_pages_nothing_new(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        alerts = Flapping(kit)
        await alerts.flap(3)
        opened = [delivery for delivery in kit.told if delivery.purpose == "open"]
        for _ in range(3):
            await kit.after(seconds=1)
            await alerts.fire()
            await kit.after(seconds=1)
            await alerts.end()
        await kit.after(seconds=1)
        assert await kit.receiver.store.incident(4) is None
        assert [delivery for delivery in kit.told if delivery.purpose == "open"] == opened
        await alerts.fire()
        await kit.after(minutes=20)
        assert (await incident(kit, 3)).state == "firing", "it fires, so its quiet time is over"
        assert ("open", "U3") in kit.pages(), "and its steps go on"

    Kit(tmp_path).run(story)


def test_a_resend_of_the_end_does_not_prolong_the_wait(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        alerts = Flapping(kit)
        await alerts.flap(3)
        await kit.after(minutes=5)
        await alerts.end()
        await kit.after(minutes=4)
        assert (await incident(kit, 3)).state == "resolved"

    Kit(tmp_path).run(story)


def test_what_people_closed_or_what_comes_back_after_long_has_not_flapped(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        alerts = Flapping(kit)
        for number in range(1, 4):
            await alerts.fire()
            await act(kit.receiver.store, Action("resolve", number, "acme", "jonas"), kit.clock())
            await kit.after(minutes=1)
        await alerts.fire()
        await alerts.end()
        await kit.after(minutes=11)
        await alerts.fire()
        await alerts.end()
        assert [(await incident(kit, n)).flaps for n in range(1, 6)] == [0, 0, 0, 0, 0]

    Kit(tmp_path).run(story)


def test_a_held_incident_is_still_held_after_a_restart(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await Flapping(kit).flap(3)

    async def after(kit: Kit) -> None:
        await Flapping(kit).fire()
        assert await kit.receiver.store.incident(4) is None
        assert (await incident(kit, 3)).held_until is None

    kit = Kit(tmp_path)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)
