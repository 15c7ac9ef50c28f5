"""Webhooks straight from the socket: the hot route without a framework between its bytes and their answer.

A connection is served here for as long as plain webhooks come on it: whole heads of `POST /v1/alerts/…`, HTTP/1.1, one
Content-Length, nothing that changes how the body is sent, from somebody who may post. With anything else, from the first byte
of that request on, it is handed over for good. So nothing of HTTP is decided here that uvicorn would decide in another way, and
what is refused before its body is refused in one place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from alertkit.receiver.problem import RequestError
from alertkit.receiver.wire import STORED, Answer, Head, Source, begin, written

_STORED: Final = written(STORED)
PATIENCE = 30.0
"""Seconds that a request may take to arrive: a client that has gone without a word must not hold a connection for good."""


class Taker(Protocol):
    """What a process does with its connections: it counts them, and closes those where nothing comes for `keep_alive` seconds."""

    keep_alive: float

    def connected(self, connection: WebhookProtocol) -> None:
        """One more."""

    def left(self, connection: WebhookProtocol) -> None:
        """One less: closed, or handed over."""

    def admit(self, head: Head) -> Source:
        """Who posts. Raises RequestError when they may not."""
        ...

    def take(self, source: Source, body: bytes, answered: Callable[[Answer], None]) -> None:
        """Take a body, and call back with the answer."""

    def hand_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """Serve the connection from here on, beginning with what was received."""


class WebhookProtocol(asyncio.Protocol):
    """One connection, one request after the other; `received` is what came on it elsewhere."""

    def __init__(self, taker: Taker, received: bytes = b"") -> None:
        self._taker = taker
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray(received)
        self._source: Source | None = None
        self._length = 0
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._writable = True
        self._leaving = False

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP has no other
        """A client is there."""
        self._transport = transport
        self._taker.connected(self)
        self._wait(PATIENCE)
        self._advance()

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

    # What the process asks for

    def shutdown(self) -> None:
        """Close, once the request under way is answered."""
        if not self._busy and self._source is None:
            self._transport.close()
        self._leaving = True

    # One request after the other

    def _read_on(self) -> None:
        """What waits for an answer before it is bounded: no more is read meanwhile."""
        if self._buffer and (self._busy or not self._writable):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _advance(self) -> None:
        if not self._buffer or self._busy or not self._writable or self._transport.is_closing():
            return
        if self._source is None and not self._begin():
            self._let_go()
            self._taker.hand_over(self._transport, bytes(self._buffer))
            self._buffer.clear()
        elif len(self._buffer) >= self._length:
            self._take()

    def _begin(self) -> bool:
        """Read the head of a request; False when it is not for us."""
        begun = begin(self._buffer)
        if begun is None:
            return False
        head, stop = begun
        try:
            self._source = self._taker.admit(head)
        except RequestError:
            return False
        self._length = head.length
        self._until = self._loop.time() + PATIENCE
        del self._buffer[:stop]
        return True

    def _take(self) -> None:
        source, body = self._source, bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        if source is None:
            raise AssertionError("a body comes after its head")
        self._source = None
        self._busy = True
        self._taker.take(source, body, self._answered)

    def _answered(self, answer: Answer) -> None:
        self._busy = False
        if self._transport.is_closing():
            return
        self._transport.write(_STORED if answer is STORED and not self._leaving else written(answer, last=self._leaving))
        if self._leaving:
            self._transport.close()
            return
        self._wait(self._taker.keep_alive)
        if self._buffer:
            self._advance()
            self._read_on()

    def _wait(self, seconds: float) -> None:
        """For what comes next. One timer a connection, set again for what is left, instead of one a request."""
        self._until = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._until:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._close_when_late)

    def _close_when_late(self) -> None:
        self._timer = None
        if self._busy:
            return
        left = self._until - self._loop.time()
        if left <= 0:
            self._transport.close()
        else:
            self._timer = self._loop.call_later(left, self._close_when_late)

    def _let_go(self) -> None:
        self._taker.left(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
