"""The receiver as a process: uvicorn, signals, logs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
import sys
from collections.abc import Callable, Iterator
from functools import partial

import structlog
import uvicorn

from alertkit.errors import UsageError
from alertkit.receiver import tracing
from alertkit.receiver.app import create_app
from alertkit.receiver.protocol import WebhookProtocol
from alertkit.receiver.settings import Settings, address

COLLECTED_AFTER = 20_000
"""New objects after which the young ones are looked at; 700 by default, which a message makes by itself."""
GRACE = 10
"""Seconds for requests under way when a signal asks to stop."""


def serve(settings: Settings, listening: Callable[[str], None] = lambda address: None) -> None:
    """Run until SIGINT or SIGTERM; `listening` is told the address once it accepts connections.

    Raises:
        AlertkitError: it cannot start: the address, the database or the tokens.
    """
    log_as_json()
    with asyncio.Runner(loop_factory=_uvloop) as runner:
        runner.run(_serve(settings, listening))


async def _serve(settings: Settings, listening: Callable[[str], None]) -> None:
    host, port = address(settings.listen)
    receiver = create_app(settings)
    config = uvicorn.Config(
        receiver,
        host=host,
        port=port,
        lifespan="off",
        http=partial(WebhookProtocol, receiver.ingest),  # type: ignore[arg-type]  # is called as a class is
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ssl_ca_certs=str(settings.tls_client_ca) if settings.tls_client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.tls_client_ca else ssl.CERT_NONE,
    )
    if settings.tls_client_ca and not settings.tls_certificate:
        raise UsageError("ALERTKIT_TLS_CLIENT_CA needs ALERTKIT_TLS_CERTIFICATE and ALERTKIT_TLS_KEY")
    server = _Server(config, listening)
    async with receiver.running():
        spare_the_collector()
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(wanted, server.stop)
        await server.serve()


def spare_the_collector() -> None:
    """What exists by now lives as long as the process, and hardly anything that a storm makes holds itself: look seldom."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 20, 20)


class _Server(uvicorn.Server):
    """uvicorn, except that signals only ask it to stop: it would raise them again before the store is closed."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._listening = listening

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup()
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            self._listening(f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}")


def log_as_json() -> None:
    """One JSON object a line on standard error, with the time in UTC."""
    structlog.configure(
        processors=[
            tracing.with_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
