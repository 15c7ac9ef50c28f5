"""Buttons in Slack act on incidents: signed, by people who are configured, in their own tenant."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from receiver_kit import START, Kit, a_policy, alert, request, webhook

from alertkit.model.oncall import Contact, EscalationPolicy, Step, Target, Team
from alertkit.model.policy import ChannelSettings
from alertkit.receiver import interactions
from alertkit.testing.slack import FakeSlack, SignedRequest, SlackMessage

PATH = "/v1/interactions/slack/acme/slack"
SLACK = ChannelSettings("slack", secrets={"token": "acme/slack-bot", "signing_secret": "acme/slack-signing"})
ROOM_ONLY = EscalationPolicy(steps=(Step(0, (Target(team="payments"),)), Step(600, (Target(team="payments"),))))


def slack_kit(folder: Path, slack: FakeSlack, **changes: Any) -> Kit:
    team = Team("fr", "Europe/Paris", (Contact("slack", "#payments"),))
    values = {"channels": {"slack": SLACK}, "teams": {"payments": team}, "policies": {"standard": ROOM_ONLY}}
    kit = Kit(folder, [a_policy(**{**values, **changes})])
    (folder / "secrets" / "acme").mkdir()
    (folder / "secrets" / "acme" / "slack-bot").write_text("xoxb-fake-token\n")
    (folder / "secrets" / "acme" / "slack-signing").write_text("fake-signing-secret\n")
    kit.receiver = kit.new(slack_api=slack.url)
    return kit


async def opened(kit: Kit, slack: FakeSlack) -> SlackMessage:
    await kit.post(webhook(alert()))
    await kit.after()
    return slack.messages_in("#payments")[0]


async def send(kit: Kit, click: SignedRequest, path: str = PATH) -> int:
    status, _ = await request(kit.receiver, "POST", path, click.body, dict(click.headers))
    await kit.after()
    return status


def test_acknowledging_in_slack_stops_the_steps_and_shows_who_did_it(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        assert await send(kit, slack.click(message, "acknowledge", "U1", at=START.timestamp())) == 200
        assert "Amélie" in slack.latest(message).shown
        assert any("Amélie" in reply.shown for reply in slack.thread(message))
        said = len(slack.messages)
        await kit.after(hours=2)
        assert len(slack.messages) == said

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


def test_the_second_click_is_told_that_somebody_was_faster(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        first, second = (slack.click(message, "acknowledge", user, at=START.timestamp()) for user in ("U1", "U2"))
        assert await send(kit, first) == 200
        assert await send(kit, second) == 200
        await kit.receiver.clicks.drain()
        assert len(slack.answers) == 1

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


def test_a_click_of_somebody_unknown_does_nothing_and_says_so(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        assert await send(kit, slack.click(message, "acknowledge", "U999", at=START.timestamp())) == 200
        await kit.receiver.clicks.drain()
        assert len(slack.answers) == 1
        await kit.after(minutes=10)
        assert len(slack.thread(message)) == 1

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


def test_an_observer_reads_along_and_is_told_in_their_language_that_they_may_not_act(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        assert await send(kit, slack.click(message, "resolve", "U2", at=START.timestamp())) == 200
        await kit.receiver.clicks.drain()
        [answer] = slack.answers
        assert (answer["user"], answer["response_type"]) == ("U2", "ephemeral")
        assert answer["text"] == "Für diese Aktion fehlt die Berechtigung."
        assert slack.latest(message).shown == message.shown

    people = a_policy().people
    watching = {**people, "jonas": msgspec.structs.replace(people["jonas"], role="observer")}
    with FakeSlack() as slack:
        slack_kit(tmp_path, slack, people=watching).run(story)


def test_a_click_that_takes_long_is_answered_in_time_and_done_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactions, "PATIENCE", 0.01)

    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        free, decide = asyncio.Event(), kit.receiver.store.decide

        async def busy(*decision: Any) -> Any:
            await free.wait()
            return await decide(*decision)

        monkeypatch.setattr(kit.receiver.store, "decide", busy)
        assert await send(kit, slack.click(message, "acknowledge", "U1", at=START.timestamp())) == 200
        free.set()
        await kit.receiver.clicks.drain()
        await kit.after()
        assert "Amélie" in slack.latest(message).shown

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


@pytest.mark.parametrize("late", [301, -301])
def test_an_old_signature_is_refused(tmp_path: Path, late: int) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        assert await send(kit, slack.click(message, "acknowledge", "U1", at=START.timestamp() + late)) == 401

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


def test_a_channel_without_signing_secret_or_of_another_owner_is_not_there(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        click = slack.click(message, "acknowledge", "U1", at=START.timestamp())
        assert await send(kit, click, "/v1/interactions/slack/platform/slack") == 404
        assert await send(kit, click, "/v1/interactions/slack/acme/mail") == 404
        assert await send(kit, click, "/v1/interactions/slack/globex/slack") == 404

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)


def test_snooze_pages_again_when_it_ends_and_resolve_closes(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        message = await opened(kit, slack)
        await send(kit, slack.click(message, "snooze", "U1", choice=0, at=kit.clock().timestamp()))
        assert slack.latest(message).colour == "#6e7781"
        replies = len(slack.thread(message))
        await kit.after(hours=12)
        assert len(slack.thread(message)) > replies
        await send(kit, slack.click(slack.latest(message), "resolve", "U1", at=kit.clock().timestamp()))
        await kit.after(seconds=2)
        assert slack.latest(message).colour == "#1a7f37"

    with FakeSlack() as slack:
        slack_kit(tmp_path, slack).run(story)
