"""Bytes on a connection and what comes back: all the ways of HTTP in which a webhook may be sent to a real `serve`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httptools
import pytest
import uvicorn
from process_kit import Process, serving
from receiver_kit import Kit, a_policy, alert, webhook
from uvicorn.server import ServerState

from alertkit.model.policy import ChannelSettings
from alertkit.receiver import connections, protocol
from alertkit.receiver.connections import connection

PATH = b"/v1/alerts/acme/standard"
BODY = webhook(alert())
LIMIT = 20_000
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def head(*lines: bytes, path: bytes = PATH, version: bytes = b"1.1", token: bytes = b"s3cret") -> bytes:
    """The head of a post with these lines beside those that every one has."""
    said = [b"POST " + path + b" HTTP/" + version, b"Host: x", b"Authorization: Bearer " + token, *lines]
    return b"\r\n".join([*said, b"", b""])


def length(body: bytes) -> bytes:
    return b"Content-Length: %d" % len(body)


def post(body: bytes = BODY, *lines: bytes, **other: bytes) -> bytes:
    return head(length(body), *lines, **other) + body


def chunks(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


class Answers:
    """What is read from a connection."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def read(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.bodies.append(b"")

    def on_body(self, body: bytes) -> None:
        self.bodies[-1] += body

    def on_message_complete(self) -> None:
        self.statuses.append(self._parser.get_status_code())


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read(connection: socket.socket, count: int) -> Answers:
    """So many answers; fewer when the connection is closed before."""
    answers = Answers()
    while len(answers.statuses) < count and (data := connection.recv(65_536)):
        answers.read(data)
    return answers


@contextlib.asynccontextmanager
async def listening(kit: Kit, **changes: Any) -> AsyncIterator[int]:
    """The kit's receiver behind a socket of this process, at the port that it gives."""
    http: Any = partial(connection, kit.receiver.ingest)
    config = uvicorn.Config(kit.receiver, port=0, http=http, lifespan="off", log_config=None, **changes)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


def talk(port: int, pieces: Sequence[bytes], count: int) -> list[int]:
    with connect(port) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return read(connection, count).statuses


@pytest.fixture(scope="module", params=[0, 1], ids=["one process", "a reader"])
def process(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Process]:
    """One that does everything itself, then one that has another accept and read."""
    folder = tmp_path_factory.mktemp("wire")
    Kit(folder, [a_policy(channels={"room": ChannelSettings("log"), "mail": ChannelSettings("log")})])
    with serving(folder, ALERTKIT_BODY_LIMIT=str(LIMIT), ALERTKIT_READERS=str(request.param)) as process:
        if request.param:
            process.reading()
        yield process


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        pytest.param(post(), [200], id="plain"),
        pytest.param(post() * 3, [200] * 3, id="several at once"),
        pytest.param(post() + HEALTH + post(), [200] * 3, id="another request between two"),
        pytest.param(HEALTH + post() * 2, [200] * 3, id="another request first"),
        pytest.param(post(b"{}") + post(), [400, 200], id="a body that is refused, and then one that is not"),
        pytest.param(post(b"") + post(), [400, 200], id="no body"),
        pytest.param(head(CHUNKED.strip()) + chunks(BODY) + post(), [200, 200], id="chunked"),
        pytest.param(post(BODY, b"Connection: keep-alive") + post(), [200, 200], id="says that it stays"),
        pytest.param(post(BODY, b"X-Long: " + b"x" * 9_000) + post(), [200, 200], id="a long head"),
        pytest.param(post(path=b"/v1/alerts/acme/%73tandard") + post(), [200, 200], id="an escaped path"),
        pytest.param(post(path=PATH + b"?x=1") + post(), [200, 200], id="a query"),
        pytest.param(post(path=b"/v1/alerts/acme") + post(), [404, 200], id="no policy"),
        pytest.param(post(token=b"guessed") + post(), [401, 200], id="nobody's token"),
        pytest.param(post(path=b"/v1/alerts/initech/standard") + post(), [403, 200], id="another tenant's token"),
        pytest.param(post(BODY, b"Content-Encoding: gzip") + post(), [400, 200], id="compressed"),
        pytest.param(post(b" " * LIMIT + BODY), [413], id="a body over the limit"),
        pytest.param(head(CHUNKED.strip()) + chunks(b" " * LIMIT + BODY), [413], id="a chunked body over the limit"),
        pytest.param(post(BODY.ljust(LIMIT)) + post(), [200, 200], id="a body of just the limit"),
        pytest.param(post() + b"more than was announced\r\n\r\n", [200, 400], id="longer than it says"),
        pytest.param(post(BODY, length(BODY)), [400], id="two lengths"),
        pytest.param(head(b"Content-Length: +5") + BODY, [400], id="a length that is no number"),
        pytest.param(head(length(BODY), CHUNKED.strip()) + chunks(BODY), [400], id="a length and chunks"),
        pytest.param(head(b"Content-Length: %d" % 2**70), [400], id="a length beyond all bounds"),
        pytest.param(head(b"Content-Length: 99999999"), [413], id="a length over the limit, before any body"),
        pytest.param(head(length(BODY), b"X: a\r\n b") + BODY, [400], id="a folded line"),
        pytest.param(post(BODY, b"X: \x00"), [400], id="a null in a header"),
        pytest.param(post(path=PATH + b"\xff"), [400], id="a path that is not ASCII"),
        pytest.param(post().replace(b"POST", b"GET"), [405], id="another method"),
        pytest.param(b"POST /v1/alerts/acme/standard HTT\r\n\r\n", [400], id="half a version"),
        pytest.param(b"\x16\x03\x01\x02\x00", [400], id="TLS where there is none"),
    ],
)
def test_each_request_of_a_connection_gets_its_answer_however_it_is_cut(
    process: Process, sent: bytes, statuses: list[int]
) -> None:
    assert talk(process.port, [sent], len(statuses)) == statuses
    middle = len(sent) // 2
    assert talk(process.port, [sent[:middle], sent[middle:]], len(statuses)) == statuses
    assert talk(process.port, [sent[:-1], sent[-1:]], len(statuses)) == statuses
    assert process.post(BODY) == 200
    assert "Traceback" not in process.errors


def test_a_post_may_be_cut_anywhere(process: Process) -> None:
    sent = post() * 2
    for cut in range(1, len(sent) - 1, 5):
        assert talk(process.port, [sent[:cut], sent[cut:]], 2) == [200, 200]


def test_a_post_may_come_byte_by_byte(process: Process) -> None:
    assert talk(process.port, [post()[n : n + 1] for n in range(len(post()))], 1) == [200]


def test_whoever_waits_to_be_asked_for_the_body_is_asked(process: Process) -> None:
    with connect(process.port) as connection:
        connection.sendall(head(length(BODY), b"Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert read(connection, 1).statuses == [200]


@pytest.mark.parametrize("sent", [post(version=b"1.0"), post(BODY, b"Connection: close")], ids=["HTTP/1.0", "close"])
def test_a_connection_that_is_not_to_stay_is_closed_after_the_answer(process: Process, sent: bytes) -> None:
    with connect(process.port) as connection:
        connection.sendall(sent)
        assert read(connection, 2).statuses == [200]


def test_a_refusal_says_why_as_a_problem_document(process: Process) -> None:
    with connect(process.port) as connection:
        connection.sendall(post(b"[]"))
        connection.settimeout(60)
        data = connection.recv(65_536)
    assert b"\r\ncontent-type: application/problem+json\r\n" in data
    assert b'"status":400' in data
    assert b"not an Alertmanager webhook" in data


def test_answers_that_nobody_reads_hold_up_their_own_connection_alone(process: Process) -> None:
    with connect(process.port) as connection:
        connection.setblocking(False)
        sent = post(b"{}") * 2_000
        written = 0
        try:
            while written < len(sent):
                written += connection.send(sent[written:])
        except BlockingIOError:
            pass
        assert process.post(BODY) == 200
        connection.setblocking(True)
        whole = written // len(post(b"{}"))
        assert read(connection, whole).statuses == [400] * whole


class Transport(asyncio.Transport):
    """Of a client who sends as long as it is read, and reads nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.written: list[bytes] = []

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.written.append(data)


def test_no_more_is_read_than_can_be_answered(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        config, server = uvicorn.Config(kit.receiver, log_config=None), ServerState()
        protocol = connection(kit.receiver.ingest, config=config, server_state=server, app_state={})
        transport = Transport()
        protocol.connection_made(transport)
        protocol.data_received(post() * 3)
        assert not transport.reading
        protocol.pause_writing()
        await asyncio.gather(*server.tasks)
        protocol.data_received(post())
        assert (len(transport.written), transport.reading) == (1, False)
        protocol.resume_writing()
        while server.tasks:
            await asyncio.gather(*server.tasks)
        assert (len(transport.written), transport.reading) == (4, True)

    Kit(tmp_path).run(story)


def test_what_was_posted_in_full_is_kept_although_nobody_waits_for_the_answer(process: Process) -> None:
    before = opened(process)
    for number in range(10):
        with connect(process.port) as connection:
            connection.sendall(post(webhook(alert(f"left{number}"), group={"alertname": f"Left{number}"})))
    with connect(process.port) as connection:
        connection.sendall(post(webhook(alert("cut"), group={"alertname": "Cut"}))[:-1])
    while opened(process) < before + 10:
        assert process.popen.poll() is None, process.errors
    assert process.post(BODY) == 200
    assert opened(process) == before + 10


def opened(process: Process) -> float:
    process.post(BODY)
    lines = process.request("GET", "/metrics")[1].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("alertkit_incidents_opened_total{"))


def test_when_asked_to_stop_it_answers_what_is_under_way_and_closes(tmp_path: Path) -> None:
    Kit(tmp_path)
    with serving(tmp_path) as process, connect(process.port) as connection, connect(process.port) as idle:
        idle.sendall(post())
        assert read(idle, 1).statuses == [200]
        connection.sendall(post()[:-1])
        assert talk(process.port, [post()], 1) == [200]
        process.popen.terminate()
        assert idle.recv(100) == b""
        connection.sendall(post()[-1:])
        data = connection.recv(65_536)
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in data
        assert connection.recv(100) == b""
        assert process.popen.wait(120) == 0


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(post()[:40], id="part of a head"),
        pytest.param(post()[:-1], id="part of a body"),
        pytest.param(post() + post()[:-1], id="part of the second body"),
        pytest.param(post() + post()[:40], id="part of the second head"),
        pytest.param(b"GET /v1/incidents HTTP/1.1\r\nHost: x", id="part of another head"),
        pytest.param(
            b"POST /v1/incidents/1/resolve HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", id="part of another body"
        ),
        pytest.param(b"POST /v1/alerts/acme/standard HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="part of a chunk"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal", id="part of what follows"),
    ],
)
def test_a_client_that_has_gone_in_the_middle_of_a_request_holds_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    async def story(kit: Kit) -> None:
        async with listening(kit) as port, asyncio.timeout(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await reader.read()
            assert reader.at_eof(), "the server has ended it"
            writer.close()

    for module in (protocol, connections):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    Kit(tmp_path).run(story)


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", id="a header"),
        pytest.param(b"GET /healthz?", id="a query"),
        pytest.param(
            b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ", id="a trailer"
        ),
    ],
)
def test_whoever_sends_a_head_without_end_is_sent_away(process: Process, begins: bytes) -> None:
    with socket.create_connection((process.host, process.port), timeout=20) as client:
        client.sendall(begins)
        with pytest.raises(ConnectionError):
            client.sendall(b"x" * 64 * 1024 * 1024)
    assert process.request("GET", "/healthz")[0] == 200


def test_a_connection_on_which_nothing_comes_is_closed_after_its_time(tmp_path: Path) -> None:
    """Not before: each post begins it anew."""

    async def story(kit: Kit) -> None:
        async with listening(kit, timeout_keep_alive=0.05) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(3):
                writer.write(post())
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
            assert await reader.read() == b""
            writer.close()

    Kit(tmp_path).run(story)


def test_a_fault_of_our_own_is_a_500_that_is_logged_and_the_connection_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(kit: Kit) -> None:
        async with listening(kit) as port:
            kit.clock.now, now = None, kit.clock.now  # type: ignore[assignment]  # a clock that is broken
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 500 ")
            kit.clock.now = now
            writer.write(post())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            writer.close()

    Kit(tmp_path).run(story)
    assert "a webhook was not served" in capsys.readouterr().out
