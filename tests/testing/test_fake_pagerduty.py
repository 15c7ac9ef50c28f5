"""The fake PagerDuty refuses what PagerDuty refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from alertkit.testing.pagerduty import FakePagerDuty

TRIGGER: dict[str, Any] = {
    "event_action": "trigger",
    "dedup_key": "k",
    "payload": {"summary": "s", "source": "x", "severity": "critical"},
}


@pytest.fixture
def server() -> Iterator[FakePagerDuty]:
    with FakePagerDuty() as found:
        yield found


def post(server: FakePagerDuty, event: Any, path: str = "/v2/enqueue") -> int:
    body = event if isinstance(event, bytes) else json.dumps({"routing_key": server.routing_key, **event}).encode()
    try:
        with urlopen(Request(server.origin + path, body, {"Content-Type": "application/json"})) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    "change",
    [
        {"routing_key": "wrong"},
        {"event_action": "shout"},
        {"dedup_key": ""},
        {"dedup_key": "x" * 256},
        {"payload": None},
        {"payload": {**TRIGGER["payload"], "summary": "x" * 1_025}},
        {"payload": {**TRIGGER["payload"], "source": ""}},
        {"payload": {**TRIGGER["payload"], "severity": "dire"}},
        {"links": [{"text": "no address"}]},
        {"payload": {**TRIGGER["payload"], "custom_details": "x" * 600_000}},
    ],
)
def test_an_invalid_event_is_refused(server: FakePagerDuty, change: dict[str, Any]) -> None:
    assert post(server, TRIGGER | change) == 400
    assert server.incidents == {}


def test_what_is_said_of_an_incident_that_is_not_open_is_dropped_in_silence(server: FakePagerDuty) -> None:
    assert post(server, {"event_action": "resolve", "dedup_key": "k"}) == 202
    assert server.incidents == {}
    post(server, TRIGGER)
    post(server, {"event_action": "resolve", "dedup_key": "k"})
    post(server, {"event_action": "acknowledge", "dedup_key": "k"})
    assert server.incidents["k"].state == "resolved"
    post(server, TRIGGER)
    assert server.incidents["k"].state == "triggered"


def test_another_address_or_no_json_is_an_error(server: FakePagerDuty) -> None:
    assert post(server, TRIGGER, "/v1") == 404
    assert post(server, b"no json") == 400
