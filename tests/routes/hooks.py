"""A server that keeps what Alertmanager posts."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Post(NamedTuple):
    """One post: its path, its Authorization header, and its body."""

    path: str
    token: str
    body: dict


@contextmanager
def hook() -> Iterator[tuple[int, list[Post]]]:
    """The port, and everything that is posted while the block runs."""
    posts: list[Post] = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posts.append(Post(self.path, self.headers.get("Authorization", ""), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, posts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fire(url: str, *alerts: dict[str, str], **annotations: str) -> None:
    """Tell Alertmanager of alerts with these labels."""
    body = json.dumps([{"labels": labels, "annotations": annotations} for labels in alerts]).encode()
    request = urllib.request.Request(f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()
