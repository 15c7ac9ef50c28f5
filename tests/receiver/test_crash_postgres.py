"""Two receivers on one PostgreSQL: killed, stopped for longer than their leases, and the server restarted under them. Nothing
accepted is missing, no step is lost, and nothing is sent twice beyond its channel's contract.
"""

from __future__ import annotations

import contextlib
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import postgres_server
import psycopg
import pytest
from crash_story import POLICY, TWICE, Diary
from forked_kit import Alertmanager, Forked, Parent
from receiver_kit import Kit, alert, webhook
from servers import free_port

from alertkit.model.oncall import EscalationPolicy

HERE = Path(__file__).parent
LEASE = 2.0
# Hundreds of kills take longer than ten minutes: the second step must still be waiting after the last of them.
A_DAY_LATER = EscalationPolicy(steps=(TWICE.steps[0], msgspec.structs.replace(TWICE.steps[1], after=86_400)))
INTERRUPTED = "its sender was interrupted"


class Replica:
    """One of two receivers, on a port of its own, that can be started again."""

    def __init__(self, folder: Path, url: str, number: int) -> None:
        self._folder, self._port, self._log = folder, free_port(), f"serve{number}.log"
        options = ("--database", url, "--listen", f"127.0.0.1:{self._port}")
        environment = {"PYTHONPATH": str(HERE), "CRASH_DIARY": str(folder / "told"), "ALERTKIT_LEASE": str(LEASE)}
        self.parent = Parent(folder, *options, log=self._log, ALERTKIT_LARGEST_WAIT="0.2", **environment)
        self.start()

    def start(self) -> None:
        self.process = Forked(self.parent, self._folder, self._port, self._log)

    def kill(self) -> None:
        self.process.popen.kill()
        self.process.popen.wait(20)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Neither dead nor alive: it stands still and goes on where it was."""
        self.process.popen.send_signal(signal.SIGSTOP)
        yield
        self.process.popen.send_signal(signal.SIGCONT)


class Pair:
    """Two replicas with two clients that post to either, now and then the same to both, as a pair of Alertmanagers does."""

    def __init__(self, folder: Path, url: str, seed: int) -> None:
        Kit(folder, [msgspec.structs.replace(POLICY, policies={"standard": A_DAY_LATER})])
        self._folder = folder
        self.moments = random.Random(seed)  # a failure comes back with the same moments
        self.replicas = [Replica(folder, url, number) for number in range(2)]
        self._url = url
        self._told = Diary(folder / "told")
        # Two of the three tell of the same groups.
        self.clients = [Alertmanager(self._any, name) for name in "aab"]

    def _any(self) -> Forked:
        return random.choice(self.replicas).process

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While clients post; afterwards everything is told and checked."""
        try:
            for replica in self.replicas:
                replica.process.listening()
            for client in self.clients:
                client.start()
            yield
            for client in self.clients:
                client.enough.set()
                client.join(60)
            self._wait_until_sent()
        finally:
            for client in self.clients:
                client.enough.set()
            for replica in self.replicas:
                replica.kill()
                replica.parent.close()
        self._check()

    def taken(self) -> int:
        """How many posts were answered 200."""
        return sum(len(client.accepted) for client in self.clients)

    def take(self, more: int, by: Forked) -> None:
        """Wait for so many more."""
        before = self.taken()
        for _ in range(1_200):
            if self.taken() >= before + more:
                return
            by.pause(0.05)
        raise AssertionError(f"no more than {self.taken() - before} posts were taken: {by.errors[-2_000:]}")

    def _wait_until_sent(self) -> None:
        unsent = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
        unplanned = "SELECT count(*) FROM step WHERE kind = 'escalate' AND position = 0"
        with psycopg.connect(self._url, autocommit=True) as db:
            for _ in range(1_200):
                (left,) = db.execute(f"SELECT ({unsent}) + ({unplanned})".encode()).fetchone() or (0,)
                if not left:
                    return
                self.replicas[0].process.pause(0.1)
        raise AssertionError("it is still not sent")

    def _check(self) -> None:
        accepted = {name for client in self.clients for name in client.accepted}
        with psycopg.connect(self._url) as db:
            found = db.execute("SELECT grouped::json->>'alertname', id FROM incident WHERE tenant = 'acme'").fetchall()
            waiting = {number for (number,) in db.execute("SELECT incident FROM step WHERE kind = 'escalate' AND position = 1")}
            query = (
                "SELECT t.incident FROM outbox o JOIN thread t ON t.id = o.thread WHERE o.state = 'failed' AND o.reason LIKE %s"
            )
            failed = {str(number) for (number,) in db.execute(query, [f"{INTERRUPTED}%"])}
        groups = dict(found)
        assert accepted <= groups.keys(), "an alert was answered 200 and is gone"
        assert len(found) == len(groups), "one incident a group"
        assert waiting >= set(groups.values()), "a step is lost"
        assert {status for client in self.clients for status in client.refused} <= {503}, "Alertmanager sends only after these"
        for log in self._folder.glob("serve*.log"):
            assert "Traceback" not in log.read_text()
        incidents = {str(number) for number in groups.values()}
        opened = {
            name: Counter((line[3], line[1]) for line in self._told.lines() if line[0] == name and line[2] == "open")
            for name in ("repeatable", "once")
        }
        assert {incident for incident, _ in opened["repeatable"]} >= incidents, "nobody was told"
        assert len(opened["repeatable"]) == len({incident for incident, _ in opened["repeatable"]}), "one key a message"
        assert max(opened["once"].values()) == 1, "it rang twice"
        assert len(opened["once"]) == len({incident for incident, _ in opened["once"]}), "it rang twice"
        assert incidents - {incident for incident, _ in opened["once"]} <= failed, "it neither rang nor failed"


def kill_at_random(pair: Pair, kills: int) -> None:
    with pair.busy():
        for _ in range(kills):
            replica = pair.moments.choice(pair.replicas)
            replica.process.listening()
            pair.take(5, by=replica.process)
            replica.process.pause(pair.moments.uniform(0, 0.3))
            replica.kill()
            replica.start()
        for replica in pair.replicas:
            replica.process.listening()


@pytest.fixture
def pair(tmp_path: Path, postgres: postgres_server.Server) -> Callable[[int], Pair]:
    return lambda seed: Pair(tmp_path, postgres.database(), seed)


def test_kills_of_either_receiver_lose_nothing_and_ring_nobody_twice(pair: Callable[[int], Pair]) -> None:
    kill_at_random(pair(1), 12)


@pytest.mark.nightly
def test_five_hundred_kills_of_either_receiver_lose_nothing_and_ring_nobody_twice(pair: Callable[[int], Pair]) -> None:
    kill_at_random(pair(2), 500)


def test_a_receiver_that_stands_still_for_longer_than_its_lease_neither_stops_the_other_nor_acts_twice(
    pair: Callable[[int], Pair],
) -> None:
    two = pair(3)
    with two.busy():
        for number in range(3):
            held, other = two.moments.sample(two.replicas, 2)
            other.process.pause(two.moments.uniform(0, 1))
            with held.standing_still():
                # Longer than the lease, and than the server waits for whoever stands still within a transaction.
                other.process.pause(4 * LEASE)
                assert other.process.request("GET", "/readyz")[0] == 200
                name = f"meanwhile{number}"
                assert other.process.post(webhook(alert(name), group={"alertname": name})) == 200


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_restarts_of_the_database_lose_nothing_and_ring_nobody_twice(
    pair: Callable[[int], Pair], postgres: postgres_server.Server, mode: str
) -> None:
    two = pair(4)
    with two.busy():
        for _ in range(4):
            two.take(10, by=two.replicas[0].process)
            two.replicas[0].process.pause(two.moments.uniform(0, 0.5))
            postgres.restart(mode)
        two.take(10, by=two.replicas[0].process)
