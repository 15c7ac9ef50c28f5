"""Webhooks straight from the socket: the hot route without a framework between its bytes and their answer.

A connection is served here for as long as plain webhooks come on it: whole heads of `POST /v1/alerts/…`, HTTP/1.1, one
Content-Length, nothing that changes how the body is sent, from somebody who may post. With anything else, from the first byte
of that request on, it is uvicorn's for good, and its application, where the same `Ingest` answers. So nothing of HTTP is
decided here that uvicorn would decide in another way, and what is refused before its body is refused in one place.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from alertkit.receiver.ingest import PREFIX, STORED, Answer, Head, Ingest, Source, read_head
from alertkit.receiver.problem import RequestError

LARGEST_HEAD: Final = 4_096
"""Bytes of a plain head; Alertmanager's has about 250."""
_BEGINS: Final = b"POST " + PREFIX.encode()
_ENDS: Final = b"\r\n\r\n"
_UNUSUAL: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection"})

_log = structlog.get_logger(__name__)


class WebhookProtocol(asyncio.Protocol):
    """One connection. uvicorn makes one for each, counts it, and asks it to shut down."""

    def __init__(
        self, ingest: Ingest, *, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any
    ) -> None:
        self._ingest = ingest
        self._config = config
        self._server = server_state
        self._others = {"config": config, "server_state": server_state, "app_state": app_state, **more}
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._source: Source | None = None
        self._length = 0
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._answered = 0.0
        self._writable = True
        self._leaving = False

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP has no other
        """A client is there."""
        self._transport = transport
        self._server.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own, and asks them this much

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone; what it posted is stored all the same."""
        self._let_go()

    def eof_received(self) -> None:
        """It sends no more: the transport closes."""

    def data_received(self, data: bytes) -> None:
        """Bytes; those of the next request wait until this one is answered."""
        self._buffer += data
        self._advance()
        self._read_on()

    def pause_writing(self) -> None:
        """Answers pile up: no further request until they are read."""
        self._writable = False

    def resume_writing(self) -> None:
        """They are read."""
        self._writable = True
        self._advance()
        self._read_on()

    # What uvicorn asks for

    def shutdown(self) -> None:
        """Close, once the request under way is answered."""
        if self._task is None and self._source is None:
            self._transport.close()
        self._leaving = True

    # One request after the other

    def _read_on(self) -> None:
        """What waits for an answer before it is bounded: no more is read meanwhile."""
        if self._buffer and (self._task is not None or not self._writable):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _advance(self) -> None:
        if not self._buffer or self._task is not None or not self._writable or self._transport.is_closing():
            return
        if self._source is None and not self._begin():
            self._hand_over()
        elif len(self._buffer) >= self._length:
            self._take()

    def _begin(self) -> bool:
        """Read the head of a request; False when it is not for us."""
        stop = self._buffer.find(_ENDS, 0, LARGEST_HEAD) + len(_ENDS)
        head = plain_head(bytes(self._buffer[:stop])) if stop >= len(_ENDS) and self._buffer.startswith(_BEGINS) else None
        if head is None:
            return False
        try:
            self._source = self._ingest.admit(head)
        except RequestError:
            return False
        self._length = head.length
        del self._buffer[:stop]
        return True

    def _take(self) -> None:
        source, body = self._source, bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        if source is None:
            raise AssertionError("a body comes after its head")
        self._source = None
        self._task = self._loop.create_task(self._answer(source, body))
        self._server.tasks.add(self._task)

    async def _answer(self, source: Source, body: bytes) -> None:
        answer = _FAILED
        try:
            answer = await self._ingest.answer(source, body)
        except Exception:  # noqa: BLE001 - whatever it is, the client is told and the connection goes on
            _log.exception("a webhook was not served")
        finally:
            self._answered_with(answer)

    def _answered_with(self, answer: Answer) -> None:
        if self._task is not None:
            self._server.tasks.discard(self._task)
            self._task = None
        self._server.total_requests += 1
        if self._transport.is_closing():
            return
        self._transport.write(_STORED if answer is STORED and not self._leaving else _written(answer, last=self._leaving))
        if self._leaving:
            self._transport.close()
            return
        self._answered = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._config.timeout_keep_alive, self._close_when_idle)
        self._advance()
        self._read_on()

    def _close_when_idle(self) -> None:
        """One timer a connection, set again for what is left, instead of one a request."""
        self._timer = None
        if self._task is not None or self._source is not None:
            return
        left = self._answered + self._config.timeout_keep_alive - self._loop.time()
        if left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(left, self._close_when_idle)

    def _hand_over(self) -> None:
        self._let_go()
        protocol = HttpToolsProtocol(**self._others)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(bytes(self._buffer))
        self._buffer.clear()

    def _let_go(self) -> None:
        self._server.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@lru_cache(1_024)
def plain_head(data: bytes) -> Head | None:
    """The head of a webhook that needs nothing but its body; None for any other.

    A function of bytes that a client repeats with every request, so the answers are kept.
    """
    parts = _Parts()
    parser = httptools.HttpRequestParser(parts)
    try:
        parser.feed_data(data)
        path = parts.url.decode("ascii")
    except (httptools.HttpParserError, httptools.HttpParserUpgrade, UnicodeDecodeError):
        return None
    named = {name for name, _ in parts.headers}
    if parser.get_http_version() != "1.1" or named & _UNUSUAL or b"content-length" not in named or "%" in path or "?" in path:
        return None
    return read_head(parser.get_method().decode(), path, parts.headers)


class _Parts:
    """What the parser finds in a head."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))


def _written(answer: Answer, *, last: bool = False) -> bytes:
    headers = [*answer.headers, ("connection", "close")] if last else answer.headers
    lines = [f"HTTP/1.1 {int(answer.status)} {answer.status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


_STORED: Final = _written(STORED)
_FAILED: Final = Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
