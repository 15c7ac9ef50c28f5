"""A webhook on the wire: what stands before its body, who may post it, and what it is answered with."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple

import httptools
import msgspec

from alertkit.model.trace import read as read_trace
from alertkit.receiver.problem import CONTENT_TYPE, RequestError
from alertkit.receiver.tokens import Tokens

PREFIX: Final = "/v1/alerts/"
ROUTE: Final = PREFIX + "{tenant}/{policy}"
LARGEST_HEAD: Final = 4_096
"""Bytes of a plain head; Alertmanager's has about 250."""
_BEGINS: Final = b"POST " + PREFIX.encode()
_ENDS: Final = b"\r\n\r\n"
_UNUSUAL: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection"})
_LOOKED_AT: Final = (b"authorization", b"traceparent", b"content-encoding", b"content-length")


class Head(msgspec.Struct, frozen=True):
    """What of a request is looked at before its body. `length` is what it announces, 0 when it announces none."""

    method: str
    path: str
    authorization: bytes
    traceparent: bytes
    encoding: bytes
    length: int


class Source(NamedTuple):
    """Who posts: a tenant's policy, as they say and may say, and the traceparent that they bring, empty without one."""

    tenant: str
    policy: str
    trace: str


class Answer(NamedTuple):
    """What a request is answered with, however it came."""

    status: HTTPStatus
    media_type: str = ""
    body: bytes = b""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Its headers, names in lower case."""
        length = ("content-length", str(len(self.body)))
        return [("content-type", self.media_type), length] if self.media_type else [length]


STORED: Final = Answer(HTTPStatus.OK)
FAILED: Final = Answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def refusal(error: RequestError) -> Answer:
    """The answer that says why."""
    return Answer(error.status, CONTENT_TYPE, error.body())


def written(answer: Answer, *, last: bool = False) -> bytes:
    """Its bytes; `last` says that the connection is closed after it."""
    headers = [*answer.headers, ("connection", "close")] if last else answer.headers
    lines = [f"HTTP/1.1 {int(answer.status)} {answer.status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + answer.body


def admit(head: Head, tokens: Tokens, body_limit: int) -> Source:
    """Check what stands before the body.

    Raises:
        RequestError: whatever the body is, it is not taken.
    """
    if head.method != "POST":
        raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, "alerts are posted")
    tenant, policy = _parts(head.path)
    if head.encoding.strip().lower() not in (b"", b"identity"):
        raise RequestError(HTTPStatus.BAD_REQUEST, "Content-Encoding is not accepted: send the body as it is")
    if head.length > body_limit:
        raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {body_limit} bytes")
    token = tokens.find(head.authorization)
    if token is None:
        raise RequestError(HTTPStatus.UNAUTHORIZED, "a valid bearer token is required")
    if not token.allows("ingest", tenant):
        raise RequestError(HTTPStatus.FORBIDDEN, "this token may not post alerts of this tenant")
    return Source(tenant, policy, read_trace(head.traceparent.decode("latin-1")) if head.traceparent else "")


def read_head(method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """Pick out of a request's headers, their names in lower case, what is looked at before its body."""
    found = dict.fromkeys(_LOOKED_AT, b"") | {name: value for name, value in headers if name in _LOOKED_AT}
    length = found[b"content-length"]
    return Head(
        method=method,
        path=path,
        authorization=found[b"authorization"],
        traceparent=found[b"traceparent"],
        encoding=found[b"content-encoding"],
        length=int(length) if length.isdigit() else 0,
    )


def begin(data: bytearray) -> tuple[Head, int] | None:
    """The head that these bytes begin with and where its body begins; None when it is not a plain webhook's, or not whole."""
    stop = data.find(_ENDS, 0, LARGEST_HEAD) + len(_ENDS)
    if stop < len(_ENDS) or not data.startswith(_BEGINS):
        return None
    head = _plain_head(bytes(data[:stop]))
    return None if head is None else (head, stop)


@lru_cache(1_024)
def _plain_head(data: bytes) -> Head | None:
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


def _parts(path: str) -> tuple[str, str]:
    tenant, slash, policy = path[len(PREFIX) :].partition("/")
    if not slash or not tenant or not policy or "/" in policy:
        raise RequestError(HTTPStatus.NOT_FOUND, f"alerts are posted to {PREFIX}<tenant>/<policy>")
    return tenant, policy
