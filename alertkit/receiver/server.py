"""The receiver as a process: uvicorn, signals, logs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from functools import partial

import structlog
import uvicorn

from alertkit.errors import UsageError
from alertkit.receiver import tracing
from alertkit.receiver.app import Receiver, create_app
from alertkit.receiver.certificates import Certificates, check
from alertkit.receiver.collector import spare_the_collector
from alertkit.receiver.connections import connection
from alertkit.receiver.protocol import WebhookProtocol
from alertkit.receiver.readers import Readers
from alertkit.receiver.settings import Settings, address

SWITCH = 0.0005
"""Seconds for which a thread that waits for the interpreter leaves it to another: the disk waits for the one that commits."""
LET_GO = 1.0
"""Seconds to wait for a port that is in use."""
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
    check(settings)
    host, port = address(settings.listen)
    receiver = create_app(settings)
    config = uvicorn.Config(
        receiver,
        host=host,
        port=port,
        lifespan="off",
        http=partial(connection, receiver.ingest),  # type: ignore[arg-type]  # is called as a class is
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
    server = _Server(config, receiver, listening)
    async with receiver.running():
        spare_the_collector()
        sys.setswitchinterval(SWITCH)
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(wanted, server.stop)
        loop.add_signal_handler(signal.SIGHUP, receiver.files.ask)
        await server.serve()


def readers_wanted(settings: Settings, processors: int) -> int:
    """How many processes read webhooks. TLS ends in the process that stores, and spans begin there."""
    if settings.tls_certificate or settings.otlp_endpoint:
        return 0
    if settings.readers is not None:
        return settings.readers
    return 0 if processors == 1 else 1 if processors < 4 else 2


class _Server(uvicorn.Server):
    """uvicorn, except that signals only ask it to stop (it would raise them again before the store is closed), and that readers
    accept where there are some.
    """

    def __init__(self, config: uvicorn.Config, receiver: Receiver, listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._receiver = receiver
        self._listening = listening
        self._readers: Readers | None = None

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        wanted = readers_wanted(self._receiver.settings, len(os.sched_getaffinity(0)))
        if wanted:
            await super().startup([])
            bound = await self._start_readers(wanted)
        else:
            await super().startup()
            bound = [one for server in self.servers for one in server.sockets]
            self._renew_certificates()
        if self.started:
            host, port = bound[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            self._listening(f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}")

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        if self._readers is not None:
            await self._readers.leave(GRACE)
        await super().shutdown()

    def _renew_certificates(self) -> None:
        settings, context = self._receiver.settings, self.config.ssl
        if settings.tls_certificate and context is not None:
            certificates = Certificates(settings.tls_certificate, settings.tls_key, settings.tls_client_ca)
            certificates.follow(context)
            self._receiver.files.looked = certificates.refresh

    async def _start_readers(self, count: int) -> list[socket.socket]:
        bound = await listen(self.config.host, self.config.port, self.config.backlog)
        rules = partial(self._receiver.rules, self.config.timeout_keep_alive)
        self._readers = Readers(self._receiver.ingest, rules, bound, self._adopted)
        await self._readers.start(count)
        self._receiver.files.looked = self._readers.refresh
        return bound

    def _adopted(self, received: bytes) -> WebhookProtocol:
        shared = {"config": self.config, "server_state": self.server_state, "app_state": self.lifespan.state}
        return connection(self._receiver.ingest, received, **shared)


async def listen(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets that listen where a server of this loop would, for other processes to accept on.

    Raises:
        UsageError: the address cannot be had.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
            break
        except OSError as error:
            # The readers of a process that was killed may be about to end.
            if error.errno != errno.EADDRINUSE or loop.time() - began > LET_GO:
                raise UsageError(f"cannot listen on {host}:{port}: {error}") from error
            await asyncio.sleep(LET_GO / 20)
    bound = [socket.socket(fileno=os.dup(one.fileno())) for one in server.sockets]
    server.close()
    for one in bound:
        one.listen(backlog)
    return bound


class _Others(logging.Handler):
    """What libraries have to say, as lines like our own."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def log_as_json() -> None:
    """One JSON object a line on standard error, with the time in UTC; of libraries, what is a warning or worse."""
    logging.basicConfig(handlers=[_Others()], level=logging.WARNING)
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
