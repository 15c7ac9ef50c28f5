"""The clock: runs what is due, sends what is to be sent, and sleeps until the next of either.

Nothing that matters lives here: a step is a row with a due time, a message a row in the outbox. A pass that is lost is made
again by the next one, or by the next process.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import structlog

from alertkit import names
from alertkit.messages import Trouble, troubles
from alertkit.model.incident import PAGING, Changes, DutyOverride, Event, Incident, Step
from alertkit.model.trace import trace_of
from alertkit.receiver.delivery import Courier
from alertkit.receiver.escalation import plan
from alertkit.receiver.facts import reference
from alertkit.receiver.heartbeats import OVERDUE
from alertkit.receiver.operator import Operator, is_own
from alertkit.receiver.pacing import Pacer
from alertkit.receiver.record import Record
from alertkit.receiver.runtime import Runtime
from alertkit.stores.base import Choice, Due, End, StoreError

STEPS: Final = 500
"""Steps of one pass, so that posts are not kept waiting behind it."""
POSTPONED: Final = dt.timedelta(seconds=30)
LONGEST_POSTPONED: Final = dt.timedelta(hours=1)
"""When a step that cannot be planned is tried again: soon at first, and more and more seldom for a tenant that is gone."""
COUNTED_EVERY: Final = dt.timedelta(seconds=10)
"""How fresh the number of open incidents is: no scrape needs it fresher, and counting a hundred thousand takes its time."""
SHORTEST_WAIT: Final = 0.02
"""Seconds between passes, so that a storm of posts is planned in a few passes; less when all that was leaving has left."""

_log = structlog.get_logger(__name__)


class Worker:
    """Plans and sends for one store. `muted` says of an incident why Alertmanager keeps it back, or None."""

    def __init__(self, runtime: Runtime, courier: Courier, operator: Operator) -> None:
        self._settings = runtime.settings
        self._store = runtime.store
        self._policies = runtime.policies
        self._metrics = runtime.metrics
        self._tracer = runtime.tracer
        self._clock = runtime.clock
        self._courier = courier
        self._operator = operator
        self.muted: Callable[[int], str | None] = lambda incident: None
        self._pacer = Pacer()
        self._paced: dt.datetime | None = None
        self._overrides: list[DutyOverride] = []
        self._planned: dict[int, tuple[Incident, Changes]] = {}
        self._unplanned: dict[int, tuple[Incident, str]] = {}
        self._counted: dt.datetime | None = None
        self._lease = dt.timedelta(seconds=runtime.settings.lease)
        self._woken = asyncio.Event()
        self._asleep_until: dt.datetime | None = None
        self._falls_due: dt.datetime | None = None
        self._sending: dict[asyncio.Task[End | None], str] = {}
        self._record = Record(runtime, courier.recorded)
        self._record.woken = self.wake

    def wake(self) -> None:
        """Something may be due earlier than thought."""
        self._woken.set()

    def expect(self, due: dt.datetime) -> None:
        """Something falls due: no reason to wake before, nor at all when there is a pass until then anyhow."""
        self._falls_due = due if self._falls_due is None else min(self._falls_due, due)
        if self._asleep_until is not None and due < self._asleep_until:
            self._woken.set()

    async def run(self) -> None:
        """Pass after pass, until cancelled. A store that is away is asked again."""
        while True:
            self._woken.clear()
            self._falls_due = None
            try:
                await self.recover()
                await self.check()
                begun = await self.start_due()
                wait = 0.0 if begun else await self._wait()
            except StoreError as error:
                _log.error("the store is away, trying again", reason=str(error))
                wait = self._settings.largest_wait
            await self._rest()
            await self._sleep(wait)

    async def settle(self) -> None:
        """Do everything that is due now, and return when it is done: for tests and for a last pass."""
        while await self.start_due() or self._sending or len(self._record):
            await asyncio.gather(*self._sending)
            await self._record.finish()

    async def drain(self, patience: float) -> None:
        """Let messages that are leaving finish, and how they ended be recorded."""
        try:
            async with asyncio.timeout(patience):
                if self._sending:
                    await asyncio.wait(self._sending)
                await self._record.finish()
        except TimeoutError:
            _log.warning("stopped before all messages had left", messages=len(self._sending) + len(self._record))

    async def start_due(self) -> int:
        """Plan every due step and start sending every due message for which there is room; how many were begun."""
        done = 0
        self._overrides = await self._store.overrides(self._clock())
        while count := await self._store.run_due(self._clock(), STEPS, self._plan):
            done += count
            await self._planned_now()
        return done + await self._send()

    async def _send(self) -> int:
        """As many messages as there is room for and their channels allow."""
        # What has been sent makes room before it is recorded, unless the store falls behind.
        most = self._settings.concurrency
        room = min(most - len(self._sending), 2 * most - len(self._record))
        self._paced = None
        if room <= 0 or not (waiting := await self._store.waiting(self._clock(), room)):
            return 0
        now = self._clock()
        wanted = self._courier.wanted(waiting)

        def choose(lanes: Mapping[str, dt.datetime]) -> Choice:
            found = self._pacer.choose(wanted, lanes, now, room, Counter(self._sending.values()))
            self._paced = found.next
            return Choice(tuple(one.id for one in found.messages), found.lanes)

        taken = await self._store.claim(now, self._lease, choose)
        for outgoing in taken:
            task = asyncio.create_task(self._courier.send(outgoing, now))
            self._sending[task] = outgoing.incident.tenant
            task.add_done_callback(self._sent)
        return len(taken)

    async def check(self) -> None:
        """Look at ourselves: whatever is long overdue, after an absence or because we cannot keep up, the operator hears of."""
        due = await self._store.next_due()
        late = self._clock() - due if due else dt.timedelta()
        self._metrics.lag(late.total_seconds())
        await self._count()
        if late > OVERDUE:
            await self._operator.tell(names.ALERT_OVERDUE, names.PLATFORM, "", troubles.overdue(late // dt.timedelta(minutes=1)))
        else:
            await self._operator.over(names.ALERT_OVERDUE, names.PLATFORM, "")

    async def _count(self) -> None:
        """How many incidents are open, for whoever scrapes."""
        now = self._clock()
        if self._counted is None or abs(now - self._counted) >= COUNTED_EVERY:
            self._counted = now
            self._metrics.open(await self._store.open_counts())

    async def recover(self) -> None:
        """See to messages whose sender is gone."""
        now = self._clock()
        ends = [await self._courier.recover(outgoing, now) for outgoing in await self._store.orphans(now)]
        for end in filter(None, ends):
            self._record.add(end)
        if ends:
            await self._record.finish()

    def _sent(self, task: asyncio.Task[End | None]) -> None:
        del self._sending[task]
        self.wake()
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            _log.error("how a message ended is not known; its lease will end", reason=str(error))
        elif (end := task.result()) is not None:
            self._record.add(end)

    async def _planned_now(self) -> None:
        """What was planned is durable: count it, and tell the operator of steps that found nobody."""
        planned, self._planned = self._planned, {}
        for incident, changes in planned.values():
            self._metrics.decided(changes)
            await self._tell_unreached(incident, [event for event in changes.events if event.kind == "unreachable"])
        unplanned, self._unplanned = self._unplanned, {}
        for incident, reason in unplanned.values():
            await self._tell(incident, troubles.not_planned(reference(incident), incident.policy, reason))

    async def _tell_unreached(self, incident: Incident, events: Sequence[Event]) -> None:
        for event in events:
            _log.error("a step found nobody", incident=incident.id, tenant=incident.tenant, targets=event.targets)
            await self._tell(incident, troubles.unreachable(reference(incident), incident.policy, ", ".join(event.targets)))

    async def _tell(self, incident: Incident, trouble: Trouble) -> None:
        if not is_own(incident):
            await self._operator.tell(names.ALERT_UNREACHABLE, incident.tenant, incident.policy, trouble)

    def _plan(self, due: Due) -> Changes:
        """One incident that cannot be planned is tried again later and stops no other."""
        now, incident = self._clock(), due.incident
        policy = self._policies.get(incident.tenant)
        reason = f"the policy of {incident.tenant} is not loaded"
        if policy is not None:
            try:
                with self._span(incident):
                    changes = plan(policy, now, due, self._overrides, self.muted(incident.id))
            except Exception as error:  # noqa: BLE001 - whatever it is, the other incidents go on
                _log.exception("steps cannot be planned", incident=incident.id, tenant=incident.tenant)
                reason = f"internal error: {type(error).__name__}"
            else:
                # By id: a transaction that is done again plans again.
                self._planned[incident.id] = (incident, changes)
                return changes
        if any(step.kind in PAGING for step in due.steps):
            self._unplanned[incident.id] = (incident, reason)
        self._metrics.postponed(len(due.steps))
        again = now + min(max((now - incident.opened) / 10, POSTPONED), LONGEST_POSTPONED)
        return Changes(steps=tuple(Step(s.kind, again, s.position, s.person, s.after) for s in due.steps))

    def _span(self, incident: Incident) -> AbstractContextManager[object]:
        """Planning logs nothing: without spans that go somewhere, its trace is worth no time."""
        if not self._tracer.records:
            return nullcontext()
        return self._tracer.span("plan", trace_of(incident), {"tenant": incident.tenant, "incident": incident.id})

    async def _wait(self) -> float:
        """Seconds until the next due thing. What is late already waits for something that will wake us."""
        due = await self._store.next_due()
        ahead = self._settings.largest_wait if due is None else (due - self._clock()).total_seconds()
        if self._paced is not None:
            ahead = (self._paced - self._clock()).total_seconds()
        return min(ahead, self._settings.largest_wait) if ahead > 0 else self._settings.largest_wait

    async def _rest(self) -> None:
        if self._sending:
            await asyncio.wait(list(self._sending), timeout=SHORTEST_WAIT)
        else:
            await asyncio.sleep(SHORTEST_WAIT)

    async def _sleep(self, seconds: float) -> None:
        now = self._clock()
        if self._falls_due is not None:
            seconds = max(0.0, min(seconds, (self._falls_due - now).total_seconds()))
        self._asleep_until = now + dt.timedelta(seconds=seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self._asleep_until = None
