"""Whom a room's message rings: the people who are told with it, by what is configured, and nobody else."""

from __future__ import annotations

from pathlib import Path

from receiver_kit import Kit, alert, webhook
from test_slack_clicks import ROOM_ONLY, slack_kit

from alertkit.model.oncall import Contact, EscalationPolicy, Person, Step, Target, Team
from alertkit.testing.slack import FakeSlack

BOTH = EscalationPolicy(steps=(Step(0, (Target(team="payments"), Target(person="amelie"))),))


def told(folder: Path, policy: EscalationPolicy) -> list[str]:
    """The pings of the first message in the room."""
    with FakeSlack() as slack:

        async def story(kit: Kit) -> list[str]:
            await kit.post(webhook(alert()))
            await kit.after()
            return slack.messages_in("#payments")[0].pings

        person = Person("Amélie", "fr", "Europe/Paris", (Contact("slack", "U024BE7LH"),), "U024BE7LH")
        team = Team("fr", "Europe/Paris", (Contact("slack", "#payments"),))
        kit = slack_kit(folder, slack, policies={"standard": policy}, people={"amelie": person}, teams={"payments": team})
        return kit.run(story)


def test_a_person_who_is_told_with_the_room_is_mentioned_in_it(tmp_path: Path) -> None:
    assert told(tmp_path, BOTH) == ["<@U024BE7LH>"]


def test_a_room_alone_rings_nobody(tmp_path: Path) -> None:
    assert told(tmp_path, ROOM_ONLY) == []
