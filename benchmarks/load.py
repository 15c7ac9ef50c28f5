"""A client for benchmarks that costs little beside the server it measures: a few connections, one request at a time on each."""

from __future__ import annotations

import select
import socket
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

CONNECTIONS = 128
"""So many that a server which waits for a disk has something to do meanwhile."""


class Poured(NamedTuple):
    """`elapsed` seconds for all; `taken` seconds for each, counted from when it was meant to leave."""

    elapsed: float
    taken: list[float]


def request(path: str, body: bytes) -> bytes:
    """One HTTP request, as Alertmanager words it."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: Alertmanager/0.25.0\r\nContent-Length: {len(body)}\r\n"
    head += "Authorization: Bearer token\r\nContent-Type: application/json\r\n\r\n"
    return head.encode() + body


def connect(port: int) -> socket.socket:
    """A connection to a server on this machine."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answered(connection: socket.socket) -> bytes:
    """What came back; nothing from a connection that was closed."""
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


def pour(port: int, requests: Iterable[bytes], rate: float = 0, connections: int = CONNECTIONS) -> Poured:
    """Send all of them, as fast as they are taken or at `rate` a second. Anything but 200 ends the program.

    A connection that the server closed is opened again, and what was not answered on it sent again, as any client does.
    """
    # In turn, since a server closes a connection on which nothing came for seconds.
    poll, idle = select.epoll(), deque(connect(port) for _ in range(connections))
    busy: dict[int, tuple[float, bytes]] = {}
    for connection in idle:
        poll.register(connection, select.EPOLLIN)
    open_ = {connection.fileno(): connection for connection in idle}
    left, taken = enumerate(requests), []
    clock, began = time.perf_counter, time.perf_counter()
    following = next(left, None)
    while following or busy:
        while following and idle:
            due = began + following[0] / rate if rate else clock()
            if due > clock():
                break
            connection = idle.popleft()
            busy[connection.fileno()] = due, following[1]
            connection.sendall(following[1])
            following = next(left, None)
        pause = max(0, began + following[0] / rate - clock()) if rate and following and idle else -1
        for number, _ in poll.poll(pause):
            answer = answered(open_[number])
            if not answer:
                closed, connection = open_.pop(number), connect(port)
                open_[connection.fileno()] = connection
                poll.unregister(closed)
                poll.register(connection, select.EPOLLIN)
                if number in busy:
                    busy[connection.fileno()] = waits = busy.pop(number)
                    connection.sendall(waits[1])
                else:
                    idle[idle.index(closed)] = connection
                closed.close()
                continue
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"not taken: {answer.decode()}")
            taken.append(clock() - busy.pop(number)[0])
            idle.append(open_[number])
    elapsed = clock() - began
    poll.close()
    for connection in idle:
        connection.close()
    return Poured(elapsed, taken)
