"""Slack as a channel, against the fake that ships and keeps Slack's limits."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec
import pytest
from channel_messages import FIRING, NOW

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.slack import blocks
from alertkit.channels.slack.channel import SlackChannel
from alertkit.channels.slack.interactions import Ignored, Interaction, Rejected, read_interaction
from alertkit.model.message import Action, Entry, Link, Message
from alertkit.testing.slack import FakeSlack, SlackMessage

ROOM = "#acme-payments"
TAKEN = msgspec.structs.replace(
    FIRING, state="acknowledged", headline="Pris en charge : RoyaltyExportLate", event="Amélie Durand s’en occupe.", actions=()
)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


def deliver(slack: FakeSlack, *deliveries: Delivery, **options: float) -> list[Outcome]:
    async def run() -> list[Outcome]:
        channel = SlackChannel(slack.token, slack.signing_secret, base_url=slack.url, **options)
        try:
            return [await channel.deliver(delivery) for delivery in deliveries]
        finally:
            await channel.close()

    return asyncio.run(run())


def opened(message: Message = FIRING) -> Delivery:
    return Delivery("k1", "open", ROOM, message, "inc-1")


def post(slack: FakeSlack, message: Message = FIRING) -> tuple[str, SlackMessage]:
    [outcome] = deliver(slack, opened(message))
    assert isinstance(outcome, Sent)
    return outcome.reference, slack.messages_in(ROOM)[-1]


def test_an_incident_is_one_message_with_everything_a_reader_needs(slack: FakeSlack) -> None:
    reference, message = post(slack)
    assert json.loads(reference) == {"channel": message.channel, "ts": message.ts}
    assert message.shown.splitlines() == [
        "🔴 Critique : RoyaltyExportLate · royalties",
        "<@U024BE7LH>",
        "Le dernier export date de 1 jour · region=eu",
        "Les reversements partent à midi.",
        "*Service*",
        "royalties",
        "*Depuis*",
        "04:12 (UTC+01:00)",
        "Acme Music · ACME-142",
        "Je m’en occupe",
        "Résoudre",
        "Mettre en pause",
        "Escalader",
        "Runbook",
    ]
    assert message.colour == "#d1242f"
    assert message.pings == ["<@U024BE7LH>"]
    assert FIRING.summary in message.text
    assert message.buttons["alertkit:link:runbook"]["url"] == "https://runbooks.example/x?a=1&b=2"


def test_an_update_rewrites_the_message_and_a_reply_stands_in_its_thread(slack: FakeSlack) -> None:
    reference, root = post(slack)
    update, reply = deliver(
        slack,
        Delivery("k2", "update", ROOM, TAKEN, "inc-1", reference),
        Delivery("k3", "reply", ROOM, TAKEN, "inc-1", reference, broadcast=True),
    )
    assert update == Sent(reference)
    assert isinstance(reply, Sent)
    assert "👀 Pris en charge" in slack.latest(root).shown
    assert slack.latest(root).colour != root.colour
    assert [message.shown for message in slack.thread(root)] == ["Amélie Durand s’en occupe.\n<@U024BE7LH>"]
    assert slack.thread(root)[0].broadcast


def test_kinds_of_blocks_stay_the_same_from_firing_to_resolved(slack: FakeSlack) -> None:
    reference, root = post(slack)
    deliver(slack, Delivery("k2", "update", ROOM, msgspec.structs.replace(TAKEN, actions=FIRING.actions), "inc-1", reference))
    assert [block["type"] for block in slack.latest(root).drawn()] == [block["type"] for block in root.drawn()]


def test_a_click_comes_back_as_what_was_asked_for_which_incident_by_whom(slack: FakeSlack) -> None:
    reference, message = post(slack)
    request = slack.click(message, "acknowledge", "U024BE7LH", at=NOW.timestamp())
    found = read_interaction(request.body, request.headers, slack.signing_secret, NOW)
    assert isinstance(found, Interaction)
    assert (found.action, found.incident, found.user, found.reference) == ("acknowledge", "inc-1", "U024BE7LH", reference)


def test_a_chosen_snooze_says_for_how_long(slack: FakeSlack) -> None:
    _, message = post(slack)
    request = slack.click(message, "snooze", "U024BE7LH", choice=1, at=NOW.timestamp())
    found = read_interaction(request.body, request.headers, slack.signing_secret, NOW)
    assert isinstance(found, Interaction)
    assert (found.action, found.incident, found.seconds) == ("snooze", "inc-1", 3600)


def test_an_opened_link_is_acknowledged_and_does_nothing(slack: FakeSlack) -> None:
    _, message = post(slack)
    request = slack.click(message, "link:runbook", "U024BE7LH", at=NOW.timestamp())
    assert isinstance(read_interaction(request.body, request.headers, slack.signing_secret, NOW), Ignored)


def test_slacks_own_signature_example_is_accepted_and_a_changed_one_is_not() -> None:
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
        b"803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    headers = {"x-slack-request-timestamp": "1531420618", "x-slack-signature": signature}
    then = dt.datetime.fromtimestamp(1531420618, dt.UTC)
    # Signed correctly, and then found to be a command and no click.
    assert read_interaction(body, headers, secret, then) == Rejected(400, "the body is not a form with a JSON payload")
    for changed in (
        (body + b"x", headers, secret, then),
        (body, headers | {"x-slack-signature": "v0=00"}, secret, then),
        (body, headers | {"x-slack-signature": "é"}, secret, then),
        (body, headers | {"x-slack-request-timestamp": "junk"}, secret, then),
        (body, {}, secret, then),
        (body, headers, "another", then),
        (body, headers, " ", then),
        (body, headers, secret, then + dt.timedelta(seconds=301)),
        (body, headers, secret, then - dt.timedelta(seconds=301)),
    ):
        rejected = read_interaction(*changed)
        assert isinstance(rejected, Rejected)
        assert rejected.status == 401


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        ({"retry_after": 7}, Retry(7.0, "ratelimited")),
        ({"status": 503}, Retry(5.0, "status_503", maybe_sent=True)),
        ({"error": "fatal_error"}, Retry(5.0, "fatal_error", maybe_sent=True)),
        ({"error": "invalid_auth"}, Refused("invalid_auth")),
        ({"error": "channel_not_found"}, Refused("channel_not_found")),
        ({"error": "message_not_found"}, Refused("message_not_found", reopen=True)),
        ({"error": "xoxb SECRET!"}, Refused("status_200")),
    ],
)
def test_each_failure_says_whether_to_try_again(slack: FakeSlack, failure: dict[str, int], expected: Outcome) -> None:
    slack.fail("chat.postMessage", **failure)
    assert deliver(slack, opened()) == [expected]


def test_a_slack_that_hangs_is_given_up_on_in_time_and_may_have_the_message(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", hang=True)
    [outcome] = deliver(slack, opened(), timeout=0.2)
    assert isinstance(outcome, Retry)
    assert outcome.maybe_sent


def test_a_slack_that_is_not_there_surely_has_nothing() -> None:
    with FakeSlack() as gone:
        pass
    [outcome] = deliver(gone, opened())
    assert outcome == Retry(5.0, "unreachable")


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_attachments", "msg_blocks_too_long", "msg_too_long"])
def test_a_message_that_slack_cannot_draw_arrives_in_words(slack: FakeSlack, error: str) -> None:
    slack.fail("chat.postMessage", error=error)
    _, message = post(slack)
    assert message.blocks == ()
    assert "Le dernier export date de 1 jour" in message.shown


def test_an_update_that_slack_cannot_draw_leaves_no_old_drawing_behind(slack: FakeSlack) -> None:
    reference, root = post(slack)
    slack.fail("chat.update", error="invalid_blocks")
    deliver(slack, Delivery("k2", "update", ROOM, TAKEN, "inc-1", reference))
    assert slack.latest(root).drawn() == []
    assert slack.latest(root).shown.startswith(TAKEN.summary)


def test_a_deleted_message_says_that_a_new_one_would_work(slack: FakeSlack) -> None:
    reference, root = post(slack)
    slack.delete(root)
    outcomes = deliver(
        slack,
        Delivery("k2", "update", ROOM, TAKEN, "inc-1", reference),
        Delivery("k3", "reply", ROOM, TAKEN, "inc-1", reference),
        Delivery("k4", "reply", ROOM, TAKEN, "inc-1", "garbage"),
    )
    assert [isinstance(outcome, Refused) and outcome.reopen for outcome in outcomes] == [True, True, True]


def test_without_a_signing_secret_there_are_links_and_no_buttons_that_act(slack: FakeSlack) -> None:
    async def run() -> None:
        channel = SlackChannel(slack.token, base_url=slack.url)
        await channel.deliver(opened())
        await channel.close()

    asyncio.run(run())
    [message] = slack.messages
    assert list(message.buttons) == ["alertkit:link:runbook"]


def test_only_who_clicked_reads_the_answer(slack: FakeSlack) -> None:
    _, message = post(slack)
    request = slack.click(message, "resolve", "U0STRANGER", at=NOW.timestamp())
    found = read_interaction(request.body, request.headers, slack.signing_secret, NOW)
    assert isinstance(found, Interaction)

    async def run() -> Outcome:
        channel = SlackChannel(slack.token, base_url=slack.url)
        try:
            return await channel.answer(found.answer_to, "Vous n’avez pas le droit <!here>")
        finally:
            await channel.close()

    assert asyncio.run(run()) == Sent()
    [answer] = slack.answers
    assert (answer["user"], answer["response_type"]) == ("U0STRANGER", "ephemeral")
    assert "<!here>" not in answer["text"]


def test_text_is_cut_where_its_escaped_form_fits_and_never_within_an_entity() -> None:
    cut = blocks.escape("a" + "&" * 400, 150)
    assert cut == "a" + "&amp;" * 29 + "…"
    assert len(blocks.escape("<" * 9, 12)) <= 12
    assert blocks.escape("a <b> & c", 80) == "a &lt;b&gt; &amp; c"


def test_links_are_left_out_rather_than_cut(slack: FakeSlack) -> None:
    sizes = (("runbook", 1_000), ("dashboard", 2_000), ("silence", 800), ("silence", 10))
    long = tuple(Link(kind, "D", f"https://x.example/{'y' * size}") for kind, size in sizes)
    _, message = post(slack, msgspec.structs.replace(FIRING, links=long))
    urls = [element["url"] for element in message.elements() if "url" in element]
    assert urls == [long[0].url, long[2].url]


def test_a_button_whose_value_slack_would_not_take_is_not_drawn(slack: FakeSlack) -> None:
    _, message = post(slack, msgspec.structs.replace(FIRING, actions=(Action("acknowledge", "A", "x" * 200),)))
    assert "alertkit:acknowledge" not in message.buttons


def click(slack: FakeSlack, payload: object) -> object:
    request = slack.sign(urlencode({"payload": json.dumps(payload)}).encode(), NOW.timestamp())
    return read_interaction(request.body, request.headers, slack.signing_secret, NOW)


def test_what_is_genuine_but_no_click_is_ignored_and_what_names_no_incident_rejected(slack: FakeSlack) -> None:
    person = {"id": "U1"}
    button = {"action_id": "alertkit:resolve", "value": ""}
    menu = {"action_id": "alertkit:snooze", "selected_option": {"value": "soon:inc-1"}}
    assert isinstance(click(slack, {"type": "view_submission", "user": person}), Ignored)
    assert isinstance(click(slack, {"type": "block_actions", "user": person, "actions": []}), Ignored)
    assert isinstance(click(slack, {"type": "block_actions", "user": person, "actions": [{"action_id": "other"}]}), Ignored)
    for action in (button, menu):
        found = click(slack, {"type": "block_actions", "user": person, "actions": [action]})
        assert found == Rejected(400, "the button's value names no incident")
    assert isinstance(click(slack, ["no object"]), Rejected)
    huge = slack.sign(b"x" * 600_000, NOW.timestamp())
    assert read_interaction(huge.body, huge.headers, slack.signing_secret, NOW) == Rejected(400, "the body is too large")


def test_an_answer_that_slack_does_not_take_says_so(slack: FakeSlack) -> None:
    async def run(address: str) -> Outcome:
        channel = SlackChannel(slack.token, base_url=slack.url)
        try:
            return await channel.answer(address, "no")
        finally:
            await channel.close()

    slack.fail("webhook", status=404)
    assert asyncio.run(run(f"{slack.origin}/services/x")) == Refused("status_404")
    assert isinstance(asyncio.run(run("no address")), Retry)


def test_paces_are_those_of_slack_by_room_and_workspace() -> None:
    channel = SlackChannel("xoxb")
    room = Delivery("k", "open", "#a", FIRING, "1")
    thread = Delivery("k", "reply", "#a", FIRING, "1", '{"channel": "C1", "ts": "1.2"}')
    update = Delivery("k", "update", "#a", FIRING, "1", '{"channel": "C1", "ts": "1.2"}')
    lanes = [[(pace.lane, pace.interval) for pace in channel.paces(one)] for one in (room, thread, update)]
    assert lanes == [
        [("chat.postMessage #a", 1.0), ("chat.postMessage", 0.25)],
        [("chat.postMessage C1", 1.0), ("chat.postMessage", 0.25)],
        [("chat.update", 1.2)],
    ]


def test_many_alerts_fit_and_the_rest_is_counted(slack: FakeSlack) -> None:
    many = tuple(Entry("x" * 400, resolved=place % 2 == 1, detail=f"instance=web-{place}") for place in range(40))
    _, message = post(slack, msgspec.structs.replace(FIRING, entries=many))
    assert message.blocks, "drawn, not only in words"
    shown = next(line for line in message.shown.splitlines() if line.startswith("… +"))
    assert int(shown.removeprefix("… +")) == 40 - message.shown.count("instance=web-")
