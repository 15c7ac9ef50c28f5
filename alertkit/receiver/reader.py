"""A process that reads webhooks for the one that stores them: a second core for what needs no database.

It accepts connections, checks and reads plain webhooks, and hands over everything else: the body when it is unusual, the whole
connection when its request is. It decides nothing that is not decided again or answered by the process that stores, and ends
with it. `readers` is the other side.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import uvloop

from alertkit import names
from alertkit.receiver import payload, wire
from alertkit.receiver.collector import spare_the_collector
from alertkit.receiver.link import BACKLOG, TO_READER, Answered, Leave, Link, Posted, Rules, Said
from alertkit.receiver.problem import RequestError
from alertkit.receiver.protocol import WebhookProtocol
from alertkit.receiver.tokens import Tokens
from alertkit.receiver.wire import STORED, Answer, Head, Source

_ADDRESSES: Final = 16
"""Sockets that may listen: one for each address of a name."""
_ENOUGH: Final = 100
"""Alerts that leave at once: the process that stores works on them while more are read."""


class Reader:
    """Takes webhooks and asks the process that stores to answer them; `passing` carries connections to it."""

    keep_alive = 0.0

    def __init__(self, passing: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._passing = passing
        self._connections: set[WebhookProtocol] = set()
        self._batch: list[Posted] = []
        self._alerts = 0
        self._waiting: dict[int, Callable[[Answer], None]] = {}
        self._number = 0
        self.ready, self.leaving, self.empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        # Whatever waits for an answer gets none when nobody stores any more: its client asks again, of the next process.
        self.link = Link(TO_READER, self.received, lambda: os._exit(1))

    def received(self, message: Rules | Answered | Leave) -> None:
        """Hear what the process that stores says."""
        if isinstance(message, Answered):
            self._answered(message)
        elif isinstance(message, Rules):
            self._follow(message)
        else:
            self.leaving.set()

    def _follow(self, rules: Rules) -> None:
        self._rules = rules
        self._tokens = Tokens(rules.tokens)
        self._bounds = payload.Bounds(rules.alert_limit, rules.label_limit)
        self._watched = frozenset(rules.watched)
        self.keep_alive = rules.keep_alive
        self.ready.set()

    def connected(self, connection: WebhookProtocol) -> None:
        """One more."""
        self._connections.add(connection)

    def left(self, connection: WebhookProtocol) -> None:
        """One less."""
        self._connections.discard(connection)
        if self.leaving.is_set() and not self._connections:
            self.empty.set()

    def leave(self) -> None:
        """Close each connection once it is answered."""
        for connection in list(self._connections):
            connection.shutdown()
        if not self._connections:
            self.empty.set()

    def admit(self, head: Head) -> Source:
        """Check what stands before a body."""
        return wire.admit(head, self._tokens, self._rules.body_limit)

    def take(self, source: Source, body: bytes, answered: Callable[[Answer], None]) -> None:
        """Read a body; it leaves with all others that have come by the end of this turn of the loop, or once they are enough."""
        self._number += 1
        self._waiting[self._number] = answered
        if not self._batch:
            self._loop.call_soon(self._send)
        said = self._read(source, body)
        self._batch.append(Posted(self._number, source, body, said))
        self._alerts += len(said.alerts) if said else 0
        if self._alerts >= _ENOUGH:
            self._send()

    def _read(self, source: Source, body: bytes) -> Said | None:
        if source.trace or source[:2] in self._watched:
            return None
        try:
            webhook = payload.read(body, self._bounds)
        except RequestError:
            return None
        if not webhook.alerts:
            return None
        label = self._rules.labels.get(source.tenant, self._rules.label)
        if source.tenant != names.PLATFORM and payload.foreign(webhook, source.tenant, label):
            return None
        return Said(webhook.group_labels, webhook.truncated_alerts > 0, payload.sightings(webhook.alerts))

    def _send(self) -> None:
        batch, self._batch, self._alerts = self._batch, [], 0
        if batch:
            self.link.send(batch)

    def _answered(self, message: Answered) -> None:
        status = HTTPStatus(message.status)
        answer = STORED if status == STORED.status else Answer(status, message.media_type, message.body)
        for number in message.numbers:
            self._waiting.pop(number)(answer)

    def hand_over(self, transport: asyncio.Transport, received: bytes) -> None:
        """Let the process that stores serve a connection; one that cannot be passed on is closed, and its client tries again."""
        try:
            socket.send_fds(self._passing, [received], [transport.get_extra_info("socket").fileno()])
        except OSError as error:
            sys.stderr.write(f"a connection could not be handed over: {error}\n")
        transport.abort()


async def _run(link: socket.socket, passing: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    reader = Reader(passing)
    await loop.create_unix_connection(lambda: reader.link, sock=link)
    reader.link.send([])
    await reader.ready.wait()
    _, descriptors, _, _ = socket.recv_fds(passing, 64, _ADDRESSES)
    listening = [socket.socket(fileno=number) for number in descriptors]
    servers = [await loop.create_server(partial(WebhookProtocol, reader), sock=one, backlog=BACKLOG) for one in listening]
    await reader.leaving.wait()
    for server in servers:
        server.close()
    reader.leave()
    await reader.empty.wait()
    reader.link.close()


def main(link: int, passing: int) -> None:
    """Run on these sockets: the link, and the one that connections are passed on."""
    # The process that stores says when to end, whoever else hears of it: Ctrl-C reaches both, and so does systemd.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(socket.socket(fileno=link), socket.socket(fileno=passing)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
