"""The receiver on PostgreSQL: what a server that goes away in the middle does to people."""

from __future__ import annotations

import asyncio
from pathlib import Path

import postgres_server
import pytest
from receiver_kit import Kit, a_policy, alert, webhook

from alertkit.channels.base import Delivery, Outcome, Sent
from alertkit.model.oncall import EscalationPolicy, Step, Target
from alertkit.stores.base import Listing
from alertkit.testing.scripted import ScriptedChannel

PHONE = EscalationPolicy(steps=(Step(0, (Target(team="payments"),)),))


class Interrupting(ScriptedChannel):
    """Takes the message; the database goes away before that can be written down, and comes back meanwhile."""

    def __init__(self, server: postgres_server.Server, mode: str) -> None:
        super().__init__(repeatable=False)
        self._server = server
        self._mode = mode

    async def deliver(self, delivery: Delivery) -> Outcome:
        await super().deliver(delivery)
        self._server.stop(self._mode)
        self.back = asyncio.get_running_loop().run_in_executor(None, self._server.start)
        return Sent()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_message_that_left_while_the_database_was_away_is_written_down_as_sent(
    tmp_path: Path, postgres: postgres_server.Server, mode: str
) -> None:
    kit = Kit(tmp_path, [a_policy(policies={"standard": PHONE})])
    channel = Interrupting(postgres, mode)
    kit.receiver = kit.new({"scripted": lambda *_: channel}, database=postgres.database())

    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert())) == 200
        await kit.after()
        await channel.back
        (incident,) = await kit.receiver.store.incidents(Listing())
        assert [told.state for told in (await kit.receiver.store.story(incident.id)).told] == ["sent"]
        await kit.after(minutes=2)
        assert len(channel.deliveries) == 1

    kit.run(story)
