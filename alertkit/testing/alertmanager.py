"""What Alertmanager's API answers about itself and its alerts, as far as the receiver asks: no more fields, no fewer rules.

with FakeAlertmanager(started=yesterday) as peer:
    peer.alerts = {"1a2b3c4d5e6f7081": "active"}
    ...
    peer.down = True
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from aiohttp import web

from alertkit.testing.server import Server

State = Literal["active", "silenced", "inhibited", "muted", "unprocessed"]


class FakeAlertmanager(Server):
    """Answers /api/v2/status and /api/v2/alerts. `authorization` is the header that it wants; `asked` counts polls of alerts."""

    def __init__(self, started: dt.datetime, authorization: str = "") -> None:
        super().__init__()
        self.started = started
        self.authorization = authorization
        self.alerts: dict[str, State] = {}
        self.down = False
        self.garbage = False
        self.asked = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        if self.down:
            return web.Response(status=503)
        if self.authorization and request.headers.get("Authorization") != self.authorization:
            return web.Response(status=401)
        if self.garbage:
            return web.Response(text="<html>Not Alertmanager</html>", content_type="text/html")
        if request.path == "/api/v2/status":
            return web.json_response({"uptime": self.started.isoformat(), "cluster": {"status": "ready", "peers": []}})
        if request.path == "/api/v2/alerts":
            self.asked += 1
            return web.json_response([_alert(fingerprint, state) for fingerprint, state in self.alerts.items()])
        return web.Response(status=404)


def _alert(fingerprint: str, state: State) -> dict[str, Any]:
    kept_back = state in ("silenced", "inhibited", "muted")
    status = {
        "state": "suppressed" if kept_back else state,
        "silencedBy": ["6f4c1c1e-0000-4000-8000-000000000000"] if state == "silenced" else [],
        "inhibitedBy": ["00000000000000aa"] if state == "inhibited" else [],
        "mutedBy": ["nights"] if state == "muted" else [],
    }
    return {"fingerprint": fingerprint, "labels": {}, "annotations": {}, "receivers": [], "status": status}
