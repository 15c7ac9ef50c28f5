"""A webhook: signed, once by its key, and never into our own network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from typing import Any

import pytest
from channel_messages import FIRING

from alertkit.channels.base import Delivery, Outcome, Refused, Retry, Sent
from alertkit.channels.public import NotPublic, PublicResolver, is_public
from alertkit.channels.webhook import WebhookChannel, signature
from alertkit.testing.webhook import FakeWebhook

DELIVERY = Delivery("7-9", "open", "", FIRING, "7")


def send(channel: WebhookChannel, *deliveries: Delivery) -> list[Outcome]:
    async def run() -> list[Outcome]:
        try:
            return [await channel.deliver(delivery) for delivery in deliveries]
        finally:
            await channel.close()

    return asyncio.run(run())


def test_what_arrives_is_signed_versioned_and_says_what_people_read() -> None:
    with FakeWebhook("key") as hook:
        assert send(WebhookChannel(hook.url, "key", private=True), DELIVERY) == [Sent("webhook-7")]
        [event] = hook.events
        assert (event["version"], event["incident"], event["state"]) == ("alertkit.webhook/v1", "7", "firing")
        assert event["message"]["headline"] == FIRING.headline


def test_a_wrong_or_missing_signature_is_refused_by_the_other_side() -> None:
    with FakeWebhook("key") as hook:
        for secret in ("other", ""):
            assert send(WebhookChannel(hook.url, secret, private=True), DELIVERY) == [Refused("status_401")]
        assert hook.events == []


def test_a_delivery_that_is_sent_again_is_one_event() -> None:
    with FakeWebhook() as hook:
        send(WebhookChannel(hook.url, private=True), DELIVERY, DELIVERY)
        assert (hook.requests, len(hook.events)) == (2, 1)


def test_the_signature_is_an_hmac_over_time_and_body() -> None:
    expected = hmac.new(b"key", b"17.{}", hashlib.sha256).hexdigest()
    assert signature(b"key", b"{}", 17) == f"t=17,v1={expected}"


def test_a_redirect_is_not_followed() -> None:
    with FakeWebhook() as hook:
        hook.fail(307)
        assert send(WebhookChannel(hook.url, private=True), DELIVERY) == [Refused("status_307")]
        assert hook.requests == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https:///x",
        "https://user:password@example.com/",
        "not a url",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://100.64.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://１２７.0.0.1/",
        "https://localhost/",
        "https://0/",
        "https://224.0.0.1/",
    ],
)
def test_a_url_into_our_own_network_is_refused_and_nothing_is_sent(url: str) -> None:
    [outcome] = send(WebhookChannel(url), DELIVERY)
    assert isinstance(outcome, Refused | Retry)
    assert isinstance(outcome, Refused) or outcome.reason == "unreachable", outcome
    assert not isinstance(outcome, Retry) or not outcome.maybe_sent


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://localhost/", "https://0x7f000001/", "https://127.1/"])
def test_ways_to_write_ourselves_are_refused_for_good(url: str) -> None:
    assert send(WebhookChannel(url), DELIVERY) == [Refused("address_not_public")]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        *((address, False) for address in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0")),
        *((address, False) for address in ("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.88.99.1", "192.0.2.1")),
        *((address, False) for address in ("::1", "::", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::127.0.0.1")),
        *((address, False) for address in ("2002:7f00:1::", "2001::1", "64:ff9b::7f00:1", "::ffff:10.0.0.1", "", "localhost")),
    ],
)
def test_only_what_anybody_could_have_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name server belongs to whoever wrote the URL."""
    answers = [["93.184.215.14", "127.0.0.1"], ["93.184.215.14"]]

    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in answers.pop(0)]

    async def story() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        with pytest.raises(NotPublic):
            await PublicResolver().resolve("rebinding.example", 443)
        [found] = await PublicResolver().resolve("fine.example", 443)
        assert (found["host"], found["hostname"]) == ("93.184.215.14", "fine.example")

    asyncio.run(story())
