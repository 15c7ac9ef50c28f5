"""The demo's page: a Slack look-alike whose buttons work, and a button that breaks things."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from alertkit import resources
from alertkit.demo.cast import PLAYERS, ROOMS
from alertkit.demo.stage import Stage
from alertkit.testing.server import Server
from alertkit.testing.slack_page import message_html, styles

_PAGES = Environment(
    loader=FileSystemLoader(resources.root() / "templates" / "demo"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Page(Server):
    """`/` is the page, `/state` what of it changes. POST: `/break`, `/repair` (field tenant), `/click` (room, ts, action).

    Only the page itself may post: another site in the same browser must not click (the header Origin tells).
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer the browser."""
        if request.method == "POST":
            return await self._act(request)
        if request.path == "/state":
            return web.Response(text=self._state(), content_type="text/html")
        if request.path == "/":
            page = _PAGES.get_template("page.html.j2")
            text = page.render(styles=styles(), state=Markup(self._state()), urls=self._stage.urls, whole=self._stage.whole)  # noqa: S704 - made by a template that escapes
            return web.Response(text=text, content_type="text/html")
        raise web.HTTPNotFound

    def _state(self) -> str:
        slack = self._stage.slack
        rooms = [
            (room, index, [(message, message_html(message, slack.thread(message), clicks=True)) for message in found])
            for index, room in enumerate(ROOMS)
            if (found := slack.messages_in(room.address)[::-1])
        ]
        return _PAGES.get_template("state.html.j2").render(players=PLAYERS, broken=self._stage.shop.broken, rooms=rooms)

    async def _act(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Origin", self.origin) != self.origin:
            raise web.HTTPForbidden(text="only the demo's own page may do that")
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        try:
            status = await asyncio.to_thread(self._acted, request.path, form)
        except (KeyError, ValueError, IndexError) as error:
            raise web.HTTPBadRequest(text="there is no such thing any more") from error
        if status != HTTPStatus.OK:
            raise web.HTTPBadGateway(text=f"the receiver answers {status}")
        raise web.HTTPSeeOther("/")

    def _acted(self, path: str, form: dict[str, str]) -> int:
        if path in ("/break", "/repair"):
            tenant = {player.tenant: player for player in PLAYERS}[form["tenant"]].tenant
            (self._stage.break_ if path == "/break" else self._stage.repair)(tenant)
            return HTTPStatus.OK
        room = ROOMS[int(form["room"])]
        message = {found.ts: found for found in self._stage.slack.messages_in(room.address)}[form["ts"]]
        action, _, choice = form["action"].partition("/")
        return self._stage.click(message, action, room.person, int(choice or 0))
