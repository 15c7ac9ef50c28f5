"""Spans of requests to the API, by method and route: nothing that whoever asks can choose."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match, Route

from alertkit.model import trace
from alertkit.receiver.ingest import Receive, Scope, Send
from alertkit.receiver.tracing import Tracer

API: Final = "/v1/"


class Traced:
    """An application whose requests stand below the trace that they bring, if any.

    Scrapes and questions after health are not worth a span.
    """

    def __init__(self, app: Starlette, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        parent = trace.read(dict(scope.get("headers", ())).get(b"traceparent", b"").decode("latin-1"))
        if not (parent or self._tracer.records) or not scope.get("path", "").startswith(API):
            await self._app(scope, receive, send)
            return
        about = _about(scope, self._app.routes)

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                self._tracer.ends({"http.response.status_code": status}, HTTPStatus(status).phrase if status >= 500 else "")
            await send(message)

        with self._tracer.span(" ".join(about.values()), parent, about, "server"):
            await self._app(scope, receive, sending)


def _about(scope: Scope, routes: Sequence[BaseRoute]) -> dict[str, str]:
    method = scope["method"] if scope["method"] in HTTPMethod.__members__ else "HTTP"
    fitting = (route for route in routes if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE)
    found = next(fitting, None)
    return {"http.request.method": method} | ({"http.route": found.path} if found else {})
