"""Incidents as PagerDuty keeps them."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from channel_messages import FIRING

from alertkit.channels.base import Delivery, Outcome, Purpose, Refused, Retry
from alertkit.channels.pagerduty import PagerDutyChannel, dedup_key
from alertkit.model.message import Message, State
from alertkit.testing.pagerduty import FakePagerDuty


def deliver(server: FakePagerDuty, *steps: tuple[Purpose, State], message: Message = FIRING, key: str = "") -> list[Outcome]:
    async def run() -> list[Outcome]:
        channel = PagerDutyChannel(key or server.routing_key, base_url=server.origin)
        try:
            return [
                await channel.deliver(
                    Delivery(f"k{place}", purpose, "", msgspec.structs.replace(message, state=state), "inc-1", "ref")
                )
                for place, (purpose, state) in enumerate(steps)
            ]
        finally:
            await channel.close()

    return asyncio.run(run())


def test_an_incident_is_triggered_acknowledged_and_resolved_under_one_key() -> None:
    with FakePagerDuty() as server:
        deliver(server, ("open", "firing"), ("update", "acknowledged"))
        assert server.incidents[dedup_key("inc-1")].state == "acknowledged"
        deliver(server, ("update", "resolved"))
    [(key, incident)] = server.incidents.items()
    assert (key, incident.state, incident.severity) == (dedup_key("inc-1"), "resolved", "critical")
    assert incident.summary == FIRING.summary
    assert incident.events[0]["links"] == [{"href": "https://runbooks.example/x?a=1&b=2", "text": "Runbook"}]


def test_what_only_a_thread_could_show_sends_nothing() -> None:
    with FakePagerDuty() as server:
        deliver(server, ("open", "firing"), ("reply", "firing"), ("update", "snoozed"), ("open", "firing"))
    assert [event["event_action"] for event in server.incidents[dedup_key("inc-1")].events] == ["trigger", "trigger"]


@pytest.mark.parametrize(
    ("ours", "theirs"), [("critical", "critical"), ("warning", "warning"), ("info", "info"), ("p1", "error")]
)
def test_a_severity_that_pagerduty_does_not_know_is_an_error(ours: str, theirs: str) -> None:
    with FakePagerDuty() as server:
        deliver(server, ("open", "firing"), message=msgspec.structs.replace(FIRING, severity=ours))
    assert server.incidents[dedup_key("inc-1")].severity == theirs


def test_a_wrong_routing_key_is_refused_and_a_limit_is_waited_for() -> None:
    with FakePagerDuty() as server:
        assert deliver(server, ("open", "firing"), key="wrong") == [Refused("status_400")]
        server.fail(retry_after=90)
        assert deliver(server, ("open", "firing")) == [Retry(90.0, "status_429")]
