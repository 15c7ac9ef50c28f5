"""POST /v1/alerts/<tenant>/<policy>: authenticate, read, check, store; 200 once it is durable.

This is the hot route, so no framework stands before it: `protocol` asks it from the socket, ASGI where the receiver is embedded.
Alertmanager sends again after 5xx only, so everything that may pass is a 503 and never a 429, and a 4xx is said only of what can
never succeed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from alertkit import names
from alertkit.model.incident import Post, identity
from alertkit.model.policy import TenantPolicy
from alertkit.model.trace import read as read_trace
from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver import payload
from alertkit.receiver.heartbeats import Watchdogs
from alertkit.receiver.incidents import fold
from alertkit.receiver.operator import Operator
from alertkit.receiver.problem import CONTENT_TYPE, RequestError
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.tokens import Tokens
from alertkit.stores.base import StoreError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX: Final = "/v1/alerts/"

_log = structlog.get_logger(__name__)
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


class Ingest:
    """The route, whatever brought a request. `operator.woken` is called after each post that was stored: something may be due."""

    def __init__(self, runtime: Runtime, operator: Operator, watchdogs: Watchdogs) -> None:
        self._store = runtime.store
        self._policies = runtime.policies
        self._metrics = runtime.metrics
        self._tracer = runtime.tracer
        self._clock = runtime.clock
        self._operator = operator
        self._watchdogs = watchdogs
        self._body_limit = runtime.settings.body_limit
        self._bounds = payload.Bounds(runtime.settings.alert_limit, runtime.settings.label_limit)
        self.tokens = Tokens([])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as an ASGI application."""
        try:
            source = self.admit(read_head(scope["method"], scope["path"], scope["headers"]))
            body = await _body(receive, self._body_limit)
        except RequestError as error:
            answer = self.refuse(error)
        else:
            answer = await self.answer(source, body)
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def admit(self, head: Head) -> Source:
        """Check what stands before the body.

        Raises:
            RequestError: whatever the body is, it is not taken.
        """
        if head.method != "POST":
            raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, "alerts are posted")
        tenant, policy = _parts(head.path)
        if head.encoding.strip().lower() not in (b"", b"identity"):
            raise RequestError(HTTPStatus.BAD_REQUEST, "Content-Encoding is not accepted: send the body as it is")
        if head.length > self._body_limit:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {self._body_limit} bytes")
        token = self.tokens.find(head.authorization)
        if token is None:
            raise RequestError(HTTPStatus.UNAUTHORIZED, "a valid bearer token is required")
        if not token.allows("ingest", tenant):
            raise RequestError(HTTPStatus.FORBIDDEN, "this token may not post alerts of this tenant")
        return Source(tenant, policy, read_trace(head.traceparent.decode("latin-1")) if head.traceparent else "")

    async def answer(self, source: Source, body: bytes) -> Answer:
        """Take a body; 200 once it is durable."""
        try:
            await self._serve(source, body)
        except RequestError as error:
            return self.refuse(error)
        except StoreError as error:
            _log.warning("not stored", reason=str(error))
            return self.refuse(RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "not stored; send it again"))
        return STORED

    def refuse(self, error: RequestError) -> Answer:
        """Count it and say why."""
        self._metrics.refused(error.status)
        return Answer(error.status, CONTENT_TYPE, error.body())

    async def _serve(self, source: Source, body: bytes) -> None:
        tenant, policy, parent = source
        webhook = payload.read(body, self._bounds)
        if self._watchdogs.expects(tenant, policy):
            left = await self._watchdogs.beat(tenant, policy, webhook)
            if not left.alerts:
                return
            webhook, body = left, body if left is webhook else msgspec.json.encode(left)
        if parent or self._tracer.records:
            with self._tracer.span("ingest", parent, tenant=tenant, policy=policy, alerts=len(webhook.alerts)) as trace:
                await self._take(tenant, policy, webhook, body, trace)
        else:
            await self._take(tenant, policy, webhook, body, "")

    async def _take(self, tenant: str, policy: str, webhook: Webhook, body: bytes, trace: str) -> None:
        post = self._post(tenant, policy, webhook, body, trace)
        self._metrics.received(post.tenant, len(webhook.alerts))
        if post.alerts:
            self._metrics.folded(post, await self._store.ingest(post, fold))
            self._metrics.committed((self._clock() - post.received).total_seconds())
            self._operator.woken()
        if len(post.alerts) < len(webhook.alerts):
            words = f"{len(webhook.alerts) - len(post.alerts)} alerts of another tenant were posted as {tenant}'s and dropped"
            await self._operator.tell(names.ALERT_FOREIGN, tenant, policy, words)

    def _post(self, tenant: str, policy: str, webhook: Webhook, body: bytes, trace: str) -> Post:
        to_tenant, to_policy, escalation, known = self._policies.route(tenant, policy)
        if to_tenant != tenant or to_policy != policy:
            self._metrics.unrouted()
        if tenant != names.PLATFORM:
            webhook, body = self._own(tenant, known, webhook, body)
        return Post(
            tenant=to_tenant,
            policy=to_policy,
            group=webhook.group_labels,
            key=identity(to_tenant, to_policy, webhook.group_labels),
            alerts=webhook.alerts,
            truncated=webhook.truncated_alerts > 0,
            body=body,
            received=self._clock(),
            escalation=escalation,
            severities=known.severities if known else names.SEVERITIES,
            trace=trace,
        )

    def _own(self, tenant: str, known: TenantPolicy | None, webhook: Webhook, body: bytes) -> tuple[Webhook, bytes]:
        """Leave out alerts that are labelled with another tenant: of the post, and of the bytes that are kept."""
        label = known.tenant_label if known else names.DEFAULT_TENANT_LABEL
        own = [alert for alert in webhook.alerts if alert.labels.get(label, tenant) == tenant]
        if len(own) == len(webhook.alerts):
            return webhook, body
        self._report(tenant, label, webhook.alerts)
        webhook = msgspec.structs.replace(webhook, alerts=own)
        kept: bytes = msgspec.json.encode(webhook)
        return webhook, kept

    def _report(self, tenant: str, label: str, alerts: list[Alert]) -> None:
        foreign = [alert for alert in alerts if alert.labels.get(label, tenant) != tenant]
        self._metrics.foreign(tenant, len(foreign))
        _log.warning("alerts of another tenant dropped", tenant=tenant, dropped=len(foreign), fingerprint=foreign[0].fingerprint)


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


def _parts(path: str) -> tuple[str, str]:
    tenant, slash, policy = path[len(PREFIX) :].partition("/")
    if not slash or not tenant or not policy or "/" in policy:
        raise RequestError(HTTPStatus.NOT_FOUND, f"alerts are posted to {PREFIX}<tenant>/<policy>")
    return tenant, policy


async def _body(receive: Receive, limit: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(HTTPStatus.BAD_REQUEST, "the body ended early")
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > limit:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {limit} bytes")
        if not message.get("more_body", False):
            return body
