"""POST /v1/alerts/<tenant>/<policy>: authenticate, read, check, store; 200 once it is durable.

This is the hot route, so no framework stands before it: `protocol` asks it from the socket, ASGI where the receiver is embedded.
Alertmanager sends again after 5xx only, so everything that may pass is a 503 and never a 429, and a 4xx is said only of what can
never succeed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog

from alertkit import names
from alertkit.messages import troubles
from alertkit.model.incident import Fold, Post, identity
from alertkit.model.webhook import Webhook
from alertkit.receiver import payload
from alertkit.receiver.heartbeats import Watchdogs
from alertkit.receiver.incidents import fold
from alertkit.receiver.link import Posted, Said
from alertkit.receiver.operator import Operator
from alertkit.receiver.problem import RequestError
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.tokens import Tokens
from alertkit.receiver.wire import ROUTE, STORED, Answer, Head, Source, admit, read_head, refusal
from alertkit.stores.base import StoreError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Ingest:
    """The route, whatever brought a request. `falls_due` is told when the first of what stored posts have planned falls due."""

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
        self.falls_due: Callable[[dt.datetime], None] = lambda due: None

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
        return admit(head, self.tokens, self._body_limit)

    async def answer(self, source: Source, body: bytes) -> Answer:
        """Take a body; 200 once it is durable."""
        try:
            await self._serve(source, body)
        except RequestError as error:
            return self.refuse(error)
        except StoreError as error:
            return self._not_stored(error)
        return STORED

    async def store(self, batch: Sequence[Posted]) -> Answer:
        """Take bodies that a reader has read, all with one answer."""
        now = self._clock()
        posts = [self._post(posted.source, posted.said, posted.body, now) for posted in batch if posted.said]
        for post in posts:
            self._metrics.received(post.tenant, len(post.alerts))
        try:
            folds = await self._store.ingest_all(posts, fold)
        except StoreError as error:
            return self._not_stored(error, len(posts))
        self._stored(posts, folds, now)
        return STORED

    def _stored(self, posts: Sequence[Post], folds: Sequence[Fold], received: dt.datetime) -> None:
        seconds = (self._clock() - received).total_seconds()
        for post, found in zip(posts, folds, strict=True):
            self._metrics.folded(post, found)
            self._metrics.committed(seconds)
        due = [step.due for found in folds for _, changes in found.changes for step in changes.steps]
        if due:
            self.falls_due(min(due))

    def _not_stored(self, error: StoreError, posts: int = 1) -> Answer:
        _log.warning("not stored", reason=str(error), posts=posts)
        return self.refuse(RequestError(HTTPStatus.SERVICE_UNAVAILABLE, "not stored; send it again"), posts)

    def refuse(self, error: RequestError, posts: int = 1) -> Answer:
        """Count it and say why."""
        self._metrics.refused(error.status, posts)
        return refusal(error)

    async def _serve(self, source: Source, body: bytes) -> None:
        tenant, policy, parent = source
        webhook = payload.read(body, self._bounds)
        if self._watchdogs.expects(tenant, policy):
            left = await self._watchdogs.beat(tenant, policy, webhook)
            if not left.alerts:
                return
            webhook, body = left, body if left is webhook else msgspec.json.encode(left)
        if parent or self._tracer.records:
            about = {"http.request.method": "POST", "http.route": ROUTE, "tenant": tenant, "policy": policy}
            with self._tracer.span(f"POST {ROUTE}", parent, about | {"alerts": len(webhook.alerts)}, "server") as trace:
                await self._take(Source(tenant, policy, trace), webhook, body)
                self._tracer.ends({"http.response.status_code": int(HTTPStatus.OK)})
        else:
            await self._take(source, webhook, body)

    async def _take(self, source: Source, webhook: Webhook, body: bytes) -> None:
        tenant, policy, _ = source
        own, body = self._own(tenant, webhook, body)
        said = Said(own.group_labels, own.truncated_alerts > 0, payload.sightings(own.alerts))
        post = self._post(source, said, body, self._clock())
        self._metrics.received(post.tenant, len(webhook.alerts))
        if post.alerts:
            self._stored([post], [await self._store.ingest(post, fold)], post.received)
        if len(own.alerts) < len(webhook.alerts):
            trouble = troubles.foreign(tenant, len(webhook.alerts) - len(own.alerts))
            await self._operator.tell(names.ALERT_FOREIGN, tenant, policy, trouble)

    def _post(self, source: Source, said: Said, body: bytes, received: dt.datetime) -> Post:
        tenant, policy, escalation, known = self._policies.route(source.tenant, source.policy)
        if tenant != source.tenant or policy != source.policy:
            self._metrics.unrouted()
        return Post(
            tenant=tenant,
            policy=policy,
            group=said.group,
            key=identity(tenant, policy, said.group),
            alerts=said.alerts,
            truncated=said.truncated,
            body=body,
            received=received,
            escalation=escalation,
            severities=known.severities if known else names.SEVERITIES,
            trace=source.trace,
        )

    def _own(self, tenant: str, webhook: Webhook, body: bytes) -> tuple[Webhook, bytes]:
        """Leave out alerts that are labelled with another tenant: of the post, and of the bytes that are kept."""
        label = self._policies.tenant_label(tenant)
        foreign = [] if tenant == names.PLATFORM else payload.foreign(webhook, tenant, label)
        if not foreign:
            return webhook, body
        self._metrics.foreign(tenant, len(foreign))
        _log.warning("alerts of another tenant dropped", tenant=tenant, dropped=len(foreign), fingerprint=foreign[0].fingerprint)
        dropped = {alert.fingerprint for alert in foreign}
        own = [alert for alert in webhook.alerts if alert.fingerprint not in dropped]
        webhook = msgspec.structs.replace(webhook, alerts=own)
        kept: bytes = msgspec.json.encode(webhook)
        return webhook, kept


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
