"""The wiring: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alertkit import names, resources
from alertkit.messages import Words
from alertkit.model.incident import Changes
from alertkit.receiver import tracing
from alertkit.receiver.alertmanager import Login, Peers
from alertkit.receiver.api import Api
from alertkit.receiver.channels import Channels, Maker
from alertkit.receiver.delivery import Courier
from alertkit.receiver.files import Files
from alertkit.receiver.heartbeats import Pulse, Watchdogs
from alertkit.receiver.ingest import Ingest, Receive, Scope, Send
from alertkit.receiver.interactions import SlackInteractions
from alertkit.receiver.janitor import Janitor
from alertkit.receiver.link import Rules
from alertkit.receiver.metrics import Metrics
from alertkit.receiver.operator import Operator
from alertkit.receiver.overrides import Overrides
from alertkit.receiver.policies import Policies
from alertkit.receiver.problem import CONTENT_TYPE, RequestError
from alertkit.receiver.reconciler import Reconciler
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.secrets import SecretError, Secrets
from alertkit.receiver.settings import Settings
from alertkit.receiver.tokens import Tokens
from alertkit.receiver.traced import Traced
from alertkit.receiver.tracing import Tracer
from alertkit.receiver.wire import PREFIX
from alertkit.receiver.worker import Worker
from alertkit.stores.base import Store, StoreError
from alertkit.stores.urls import open_store

ASKED_FIRST: Final = 5.0
"""Seconds that Alertmanager has to say what it keeps back before the first page after a start."""
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
        self.policies = Policies(settings.policies)
        self.metrics = Metrics()
        secrets = Secrets(settings.secrets)
        self._channels = Channels(settings, secrets, makers)
        words = Words(resources.root() / "templates", settings.overrides)
        runtime = Runtime(settings, self.store, self.policies, self.metrics, self._tracer, clock)
        self._operator = Operator(runtime, words)
        courier = Courier(runtime, self._operator, self._channels, secrets, words)
        self.worker = Worker(runtime, courier, self._operator)
        self._operator.woken = self.worker.wake
        login = Login(settings.alertmanager_token_file, settings.alertmanager_user, settings.alertmanager_password_file)
        peers = Peers(settings.alertmanager, login, settings.alertmanager_ca)
        self.reconciler = Reconciler(peers, self.store, self.metrics, clock, self.worker.wake)
        self.worker.muted = self.reconciler.why_muted
        self.watchdogs = Watchdogs(settings.expect_watchdog, self.store, self.metrics, self._operator, clock)
        self.janitor = Janitor(self.store, dt.timedelta(seconds=settings.retention), clock)
        self.pulse = Pulse(settings.heartbeat_url, self.store, self.metrics, clock, private=settings.private_networks)
        self.ingest = Ingest(runtime, self._operator, self.watchdogs)
        self.ingest.falls_due = self.worker.expect
        self.clicks = SlackInteractions(runtime, self._channels, secrets, words, self._acted)
        self._api = Api(self.store, self.policies, clock, self._acted)
        overrides = Overrides(runtime, words, self._channels, self._operator)
        self.files = Files(runtime, self._operator, overrides, self._let_in, self.worker.wake)
        self._others = Traced(self._application(), self._tracer)
        self._ready = False

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
        self.files.read()
        await self.store.start()
        await self.files.begin()
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
            "worker": self._work,
            "files": self.files.run,
            "reconciler": partial(self.reconciler.run, settings.reconcile_interval),
            "watchdogs": self.watchdogs.run,
            "janitor": partial(self.janitor.run, settings.tidy_interval),
            "pulse": partial(self.pulse.run, settings.heartbeat_interval),
        }

    async def _work(self) -> None:
        """What Alertmanager keeps back must not page because we have just started."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASKED_FIRST):
                await self.reconciler.polled.wait()
        await self.worker.run()

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

    def _let_in(self, known: Tokens) -> None:
        self.ingest.tokens = self._api.tokens = known

    def _acted(self, changes: Changes) -> None:
        """Somebody has done something about an incident: its messages may be due now."""
        self.metrics.decided(changes)
        self.worker.wake()

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
        """Ready when a transaction that writes goes through: what is read from memory says nothing about a full disk."""
        if not self._ready:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "starting or stopping")
        await self.pulse.write()
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
