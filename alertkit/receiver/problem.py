"""Answers that say what is wrong: RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from alertkit.errors import AlertkitError

CONTENT_TYPE = "application/problem+json"


class RequestError(AlertkitError):
    """A request that cannot be served as it stands. `detail` is for whoever sent it and holds nothing of anybody else."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(detail)

    def body(self) -> bytes:
        """The problem document."""
        problem = {"type": "about:blank", "title": self.status.phrase, "status": int(self.status), "detail": self.detail}
        encoded: bytes = msgspec.json.encode(problem)
        return encoded
