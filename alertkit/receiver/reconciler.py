"""Polls every Alertmanager and does what follows: ends what is over, stops escalating what is kept back, and lets it go on.

Each decision looks again at the incident inside its transaction, so that replicas that poll as well do nothing twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec.structs import replace

from alertkit import names
from alertkit.model.incident import Changes, Ending, Event, Held, Incident, Occurrence, Step, Thread
from alertkit.receiver.alertmanager import PeerError, Peers
from alertkit.receiver.incidents import end
from alertkit.receiver.lifecycle import MUTED_FOR, mute
from alertkit.receiver.metrics import Metrics
from alertkit.receiver.operator import is_own
from alertkit.receiver.reconcile import SETTLED, Seen, View, judge
from alertkit.stores.base import OpenAlerts, Store, StoreError

_log = structlog.get_logger(__name__)


class Reconciler:
    """Compares what is open with what all of them have."""

    def __init__(
        self, peers: Peers, store: Store, metrics: Metrics, clock: Callable[[], dt.datetime], woken: Callable[[], None]
    ) -> None:
        self._peers = peers
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._woken = woken
        self._absent: Seen = {}
        self._muted: Mapping[int, str] = {}
        self._doubted: Mapping[int, dt.datetime] = {}
        self._shown: frozenset[int] = frozenset()
        self.polled = asyncio.Event()
        """There has been a poll."""

    def why_muted(self, incident: int) -> str | None:
        """Why an incident was kept back in the last poll; None: it was not. The planner pages for none that is."""
        return self._muted.get(incident)

    async def run(self, interval: float) -> None:
        """Poll after poll, until cancelled."""
        while True:
            try:
                await self.poll()
            except StoreError as error:
                _log.error("not reconciled with Alertmanager", reason=str(error))
            finally:
                self.polled.set()
            await asyncio.sleep(interval)

    async def poll(self) -> None:
        """One poll. What was open before the peers are asked was posted by one of them before: absence means something."""
        if not self._peers.urls:
            return
        found = [one for one in await self._store.open_alerts() if not is_own(one.incident)]
        views = await asyncio.gather(*map(self._view, self._peers.urls))
        verdict = judge(found, views, self._absent, self._clock())
        self._absent, self._muted = verdict.absent, verdict.muted
        self._metrics.reconciled(len(verdict.stale))
        if any(views):
            await self._show(found, verdict.stale)
        for incident, occurrences in verdict.over.items():
            await self._end(incident, occurrences)
        for one in found:
            await self._follow(one, active=one.incident.id in verdict.active)

    async def close(self) -> None:
        """Give back connections."""
        await self._peers.close()

    async def _view(self, url: str) -> View | None:
        try:
            view = await self._peers.view(url)
        except PeerError as error:
            _log.warning("an Alertmanager cannot be asked", alertmanager=url, reason=str(error))
            self._metrics.reachable(url, reached=False)
            return None
        self._metrics.reachable(url, reached=True)
        return view

    async def _end(self, incident: int, occurrences: Sequence[Occurrence]) -> None:
        _log.info("alerts are over: no Alertmanager knows them", incident=incident, alerts=len(occurrences))
        now = self._clock()
        await self._decide(incident, lambda held, threads: vanish(held, occurrences, now))

    async def _follow(self, one: OpenAlerts, *, active: bool) -> None:
        """An incident that is kept back stops escalating now; one that no longer is goes on now, in doubt when its rest ends."""
        incident, reason = one.incident, self.why_muted(one.incident.id)
        now = self._clock()
        if reason is not None and (incident.state == "firing" or wakes_soon(incident, now)):
            await self._decide(incident.id, lambda held, threads: keep_back(held, threads, reason, now))
        elif active and is_kept_back(incident):
            await self._decide(incident.id, lambda held, threads: go_on(held, now))

    async def _show(self, found: Sequence[OpenAlerts], stale: frozenset[int]) -> None:
        """What has been in doubt for a while says so, and no longer when it is not: other replicas may be of another opinion, so
        each says it once.
        """
        now, before = self._clock(), self._doubted
        self._doubted = {incident: before.get(incident, now) for incident in stale}
        shown = frozenset(incident for incident, since in self._doubted.items() if now - since >= SETTLED)
        new, self._shown = shown - self._shown, shown
        for incident in [one.incident for one in found]:
            if incident.id in new if incident.stale_since is None else incident.id not in stale:
                await self._doubt(incident.id, self._doubted.get(incident.id), now)

    async def _doubt(self, incident: int, since: dt.datetime | None, now: dt.datetime) -> None:
        await self._decide(incident, lambda held, threads: doubt(held, since, now))

    async def _decide(self, incident: int, decide: Callable[[Held, Sequence[Thread]], Changes | None]) -> None:
        decided: Changes | None = None

        def deciding(held: Held, threads: Sequence[Thread]) -> Changes | None:
            nonlocal decided
            decided = decide(held, threads)
            return decided

        await self._store.decide(incident, self._clock(), deciding)
        if decided is not None:
            self._metrics.decided(decided)
            self._woken()


def vanish(held: Held, occurrences: Sequence[Occurrence], at: dt.datetime) -> Changes | None:
    """End those that are still open; the incident with the last of them."""
    gone = [o for o in occurrences if held.open.get(o.fingerprint) == o]
    if not gone or held.incident.state == "resolved":
        return None
    ended = tuple(Ending(o.fingerprint, through=o.starts, ends=max(at, o.starts)) for o in gone)
    event = Event("vanished", at, count=len(gone))
    changes = Changes(steps=(Step("refresh", at),)) if len(gone) < len(held.open) else end(held.incident, at)
    return replace(changes, ended=ended, events=(*changes.events, event))


def doubt(held: Held, since: dt.datetime | None, at: dt.datetime) -> Changes | None:
    """Keep since when an open incident is not confirmed (None: it is), and show it so."""
    if held.incident.state == "resolved" or (held.incident.stale_since is None) == (since is None):
        return None
    return Changes(incident=replace(held.incident, stale_since=since), steps=(Step("refresh", at),))


def keep_back(held: Held, threads: Sequence[Thread], reason: str, at: dt.datetime) -> Changes | None:
    """Stop paging, or rest on, unless somebody has taken it on meanwhile."""
    if held.incident.state == "firing":
        return mute(held.incident, threads, at, reason)
    if not wakes_soon(held.incident, at):
        return None
    until = at + MUTED_FOR
    rests = replace(held.incident, suppressed_until=until, suppressed_reason=reason)
    return Changes(incident=rests, cancel=frozenset({"wake"}), steps=(Step("wake", until),))


def go_on(held: Held, at: dt.datetime) -> Changes | None:
    """Look again now whether anything still keeps it back."""
    return Changes(cancel=frozenset({"wake"}), steps=(Step("wake", at),)) if is_kept_back(held.incident) else None


def is_kept_back(incident: Incident) -> bool:
    """Does it rest because of Alertmanager?"""
    return incident.state == "suppressed" and incident.suppressed_reason in names.REASONS


def wakes_soon(incident: Incident, at: dt.datetime) -> bool:
    """Would it wake while a peer that begins to restart now does not know its alerts yet?"""
    until = incident.suppressed_until
    return is_kept_back(incident) and until is not None and until - at < MUTED_FOR / 2
