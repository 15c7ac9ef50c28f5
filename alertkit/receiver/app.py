"""The wiring: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alertkit import names, resources
from alertkit.errors import ContractError
from alertkit.messages import Words, troubles
from alertkit.model.incident import Changes
from alertkit.receiver import overrides, tokens, tracing
from alertkit.receiver.alertmanager import Login, Peers
from alertkit.receiver.api import Api
from alertkit.receiver.channels import Channels, Maker
from alertkit.receiver.delivery import Courier
from alertkit.receiver.heartbeats import Pulse, Watchdogs
from alertkit.receiver.ingest import Ingest, Receive, Scope, Send
from alertkit.receiver.interactions import SlackInteractions
from alertkit.receiver.janitor import Janitor
from alertkit.receiver.link import Rules
from alertkit.receiver.metrics import Metrics
from alertkit.receiver.operator import Operator
from alertkit.receiver.policies import Policies
from alertkit.receiver.problem import CONTENT_TYPE, RequestError
from alertkit.receiver.reconciler import Reconciler
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.secrets import SecretError, Secrets
from alertkit.receiver.settings import Settings
from alertkit.receiver.traced import Traced
from alertkit.receiver.tracing import Tracer
from alertkit.receiver.wire import PREFIX
from alertkit.receiver.worker import Worker
from alertkit.stores.base import Store, StoreError
from alertkit.stores.urls import open_store

BEGIN_AGAIN: Final = 1.0
"""Seconds before a part that failed begins again."""

_log = structlog.get_logger(__name__)


def utc_now() -> dt.datetime:
    """The clock that a receiver runs on unless it is given another."""
    return dt.datetime.now(dt.UTC)


class Receiver:
    """The application. `clock` and `makers` (channels by type) are for tests and for those who embed it."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        makers: Mapping[str, Maker] | None = None,
        store: Store | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.settings = settings
        self.store = store or open_store(settings.database)
        self._tracer = tracer or tracing.tracer(settings.otlp_endpoint)
        self._clock = clock
        self.policies = Policies(settings.policies)
        self.metrics = Metrics()
        secrets = Secrets(settings.secrets)
        self._channels = Channels(settings, secrets, makers)
        words = self._words = Words(resources.root() / "templates", settings.overrides)
        self._complained: dict[Path, tuple[str, _Stamp]] = {}
        runtime = Runtime(settings, self.store, self.policies, self.metrics, self._tracer, clock)
        self._operator = Operator(runtime, words)
        courier = Courier(runtime, self._operator, self._channels, secrets, words)
        self.worker = Worker(runtime, courier, self._operator)
        self._operator.woken = self.worker.wake
        login = Login(settings.alertmanager_token_file, settings.alertmanager_user, settings.alertmanager_password_file)
        peers = Peers(settings.alertmanager, login, settings.alertmanager_ca)
        self.reconciler = Reconciler(peers, self.store, self.metrics, clock, self.worker.wake)
        self.worker.muted = self.reconciler.why_muted
        courier.stale_since = self.reconciler.stale_since
        self.watchdogs = Watchdogs(settings.expect_watchdog, self.store, self.metrics, self._operator, clock)
        self.janitor = Janitor(self.store, dt.timedelta(seconds=settings.retention), clock)
        self.pulse = Pulse(settings.heartbeat_url, self.store, self.metrics, clock, private=settings.private_networks)
        self.ingest = Ingest(runtime, self._operator, self.watchdogs)
        self.ingest.falls_due = self.worker.expect
        self.clicks = SlackInteractions(runtime, self._channels, secrets, words, self._acted)
        self._api = Api(self.store, self.policies, clock, self._acted, self.reconciler.stale_since)
        self._others = Traced(self._application(), self._tracer)
        self._ready = False
        self._asked = asyncio.Event()
        self.watched: Callable[[], None] = lambda: None
        """Called after each look at the files: what they say may have changed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI; the hot route goes around the framework."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self.ingest(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def start(self) -> None:
        """Read the configuration and open the store, without the clock.

        Raises:
            ContractError: the tokens cannot be read, or there is no compiled policy.
            StoreError: the database cannot be opened.
        """
        self._load_tokens()
        if self.policies.reload() and self.policies.missing:
            raise ContractError(f"no policies are found: {self.policies.missing}")
        await self.store.start()
        await self._follow_policies()
        await self._complain(overrides.problems(self._words, self.settings.overrides, self._clock()))
        await self.worker.recover()
        self._ready = True

    async def stop(self) -> None:
        """Let what is leaving leave, then close."""
        self._ready = False
        await self.worker.drain(self.settings.drain)
        await self.clicks.drain()
        await self._channels.close()
        await self.reconciler.close()
        await self.pulse.close()
        await self._tracer.close()
        await self.store.close()

    @contextlib.asynccontextmanager
    async def running(self, _: object = None) -> AsyncIterator[None]:
        """Started, with the clock going; what the application's lifespan does."""
        await self.start()
        # Before anything is planned: what Alertmanager keeps back must not page because we have just started.
        await self.reconciler.poll()
        tasks = [asyncio.create_task(_kept_up(part, run)) for part, run in self._parts().items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.stop()

    def _parts(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What goes on until the receiver stops."""
        settings = self.settings
        return {
            "worker": self.worker.run,
            "files": self._watch,
            "reconciler": partial(self.reconciler.run, settings.reconcile_interval),
            "watchdogs": self.watchdogs.run,
            "janitor": partial(self.janitor.run, settings.tidy_interval),
            "pulse": partial(self.pulse.run, settings.heartbeat_interval),
        }

    def look(self) -> None:
        """Look at the files now: who asks has changed them."""
        self._asked.set()

    async def _watch(self) -> None:
        """Policies and tokens, again whenever their files change."""
        stamp = _stamp(self.settings.tokens)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self.settings.reload_interval)
            self._asked.clear()
            await self._reload_policies()
            await self._complain(self._words.problems | self._channels.layout_problems)
            if (found := _stamp(self.settings.tokens)) != stamp:
                stamp = found
                self._reload_tokens()
            self.watched()

    def rules(self, keep_alive: float) -> Rules:
        """What readers go by."""
        settings = self.settings
        return Rules(
            tokens=list(self.ingest.tokens.all),
            label=self.policies.tenant_label(names.PLATFORM),
            labels=self.policies.tenant_labels(),
            watched=self.watchdogs.sources,
            body_limit=settings.body_limit,
            alert_limit=settings.alert_limit,
            label_limit=settings.label_limit,
            keep_alive=keep_alive,
        )

    def _reload_tokens(self) -> None:
        try:
            self._load_tokens()
        except ContractError as error:
            _log.error("tokens refused, the last good ones stay", problem=str(error))

    def _load_tokens(self) -> None:
        self.ingest.tokens = self._api.tokens = tokens.load(self.settings.tokens)

    async def _reload_policies(self) -> None:
        if self.policies.reload():
            await self._follow_policies()

    async def _follow_policies(self) -> None:
        policies, missing = self.policies, self.policies.missing
        self.metrics.loaded(policies.using(names.PLATFORM), len(policies.problems) + bool(missing))
        _log.info("policies loaded", tenants=len(policies), refused=sorted(policies.problems))
        self.worker.wake()
        found = {(tenant, ""): troubles.policy_refused(tenant, problem) for tenant, problem in policies.problems.items()}
        if missing:
            found[names.PLATFORM, str(self.settings.policies)] = troubles.policies_missing(missing)
        await self._operator.stands(names.ALERT_POLICY, found)

    def _acted(self, changes: Changes) -> None:
        """Somebody has done something about an incident: its messages may be due now."""
        self.metrics.decided(changes)
        self.worker.wake()

    async def _complain(self, problems: Mapping[Path, str]) -> None:
        """Tell the operator of own sentences and layouts that cannot be used: once, until they are mended."""
        told = self._complained
        for path in [path for path, (_, stamp) in told.items() if path not in problems and _stamp(path) != stamp]:
            del told[path]
            await self._operator.over(names.ALERT_TEMPLATE, names.PLATFORM, str(path))
        new = {path: problem for path, problem in problems.items() if path not in told or told[path][0] != problem}
        told |= {path: (problem, _stamp(path)) for path, problem in problems.items()}
        for path, problem in new.items():
            _log.error("own words or layout refused, the shipped ones stand in", file=str(path), problem=problem)
            self.metrics.override_refused()
            trouble = troubles.override_refused(str(path), problem)
            await self._operator.tell(names.ALERT_TEMPLATE, names.PLATFORM, str(path), trouble)

    def _application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", _alive),
                Route("/readyz", self._readiness),
                Route("/metrics", self._exposition),
                *self._api.routes(),
                Route("/v1/interactions/slack/{owner}/{channel}", self.clicks.serve, methods=["POST"]),
            ],
            lifespan=self.running,
            exception_handlers={
                RequestError: _refused,
                HTTPException: _not_served,
                SecretError: _unavailable,
                StoreError: _unavailable,
            },
        )

    async def _readiness(self, _: Request) -> Response:
        """Ready when a transaction goes through."""
        if not self._ready:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "starting or stopping")
        await self.store.next_due()
        return PlainTextResponse("ready\n")

    async def _exposition(self, _: Request) -> Response:
        # On another thread: a thousand tenants have tens of thousands of series.
        return Response(await asyncio.to_thread(self.metrics.text), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _kept_up(part: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it until it returns. An error that nobody thought of ends one round of it, not all paging until a restart."""
    while True:
        try:
            await run()
            return
        except Exception:  # noqa: BLE001 - as above
            _log.exception("a part of the receiver failed and begins again", part=part)
            await asyncio.sleep(BEGIN_AGAIN)


def create_app(settings: Settings) -> Receiver:
    """The receiver as an ASGI application; its lifespan runs the worker."""
    return Receiver(settings)


_Stamp = tuple[int, int]


def _stamp(path: Path) -> _Stamp:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("alive\n")


async def _refused(_: Request, error: Exception) -> Response:
    problem = error if isinstance(error, RequestError) else RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")
    return Response(problem.body(), status_code=problem.status, media_type=CONTENT_TYPE)


async def _not_served(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    return await _refused(request, RequestError(status, status.description))


async def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("not served", path=request.url.path, reason=str(error))
    return await _refused(request, RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "try again later"))
