"""What every channel promises, asked of every channel: an outcome for whatever the other side does, in time, without a secret."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
import pytest
from channel_messages import FIRING

from alertkit.channels.base import Channel, Delivery, Outcome, Purpose, Refused, Retry, Sent
from alertkit.channels.email import EmailChannel, MailServer
from alertkit.channels.pagerduty import PagerDutyChannel
from alertkit.channels.slack.channel import SlackChannel
from alertkit.channels.slack.webhook import SlackWebhookChannel
from alertkit.channels.webhook import WebhookChannel
from alertkit.testing.pagerduty import FakePagerDuty
from alertkit.testing.slack import FakeSlack
from alertkit.testing.smtp import FakeMailServer
from alertkit.testing.webhook import FakeWebhook

SECRET = "s3cr3t-0123456789"


@dataclass
class Way:
    """A channel, the double it talks to, and how that is made to fail."""

    name: str
    address: str
    make: Callable[[float], Channel]
    fail: Callable[[int], None]
    hang: Callable[[], None]
    statuses: tuple[int, ...]
    expected: Callable[[int], type[Outcome]]


STATUSES = (301, 302, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429, 451, 500, 502, 503, 504, 520, 599)


def http(status: int) -> type[Outcome]:
    return Retry if status >= 500 or status in (408, 425, 429) else Refused


@contextlib.contextmanager
def slack() -> Iterator[Way]:
    with FakeSlack(token=SECRET) as server:
        yield Way(
            "slack",
            "#room",
            lambda timeout: SlackChannel(SECRET, SECRET, base_url=server.url, timeout=timeout),
            lambda status: server.fail(status=status),
            lambda: server.fail(hang=True),
            STATUSES,
            http,
        )


@contextlib.contextmanager
def slack_webhook() -> Iterator[Way]:
    with FakeSlack() as server:
        yield Way(
            "slack webhook",
            "",
            lambda timeout: SlackWebhookChannel(f"{server.origin}/services/T/B/{SECRET}", timeout=timeout),
            lambda status: server.fail("webhook", status=status),
            lambda: server.fail("webhook", hang=True),
            STATUSES,
            http,
        )


@contextlib.contextmanager
def pagerduty() -> Iterator[Way]:
    with FakePagerDuty(routing_key=SECRET) as server:
        yield Way(
            "pagerduty",
            "",
            lambda timeout: PagerDutyChannel(SECRET, base_url=server.origin, timeout=timeout),
            server.fail,
            lambda: server.fail(hang=True),
            (200, *STATUSES),
            http,
        )


@contextlib.contextmanager
def mail() -> Iterator[Way]:
    with FakeMailServer(login=("alertkit", SECRET)) as server, silent_port() as silent:
        port = [server.port]

        def make(timeout: float) -> Channel:
            there = MailServer(server.host, port[0], "none", ("alertkit", SECRET), timeout)
            return EmailChannel(there, "alerts@acme.example")

        yield Way(
            "email",
            "amelie@acme.example",
            make,
            lambda status: server.refuse(f"{status} {SECRET} said no"),
            lambda: port.__setitem__(0, silent),
            (421, 450, 451, 452, 454, 500, 501, 535, 550, 552, 554),
            lambda status: Refused if status >= 500 else Retry,
        )


@contextlib.contextmanager
def webhook() -> Iterator[Way]:
    with FakeWebhook(SECRET) as server:
        yield Way(
            "webhook",
            "",
            lambda timeout: WebhookChannel(server.url, SECRET, private=True, timeout=timeout),
            server.fail,
            lambda: server.fail(hang=True),
            STATUSES,
            http,
        )


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


WAYS = [slack, slack_webhook, pagerduty, mail, webhook]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    with request.param() as found:
        yield found


def send(way: Way, *purposes: Purpose, timeout: float = 10.0, channel: Channel | None = None) -> list[Outcome]:
    """Deliver one after the other; each later one refers to what the first returned."""

    async def run() -> list[Outcome]:
        out = channel or way.make(timeout)
        outcomes: list[Outcome] = []
        reference = ""
        try:
            for place, purpose in enumerate(purposes):
                delivery = Delivery(f"k{place}", purpose, way.address, FIRING, "inc-1", reference)
                outcomes.append(await out.deliver(delivery))
                if isinstance(outcomes[0], Sent):
                    reference = outcomes[0].reference
        finally:
            await out.close()
        return outcomes

    return asyncio.run(run())


def test_what_is_opened_can_be_updated_and_answered(way: Way) -> None:
    assert [type(outcome) for outcome in send(way, "open", "update", "reply")] == [Sent, Sent, Sent]


def test_every_status_says_whether_to_try_again_and_repeats_no_secret(way: Way) -> None:
    for status in way.statuses:
        way.fail(status)
        [outcome] = send(way, "open")
        assert type(outcome) is way.expected(status), (status, outcome)
        assert SECRET not in repr(outcome)
        assert not isinstance(outcome, Refused) or outcome.reason, "a refusal says why"


def test_the_next_delivery_after_a_failure_arrives(way: Way) -> None:
    way.fail(way.statuses[-1])
    assert [type(outcome) for outcome in send(way, "open", "open")][-1] is Sent


def test_the_other_side_may_hang_and_the_delivery_ends_in_time(way: Way) -> None:
    way.hang()
    [outcome] = send(way, "open", timeout=0.3)
    assert isinstance(outcome, Retry)
    assert SECRET not in repr(outcome)


def test_nobody_there_is_a_retry_and_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    nowhere = f"http://127.0.0.1:{port}"
    for channel in (
        SlackChannel(SECRET, base_url=f"{nowhere}/api/"),
        SlackWebhookChannel(f"{nowhere}/services/{SECRET}"),
        PagerDutyChannel(SECRET, base_url=nowhere),
        WebhookChannel(f"{nowhere}/{SECRET}", private=True),
        EmailChannel(MailServer("127.0.0.1", port, "none"), "alerts@acme.example"),
    ):
        way = Way("nowhere", "amelie@acme.example", lambda _: channel, print, print, (), http)  # noqa: B023 -- used at once
        [outcome] = send(way, "open")
        assert isinstance(outcome, Retry), channel
        assert not outcome.maybe_sent
        assert SECRET not in repr(outcome)


@pytest.mark.parametrize("wait", [("7", 7.0), ("0", 1.0), ("soon", None), ("999999", 3600.0)])
def test_retry_after_is_kept_to_and_bounded(wait: tuple[str, float | None]) -> None:
    from alertkit.channels.http import retry_after

    assert retry_after({"retry-AFTER": wait[0]}, 42.0) == (wait[1] or 42.0)


def test_a_webhook_whose_drawing_is_refused_gets_the_words() -> None:
    with FakeSlack() as server:
        server.fail("webhook", error="invalid_blocks")
        way = Way("webhook", "", lambda timeout: SlackWebhookChannel(server.webhook_url), print, print, (), http)
        assert send(way, "open") == [Sent()]
        [message] = server.messages
    assert message.blocks == ()
    assert FIRING.summary in message.shown


def test_an_empty_message_is_no_exception(way: Way) -> None:
    bare = msgspec.structs.replace(
        FIRING, summary="", headline="", subject="", badge="", entries=(), facts=(), event="", actions=(), links=(), origin=""
    )

    async def run() -> Outcome:
        channel = way.make(10.0)
        try:
            return await channel.deliver(Delivery("k", "open", way.address, bare, "inc-1"))
        finally:
            await channel.close()

    assert isinstance(asyncio.run(run()), Sent | Refused)
