"""What the process that stores and its readers say to each other, message after message over a pair of sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec

from alertkit.model.incident import Sighting
from alertkit.receiver.tokens import Token
from alertkit.receiver.wire import Source

BACKLOG: Final = 2_048
"""Connections that may wait to be accepted."""
BUFFER: Final = 1024 * 1024
"""Bytes that may be under way in one direction; the kernel may allow fewer."""
_SIZE: Final = 4
"""Bytes that hold the length of a message."""


class Said(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a body says, when it has passed all checks and all its alerts are its tenant's own."""

    group: dict[str, str]
    truncated: bool
    alerts: list[Sighting]


class Posted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A webhook; `said` is None when there is more to it than storing, or when it has to be refused."""

    number: int
    source: Source
    body: bytes
    said: Said | None


class Rules(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What a reader goes by. `label` names tenants, except those whose label `labels` has; what is posted as `watched`, pairs of
    a tenant and a policy, is left to the process that stores. `keep_alive` is in seconds.
    """

    tokens: list[Token]
    label: str
    labels: dict[str, str]
    watched: list[tuple[str, str]]
    body_limit: int
    alert_limit: int
    label_limit: int
    keep_alive: float


class Answered(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """The answer to all these webhooks."""

    numbers: list[int]
    status: int
    media_type: str = ""
    body: bytes = b""


class Leave(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Take no more connections, answer what is under way, and end."""


FROM_READER: Final = msgspec.msgpack.Decoder(list[Posted])
TO_READER: Final = msgspec.msgpack.Decoder(Rules | Answered | Leave)


class Link(asyncio.Protocol):
    """One end: whole messages go to `received`, and the end of the other process to `lost`."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Any], received: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._decoder = decoder
        self._received = received
        self._lost = lost
        self._encode = msgspec.msgpack.Encoder().encode
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream has no other
        """The other end is there."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._lost()

    def send(self, message: object) -> None:
        """Send a message, or none when nobody reads it any more."""
        if not self._transport.is_closing():
            encoded = self._encode(message)
            self._transport.writelines([len(encoded).to_bytes(_SIZE, "big"), encoded])

    def close(self) -> None:
        """Say what has been sent, and no more; `lost` is not told."""
        self._lost = lambda: None
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes of messages."""
        self._buffer += data
        start = 0
        while (body := start + _SIZE) <= len(self._buffer):
            end = body + int.from_bytes(self._buffer[start:body], "big")
            if end > len(self._buffer):
                break
            with memoryview(self._buffer) as view, view[body:end] as part:
                message = self._decoder.decode(part)
            self._received(message)
            start = end
        del self._buffer[:start]


def pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    ends = socket.socketpair(socket.AF_UNIX, kind)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return ends
