"""Dead man's switches: Prometheus and Alertmanager are to be heard of here, and we are to be heard of elsewhere.

In: a Watchdog, an alert that always fires, is expected from each source that was named. It opens no incident; when it stays away,
the platform is told. Out: a URL is asked for as long as transactions go through and nothing is overdue; whoever serves it tells
people when that stops, because we no longer can.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import aiohttp
import msgspec
import structlog

from alertkit import names
from alertkit.channels.http import Poster
from alertkit.channels.public import NotPublic, public_connector, url_problem
from alertkit.errors import UsageError
from alertkit.messages import troubles
from alertkit.model.heartbeat import Heartbeat, beaten, listen
from alertkit.model.quantity import Duration
from alertkit.model.webhook import Webhook
from alertkit.receiver.metrics import Metrics
from alertkit.receiver.operator import Operator
from alertkit.stores.base import Store, StoreError

LOOKS: Final = 15.0
"""Seconds between two looks at what is expected."""
OVERDUE: Final = dt.timedelta(minutes=5)
"""How late the earliest due thing may be before the operator is told, and we call ourselves ill."""
OURSELVES: Final = "receiver"
_PATIENCE: Final = 10.0

_log = structlog.get_logger(__name__)


class Expected(msgspec.Struct, frozen=True):
    """A Watchdog posted as `tenant`'s `policy`, at least `every` so often."""

    tenant: str
    policy: str
    every: dt.timedelta

    @property
    def source(self) -> str:
        """Its name in the store."""
        return f"{self.tenant}/{self.policy}"


def expected(text: str) -> Expected:
    """Read `platform/watchdog=10m`.

    Raises:
        UsageError: it is not of that form.
    """
    source, _, every = text.partition("=")
    tenant, _, policy = source.partition("/")
    try:
        span = dt.timedelta(milliseconds=Duration.parse(every).ms)
    except ValueError:
        span = dt.timedelta()
    if not tenant or not policy or "/" in policy or span < dt.timedelta(minutes=1):
        raise UsageError(f"--expect-watchdog {text!r} is not <tenant>/<policy>=<a minute or longer>, as in platform/watchdog=10m")
    return Expected(tenant, policy, span)


class Watchdogs:
    """What is expected. `beat` takes a webhook that was posted at a source, and gives back what is left of it."""

    def __init__(
        self, wanted: Sequence[str], store: Store, metrics: Metrics, operator: Operator, clock: Callable[[], dt.datetime]
    ) -> None:
        self._expected = {(one.tenant, one.policy): one for one in map(expected, wanted)}
        self._store = store
        self._metrics = metrics
        self._operator = operator
        self._clock = clock

    def expects(self, tenant: str, policy: str) -> bool:
        """Is it a source?"""
        return (tenant, policy) in self._expected

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The tenant and the policy of each source."""
        return list(self._expected)

    async def beat(self, tenant: str, policy: str, webhook: Webhook) -> Webhook:
        """A Watchdog that fires is a sign of life and nothing else; other alerts stay what they are.

        Raises:
            StoreError: it was not written down.
        """
        one, now = self._expected[tenant, policy], self._clock()
        rest = [alert for alert in webhook.alerts if alert.labels.get("alertname") not in names.WATCHDOGS]
        if any(alert.status == "firing" for alert in webhook.alerts if alert.labels.get("alertname") in names.WATCHDOGS):
            await self._store.heartbeat(one.source, partial(beaten, one.source, now))
        return webhook if len(rest) == len(webhook.alerts) else msgspec.structs.replace(webhook, alerts=rest)

    async def run(self) -> None:
        """Look after look, until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                _log.error("heartbeats were not looked at", reason=str(error))
            await asyncio.sleep(LOOKS)

    async def look(self) -> None:
        """Tell the operator of whatever has stayed away for too long."""
        for one in self._expected.values():
            now = self._clock()
            heard = await self._store.heartbeat(one.source, partial(listen, one.source, now))
            self._metrics.heard(one.tenant, one.policy, heard.listened.total_seconds())
            if heard.listened > one.every:
                await self._tell(one, heard)
            else:
                await self._operator.over(names.ALERT_WATCHDOG, one.tenant, one.policy)

    async def _tell(self, one: Expected, heard: Heartbeat) -> None:
        trouble = troubles.watchdog_missing(one.source, heard.beat)
        await self._operator.tell(names.ALERT_WATCHDOG, one.tenant, one.policy, trouble)


class Pulse:
    """Asks for `url` while we are well; an empty one is none. `private` also allows http and addresses of our own network."""

    def __init__(
        self, url: str, store: Store, metrics: Metrics, clock: Callable[[], dt.datetime], *, private: bool = False
    ) -> None:
        if url and (problem := url_problem(url, private=private)):
            raise UsageError(f"--heartbeat-url cannot be used: {problem}")
        self._url = url
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._http = Poster(_PATIENCE, 0, None if private else public_connector)

    async def run(self, interval: float) -> None:
        """Beat after beat, until cancelled."""
        while self._url:
            await self.beat()
            await asyncio.sleep(interval)

    async def beat(self) -> bool:
        """Once, if we are well; whether it was heard. The URL is a secret and stays out of the log."""
        if not await self._is_well():
            return False
        try:
            async with self._http.session.get(self._url, allow_redirects=False) as answer:
                heard = answer.status < 300
                reason = f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, NotPublic) as error:
            heard, reason = False, type(error).__name__
        if not heard:
            _log.warning("the heartbeat was not heard", reason=reason)
        self._metrics.beaten(heard=heard)
        return heard

    async def write(self) -> None:
        """Write down that we live.

        Raises:
            StoreError: nothing can be stored.
        """
        await self._store.heartbeat(OURSELVES, partial(beaten, OURSELVES, self._clock()))

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()

    async def _is_well(self) -> bool:
        """A transaction that writes goes through, and nothing is overdue."""
        now = self._clock()
        try:
            await self.write()
            due = await self._store.next_due()
        except StoreError as error:
            _log.error("no heartbeat: the store is away", reason=str(error))
            return False
        if due is not None and now - due > OVERDUE:
            _log.error("no heartbeat: something is overdue", due=due.isoformat())
            return False
        return True
