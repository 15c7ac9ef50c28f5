"""An error budget burns, servers are killed in the middle, and still exactly the right people are told, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import postgres_server
import pytest
from servers import eventually
from whole_way import World, world

BURN = "budget d’erreur"


@pytest.mark.acceptance
def test_a_burning_budget_reaches_the_person_on_call_though_servers_are_killed_in_the_middle(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    with world(tmp_path, tool) as here:
        tell(here, lambda: None)


@pytest.mark.acceptance
def test_the_same_with_two_receivers_on_a_postgresql_that_is_killed_as_well(
    tool: Callable[[str], str], tmp_path: Path, postgres: postgres_server.Server
) -> None:
    with world(tmp_path, tool, postgres.database()) as here:
        tell(here, lambda: postgres.restart("immediate"))


def tell(here: World, restart_database: Callable[[], None]) -> None:
    """What happens, and what people see of it."""
    slack, traffic = here.slack, here.traffic
    traffic.failing = 0.6
    [page] = eventually("the page in acme's room", lambda: here.about("#acme-payments", BURN))
    assert "availability" in page.shown
    assert {"alertkit:acknowledge", "alertkit:resolve"} <= page.buttons.keys()

    here.programs["alertmanager-0"].kill()
    here.programs["receiver"].kill()
    restart_database()
    here.programs["receiver"].start()
    here.programs["alertmanager-0"].start()
    eventually("the second step pages the person on call", lambda: here.about("U0AMELIE", BURN))

    assert here.click(page, "acknowledge", "U0AMELIE") == 200
    eventually("the page says who has it", lambda: "Amélie" in slack.latest(page).shown)
    restart_database()
    # The second incident opens after the click, and nobody clicks: once its third step has come, the first one's is overdue.
    traffic.stuck = True
    eventually("the third step of the other incident", lambda: here.about("#platform", "oldest job"))
    assert not here.about("#platform", "availability"), "an acknowledged incident escalates no further"

    acknowledged = slack.latest(page).colour
    traffic.failing, traffic.times = 0.0, 1_000.0
    eventually("the page turns to resolved", lambda: slack.latest(page).colour != acknowledged)
    assert len(here.about("#acme-payments", BURN)) == 1, "one thread, however many servers told of it"
    told = {message.channel for message in slack.messages}
    assert told == {slack.channel_id(name) for name in ("#acme-payments", "U0AMELIE", "#platform")}, "another tenant was told"
