"""The fake Slack behaves as Slack does, for whoever tests against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from alertkit.testing.server import Server
from alertkit.testing.slack import FakeSlack
from alertkit.testing.slack_limits import refusal
from alertkit.testing.slack_page import message_html, page


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(slack.token, base_url=slack.url, retry_handlers=[])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


BUTTON = {"type": "button", "action_id": "go", "text": plain("Go"), "value": "v"}
MENU = {
    "type": "static_select",
    "action_id": "pick",
    "placeholder": plain("Pick"),
    "options": [{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}],
}


def test_messages_are_posted_threaded_updated_and_gone(slack: FakeSlack, client: WebClient) -> None:
    first = client.chat_postMessage(channel="#room", text="one &amp; only")
    reply = client.chat_postMessage(channel=first["channel"], text="re", thread_ts=first["ts"], reply_broadcast=True)
    client.chat_update(channel=first["channel"], ts=first["ts"], text="two")
    [root, broadcast] = slack.messages_in("#room")
    assert (root.shown, root.edits[0].shown, broadcast.ts) == ("two", "one & only", reply["ts"])
    assert [message.text for message in slack.thread(root)] == ["re"]
    slack.delete(root)
    for call in (
        lambda: client.chat_update(channel=first["channel"], ts=first["ts"], text="x"),
        lambda: client.chat_postMessage(channel="room", text="x", thread_ts=first["ts"]),
    ):
        with pytest.raises(SlackApiError, match="message_not_found"):
            call()


async def post_asynchronously(slack: FakeSlack) -> str:
    return str((await AsyncWebClient(slack.token, base_url=slack.url).chat_postMessage(channel="U123", text="hi"))["channel"])


def test_it_serves_asynchronous_tests_too() -> None:
    import asyncio

    async def run() -> str:
        async with FakeSlack() as slack:
            channel = await post_asynchronously(slack)
            assert slack.channel_id("U123") == channel
            return channel

    assert asyncio.run(run()).startswith("D")


def test_text_without_blocks_removes_blocks_and_unmentioned_attachments_stay(slack: FakeSlack, client: WebClient) -> None:
    block = {"type": "section", "text": plain("b")}
    posted = client.chat_postMessage(channel="#r", text="t", blocks=[block], attachments=[{"color": "#fff", "blocks": [block]}])
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="t2")
    [message] = slack.messages
    assert (message.blocks, len(message.attachments), message.colour) == ((), 1, "#fff")


@pytest.mark.parametrize(
    ("blocks", "fine"),
    [
        ([{"type": "section", "text": plain("x" * 3000)}], True),
        ([{"type": "section", "text": plain("x" * 3001)}], False),
        ([{"type": "section", "text": plain("")}], False),
        ([{"type": "section"}], False),
        ([{"type": "section", "text": {"type": "plain_text", "text": "x", "verbatim": True}}], False),
        ([{"type": "section", "fields": [plain("x")] * 10}], True),
        ([{"type": "section", "fields": [plain("x")] * 11}], False),
        ([{"type": "section", "fields": [plain("x" * 2001)]}], False),
        ([{"type": "header", "text": plain("x" * 151)}], False),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], False),
        ([{"type": "context", "elements": [plain("x")] * 11}], False),
        ([{"type": "context", "elements": [{"type": "image"}]}], True),
        ([{"type": "actions", "elements": [BUTTON, MENU]}], True),
        ([{"type": "actions", "elements": [BUTTON, BUTTON]}], False),
        ([{"type": "actions", "elements": []}], False),
        ([{"type": "actions", "elements": [{"type": "bogus"}]}], False),
        ([{"type": "actions", "elements": [BUTTON | {"text": plain("x" * 76)}]}], False),
        ([{"type": "actions", "elements": [BUTTON | {"url": "x" * 3001}]}], False),
        ([{"type": "actions", "elements": [BUTTON | {"style": "blue"}]}], False),
        ([{"type": "actions", "elements": [BUTTON | {"confirm": {"title": plain("x" * 101)}}]}], False),
        ([{"type": "actions", "elements": [MENU | {"options": []}]}], False),
        ([{"type": "actions", "elements": [MENU | {"options": [{"text": plain("x"), "value": "v" * 151}]}]}], False),
        ([{"type": "divider"}] * 50, True),
        ([{"type": "divider"}] * 51, False),
        ([{"type": "divider", "block_id": "a"}] * 2, False),
        ([{"type": "bogus"}], False),
        (["text"], False),
        ([{"type": "markdown", "text": "x" * 12_001}], False),
        ([{"type": "rich_text", "elements": []}], False),
    ],
)
def test_slacks_limits_on_blocks_are_kept(blocks: list[Any], fine: bool) -> None:
    assert refusal({"blocks": blocks}, update=False)[0] == ("" if fine else "invalid_blocks")
    assert refusal({"attachments": [{"blocks": blocks}]}, update=False)[0] == ("" if fine else "invalid_attachments")


def test_slacks_limits_on_messages_are_kept(slack: FakeSlack, client: WebClient) -> None:
    section = {"type": "section", "text": plain("x" * 2_900)}
    assert refusal({}, update=False)[0] == "no_text"
    assert refusal({"text": "x" * 4_001}, update=True)[0] == "msg_too_long"
    assert refusal({"attachments": [{}] * 101}, update=False)[0] == "too_many_attachments"
    assert refusal({"attachments": [{"text": "old", "blocks": [section]}]}, update=False)[0] == "invalid_attachments"
    assert refusal({"blocks": [section] * 5}, update=False)[0] == "msg_blocks_too_long"
    client.chat_postMessage(channel="#r", text="x" * 50_000)
    assert len(slack.messages[0].text) == 40_000
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="#r", blocks=[{"type": "bogus"}], text="t")
    assert refused.value.response["response_metadata"]["messages"] == ["/blocks/0: unsupported type: bogus"]


def test_a_wrong_token_a_closed_channel_and_an_unknown_method_are_refused(slack: FakeSlack, client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient("xoxb-wrong", base_url=slack.url).chat_postMessage(channel="#r", text="x")
    slack.close_channel("#r", "not_in_channel")
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.chat_postMessage(channel="#r", text="x")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_update(channel="C99999999", ts="1", text="x")
    with pytest.raises(SlackApiError, match="unknown_method"):
        client.api_call("bogus.method", json={})
    assert client.auth_test()["bot_id"] == "B0FAKE"
    assert slack.calls[-1] == ("auth.test", {})


def test_failures_are_scripted_and_pass(slack: FakeSlack, client: WebClient) -> None:
    slack.fail(retry_after=3, times=2)
    slack.fail(lost=True)
    for _ in range(2):
        with pytest.raises(SlackApiError) as limited:
            client.chat_postMessage(channel="#r", text="x")
        assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "3")
    assert slack.messages == []
    with pytest.raises(Exception, match=r".*"):
        client.chat_postMessage(channel="#r", text="taken and yet an error")
    client.chat_postMessage(channel="#r", text="fine")
    assert [message.text for message in slack.messages] == ["taken and yet an error", "fine"]


def test_clicks_are_signed_and_name_button_message_and_person(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="#r", text="t", blocks=[{"type": "actions", "elements": [BUTTON, MENU]}])
    [message] = slack.messages
    request = slack.click(message, "pick", "U1", choice=1)
    assert SignatureVerifier(slack.signing_secret).is_valid_request(request.body, request.headers)
    payload = json.loads(parse_qs(request.body.decode())["payload"][0])
    assert payload["actions"][0]["selected_option"]["value"] == "2"
    assert payload["container"]["message_ts"] == message.ts
    with pytest.raises(KeyError):
        slack.click(message, "no such button", "U1")


class Endpoint(Server):
    """Takes clicks."""

    statuses: ClassVar[list[int]] = [200, 401]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert b"payload=" in await request.read()
        return web.Response(status=self.statuses.pop(0))


def test_a_click_can_be_sent_and_its_status_read(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="#r", text="t", blocks=[{"type": "actions", "elements": [BUTTON]}])
    with Endpoint() as endpoint:
        sent = [slack.send_click(f"{endpoint.origin}/slack", slack.messages[0], "go", "U1") for _ in range(2)]
    assert sent == [200, 401]


def test_an_incoming_webhook_says_ok_and_keeps_limits_too(slack: FakeSlack) -> None:
    def post(payload: dict[str, Any]) -> str:
        with urlopen(Request(slack.webhook_url, json.dumps(payload).encode(), {"Content-Type": "application/json"})) as answer:
            return str(answer.read().decode())

    assert post({"text": "hi"}) == "ok"
    with pytest.raises(HTTPError):
        post({"blocks": [{"type": "bogus"}]})
    slack.fail("webhook", error="no_active_hooks", status=404)
    with pytest.raises(HTTPError):
        post({"text": "x"})
    assert [message.text for message in slack.messages_in("#webhook")] == ["hi"]


def test_the_page_shows_what_slack_holds_and_escapes_it(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="#r", text="a &lt;b&gt; <script>")
    client.chat_postMessage(channel="#r", text="t", blocks=[{"type": "header", "text": plain("A &amp; B")}])
    words, drawn = (str(message_html(message)) for message in slack.messages)
    assert "a &lt;b&gt; &lt;script&gt;" in words
    assert '<p class="header">A &amp; B</p>' in drawn
    assert "<script" not in page("T <x>", [("one", message_html(slack.messages[0]))])
