"""How fast what is due is planned and handed to channels.

    python benchmarks/escalation.py    # 6,000 escalations due at once; a planning pass among 100,000 open incidents

The clock stands still, the store is a file as in production, the worker runs as in `alertkit serve`, the channel takes everything
at once. Three times count from when the escalations are due: until the last is planned, until the last is in its channel's hands,
and until that is on disk.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import statistics
import tempfile
import time
from pathlib import Path

import uvloop

from alertkit import names
from alertkit.channels.base import Delivery, Outcome, Sent
from alertkit.model.incident import Changes, Fold, Incident, Occurrence, Post, Seen, Step, identity
from alertkit.model.oncall import Contact, EscalationPolicy, Target, Team
from alertkit.model.oncall import Step as PolicyStep
from alertkit.model.policy import ChannelSettings, TenantPolicy, encode
from alertkit.receiver.app import Receiver
from alertkit.receiver.collector import spare_the_collector
from alertkit.receiver.settings import Settings
from alertkit.testing.scripted import ManualClock

DUE, OPEN = 6_000, 100_000
POLICY = EscalationPolicy(steps=(PolicyStep(0, (Target(team="ops"),)), PolicyStep(600, (Target(team="ops"),))))


def body(group: dict[str, str], fingerprint: str) -> bytes:
    return (
        b'{"version":"4","groupKey":"","status":"firing","receiver":"x","groupLabels":{},"alerts":[{"status":"firing","labels":'
        b'{"alertname":"%s"},"startsAt":"2026-01-05T09:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"%s"}]}'
        % (group["alertname"].encode(), fingerprint.encode())
    )


async def open_incidents(receiver: Receiver, first: int, count: int, due: dt.datetime) -> None:
    def fold(post: Post, _: Seen) -> Fold:
        now = post.received
        incident = Incident(0, "acme", "standard", post.group, POLICY, "firing", "warning", now, now)
        begun = (Occurrence(hashlib.md5(post.key).hexdigest()[:16], now, "warning"),)
        return Fold(((0, Changes(incident=incident, begun=begun, steps=(Step("escalate", due),))),))

    def post(number: int) -> Post:
        group = {"alertname": str(number)}
        key = identity("acme", "standard", group)
        text = body(group, hashlib.md5(key).hexdigest()[:16])
        return Post("acme", "standard", group, key, [], False, text, receiver.worker._clock(), POLICY, names.SEVERITIES)  # noqa: SLF001

    for start in range(first, first + count, 5_000):
        await asyncio.gather(*(receiver.store.ingest(post(n), fold) for n in range(start, min(start + 5_000, first + count))))


async def measure(folder: Path) -> None:
    clock, channel = ManualClock(), TimedChannel()
    policy = TenantPolicy(
        names.POLICY_VERSION, "acme", "tenant", "Acme", "en", "UTC", names.SEVERITIES, {"standard": POLICY},
        teams={"ops": Team("en", "UTC", (Contact("room", "#ops"),))}, channels={"room": ChannelSettings("scripted")},
    )  # fmt: skip
    (folder / "policies").mkdir()
    (folder / "policies" / "acme.json").write_bytes(encode(policy))
    (folder / "tokens").write_text("[]")
    settings = Settings(
        policies=folder / "policies", database=f"sqlite:///{folder}/x.db", secrets=folder, tokens=folder / "tokens"
    )
    receiver = Receiver(settings, clock=clock, makers={"scripted": lambda *_: channel})
    await receiver.start()
    spare_the_collector()
    later = clock() + dt.timedelta(days=1)
    await open_incidents(receiver, 0, OPEN, later)
    passes = []
    for number in range(20):
        await open_incidents(receiver, OPEN + number * 10, 10, clock())
        began = time.perf_counter()
        while await receiver.store.run_due(clock(), 500, receiver.worker._plan):  # noqa: SLF001
            pass
        passes.append(time.perf_counter() - began)
    print(f"planning pass with {OPEN:,} open incidents, 10 due: median {statistics.median(passes) * 1e3:.1f} ms")
    await receiver.worker.settle()
    channel.taken = 0
    await open_incidents(receiver, OPEN + 1_000, DUE, clock())
    began, used = time.perf_counter(), time.process_time()
    while await receiver.store.run_due(clock(), 500, receiver.worker._plan):  # noqa: SLF001
        pass
    planned = time.perf_counter() - began
    running = asyncio.create_task(receiver.worker.run())
    while channel.taken < DUE or receiver.worker._sending or len(receiver.worker._record):  # noqa: ASYNC110, SLF001 - the worker never is "done"
        await asyncio.sleep(0.005)
    settled, used = time.perf_counter() - began, time.process_time() - used
    running.cancel()
    assert channel.taken == DUE
    print(
        f"{DUE:,} due escalations: planned after {planned:.2f} s, in their channel's hands after {channel.last - began:.2f} s,"
        f" settled after {settled:.2f} s ({used:.2f} s of processor time)"
    )
    await receiver.stop()


class TimedChannel:
    """Takes whatever it is given and keeps none of it; how much that was, and when it was last given something."""

    repeatable = True
    taken = 0
    last = 0.0

    async def deliver(self, delivery: Delivery) -> Outcome:
        self.taken += 1
        self.last = time.perf_counter()
        return Sent(delivery.key)

    async def close(self) -> None:
        return


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
