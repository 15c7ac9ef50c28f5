"""Connections of the process that stores: webhooks go to `Ingest` without a framework, whatever else comes goes to uvicorn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from alertkit.receiver.ingest import Ingest
from alertkit.receiver.protocol import PATIENCE, WebhookProtocol
from alertkit.receiver.wire import FAILED, Answer, Head, Source

AROUND_BODIES: Final = 1024 * 1024
"""Bytes that a request may have beside its body. The parser joins a header that does not end to what it has, again and again."""

_log = structlog.get_logger(__name__)


def connection(ingest: Ingest, received: bytes = b"", **uvicorn: Any) -> WebhookProtocol:
    """One connection, made with what uvicorn makes its own with; `received` came on it elsewhere."""
    return WebhookProtocol(Served(ingest, **uvicorn), received)


class Served:
    """Takes webhooks into the store. uvicorn counts the connections and tasks, and asks them to shut down."""

    def __init__(
        self, ingest: Ingest, *, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any
    ) -> None:
        self._ingest = ingest
        self._server = server_state
        self._uvicorn = {"config": config, "server_state": server_state, "app_state": app_state, **more}
        self.keep_alive = float(config.timeout_keep_alive)
        self.admit: Callable[[Head], Source] = ingest.admit

    def connected(self, connection: WebhookProtocol) -> None:
        """One more."""
        self._server.connections.add(connection)  # type: ignore[arg-type]  # uvicorn names its own, and asks them this much

    def left(self, connection: WebhookProtocol) -> None:
        """One less."""
        self._server.connections.discard(connection)

    def take(self, source: Source, body: bytes, answered: Callable[[Answer], None]) -> None:
        """Take a body in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._answer(source, body, answered))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _answer(self, source: Source, body: bytes, answered: Callable[[Answer], None]) -> None:
        answer = FAILED
        try:
            answer = await self._ingest.answer(source, body)
        except Exception:  # noqa: BLE001 - whatever it is, the client is told and the connection goes on
            _log.exception("a webhook was not served")
        finally:
            self._server.total_requests += 1
            answered(answer)

    def hand_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """To uvicorn."""
        protocol = _Bounded(**self._uvicorn)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(received)
        asyncio.get_running_loop().call_later(PATIENCE, _close_when_late, protocol, None)


class _Bounded(HttpToolsProtocol):
    """uvicorn's, which would take a head of any size from anybody."""

    _around = 0

    def data_received(self, data: bytes) -> None:
        self._around += len(data)
        super().data_received(data)
        if self._around > AROUND_BODIES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        self._around = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._around -= len(body)
        super().on_body(body)


def _close_when_late(protocol: HttpToolsProtocol, seen: tuple[object, bool] | None) -> None:
    """uvicorn waits for the rest of a request for good: whoever is waited for at two looks, in the same place, has gone."""
    if protocol.transport.is_closing():
        return
    cycle: RequestResponseCycle | None = protocol.cycle
    waits = cycle is None or cycle.response_complete or cycle.more_body
    if waits and seen == (cycle, True):
        protocol.transport.close()
        return
    asyncio.get_running_loop().call_later(PATIENCE, _close_when_late, protocol, (cycle, waits))
