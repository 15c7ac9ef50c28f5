"""The demo's exporter: what Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from alertkit.testing.server import Server


class Exporter(Server):
    """Answers every request with what `exposition` says at that moment."""

    def __init__(self, exposition: Callable[[], str]) -> None:
        super().__init__()
        self._exposition = exposition

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The metrics."""
        return web.Response(text=self._exposition(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
