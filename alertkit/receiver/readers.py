"""Reader processes as the process that stores sees them: started, told what to go by, answered, and replaced when they die.

A reader that dies takes its connections with it, which looks to Alertmanager as a server that went away: it posts again, and what
had been stored by then is a duplicate. Nothing is answered before its commit, since the answer comes from here.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

import structlog

from alertkit.receiver.ingest import Ingest
from alertkit.receiver.link import BACKLOG, FROM_READER, Answered, Leave, Link, Posted, Rules, pair
from alertkit.receiver.wire import FAILED, STORED, Answer

PAUSE: Final = 0.5
"""Seconds until a reader that died is replaced."""
_LARGEST: Final = 1024 * 1024
"""Bytes that may have been received on a connection before it is handed over."""

_log = structlog.get_logger(__name__)


class Readers:
    """So many readers, accepting on `listening`; as long as there is none, as when they start, this process accepts itself.

    `adopt` serves a connection here, from what was received on it on.
    """

    def __init__(
        self,
        ingest: Ingest,
        rules: Callable[[], Rules],
        listening: Sequence[socket.socket],
        adopt: Callable[[bytes], asyncio.Protocol],
    ) -> None:
        self._ingest = ingest
        self._rules = rules
        self._listening = listening
        self._adopt = adopt
        self._told: Rules | None = None
        self._running: set[_Reader] = set()
        self._own: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False

    async def start(self, count: int) -> None:
        """Accept, start them, and keep as many."""
        self._told = self._rules()
        await self._accept()
        for _ in range(count):
            self.spawn(self._keep())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Work on it meanwhile."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def refresh(self) -> None:
        """Tell them what to go by, when that has changed."""
        rules = self._rules()
        if rules != self._told:
            self._told = rules
            for reader in self._running:
                if reader.accepts:
                    reader.link.send(rules)

    async def leave(self, patience: float) -> None:
        """Let them answer what is under way and end; whoever takes longer than so many seconds is ended."""
        self._leaving = True
        self._accept_no_more()
        for one in self._listening:
            one.close()
        for reader in list(self._running):
            if reader.accepts:
                reader.link.send(Leave())
            else:
                reader.kill()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for reader in self._running:
            reader.kill()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _keep(self) -> None:
        while not self._leaving:
            try:
                await self._keep_one()
            except OSError as error:
                _log.error("a reader could not be started", reason=str(error))
            if not self._leaving:
                await self._accept()
                _log.error("a reader has ended, another takes its place", seconds=PAUSE)
                await asyncio.sleep(PAUSE)

    async def _keep_one(self) -> None:
        reader = _Reader(self._ingest, self)
        self._running.add(reader)
        try:
            await reader.connect()
            await reader.lost.wait()
        finally:
            self._running.discard(reader)
            reader.close()

    def welcome(self, reader: _Reader) -> None:
        """Let one accept that says it is there: not before, or one that we leave behind as it starts would hold the port."""
        if self._leaving:
            return
        reader.link.send(self._told)
        reader.accept_on(self._listening)
        self._accept_no_more()
        _log.info("a reader accepts")

    async def _accept(self) -> None:
        if self._own or any(reader.accepts for reader in self._running):
            return
        loop = asyncio.get_running_loop()
        self._own = [
            await loop.create_server(lambda: self._adopt(b""), sock=one.dup(), backlog=BACKLOG) for one in self._listening
        ]

    def _accept_no_more(self) -> None:
        for server in self._own:
            server.close()
        self._own = []

    async def take_over(self, descriptor: int, received: bytes) -> None:
        """Serve a connection from what was received on it on."""
        accepted = socket.socket(fileno=descriptor)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: self._adopt(received), accepted)
        except OSError:
            # Its client has gone meanwhile.
            accepted.close()


class _Reader:
    """One of them, a process from the beginning. Raises OSError when there can be none."""

    def __init__(self, ingest: Ingest, readers: Readers) -> None:
        self._ingest = ingest
        self._readers = readers
        self.accepts = False
        self._plain: list[Posted] = []
        self._stored: list[int] = []
        self.lost = asyncio.Event()
        self.link = Link(FROM_READER, self._received, self.lost.set)
        self._ours, link = pair(socket.SOCK_STREAM)
        self._passed, passing = pair(socket.SOCK_SEQPACKET)
        with link, passing:
            self._process = _started(link, passing)

    async def connect(self) -> None:
        """Hear it."""
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self.link, sock=self._ours)
        self._passed.setblocking(False)
        loop.add_reader(self._passed.fileno(), self._handed_over)

    def accept_on(self, listening: Sequence[socket.socket]) -> None:
        """Let it accept on these sockets."""
        socket.send_fds(self._passed, [b"listen"], [one.fileno() for one in listening])
        self.accepts = True

    def kill(self) -> None:
        """Whatever it still does."""
        self._process.kill()

    def close(self) -> None:
        """Give back what it had."""
        asyncio.get_running_loop().remove_reader(self._passed.fileno())
        self._passed.close()
        self._process.kill()
        self._process.wait()

    def _handed_over(self) -> None:
        try:
            received, descriptors, _, _ = socket.recv_fds(self._passed, _LARGEST, 1)
        except BlockingIOError:
            return
        if not received:
            asyncio.get_running_loop().remove_reader(self._passed.fileno())
        for descriptor in descriptors:
            self._readers.spawn(self._readers.take_over(descriptor, received))

    def _received(self, batch: list[Posted]) -> None:
        if not batch:
            self._readers.welcome(self)
        plain = [posted for posted in batch if posted.said is not None]
        if plain and not self._plain:
            asyncio.get_running_loop().call_soon(self._store_plain)
        self._plain += plain
        for posted in batch:
            if posted.said is None:
                self._readers.spawn(self._look_at(posted))

    def _store_plain(self) -> None:
        """What has come by now, as one piece of work."""
        batch, self._plain = self._plain, []
        self._readers.spawn(self._store(batch))

    async def _store(self, batch: list[Posted]) -> None:
        """All of them at once; when one is to blame for a fault, each by itself."""
        try:
            answer = await self._ingest.store(batch)
        except Exception:  # noqa: BLE001 - whatever it is, it is said of the one that it is about
            for posted in batch:
                await self._look_at(posted)
        else:
            self._say(answer, [posted.number for posted in batch])

    async def _look_at(self, posted: Posted) -> None:
        answer = FAILED
        try:
            answer = await self._ingest.answer(posted.source, posted.body)
        except Exception:  # noqa: BLE001 - whatever it is, the client is told and the connection goes on
            _log.exception("a webhook was not served")
        self._say(answer, [posted.number])

    def _say(self, answer: Answer, numbers: list[int]) -> None:
        if answer is not STORED:
            self.link.send(Answered(numbers, int(answer.status), answer.media_type, answer.body))
            return
        if not self._stored:
            asyncio.get_running_loop().call_soon(self._say_stored)
        self._stored += numbers

    def _say_stored(self) -> None:
        """What one commit has made durable, in one message."""
        numbers, self._stored = self._stored, []
        self.link.send(Answered(numbers, int(STORED.status)))


def _started(*sockets: socket.socket) -> subprocess.Popen[bytes]:
    """A reader that has these sockets, imports what we import, and nothing from wherever we were started."""
    given = [one.fileno() for one in sockets]
    command = [sys.executable, "-P", "-m", "alertkit.receiver.reader", *map(str, given)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(command, pass_fds=given, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own module
