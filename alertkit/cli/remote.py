"""Talking to a running receiver, for every command that does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from alertkit.errors import AlertkitError, UsageError

Function = TypeVar("Function", bound=Callable[..., Any])
_PATIENCE = 20
_CERTIFICATES = "ALERTKIT_CA_FILE names its authority, ALERTKIT_CERT_FILE and ALERTKIT_KEY_FILE what it is shown"


class Remote:
    """A receiver at a URL, asked with a token."""

    def __init__(self, url: str | None, token_file: Path | None) -> None:
        from alertkit.receiver.settings import server

        self._server = server(url, token_file)

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """The answer as data.

        Raises:
            UsageError: the receiver says that the request is wrong.
            AlertkitError: there is no answer, or it says that it cannot.
        """
        import requests

        server = self._server
        pair = (server.certificate, server.key) if server.key else server.certificate
        try:
            answer = requests.request(
                method,
                server.url + path,
                json=body,
                params=query,
                auth=self._log_in,
                verify=server.authority or True,
                cert=pair or None,
                timeout=_PATIENCE,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise AlertkitError(
                f"{server.url} is not trusted, or does not trust us: {_cause(error)} ({_CERTIFICATES})"
            ) from error
        except (requests.RequestException, OSError) as error:
            raise AlertkitError(f"no answer from {self._server.url}: {type(error).__name__}") from error
        if answer.ok:
            return answer.json() if answer.content else None
        problem = f"{self._server.url}: {_detail(answer)}"
        raise UsageError(problem) if answer.status_code == 400 else AlertkitError(problem)

    def _log_in(self, request: Any) -> Any:
        """Not only a header: a .netrc would put its own in place of it."""
        request.headers["Authorization"] = f"Bearer {self._server.token}"
        return request


def _cause(error: BaseException) -> BaseException:
    """What went wrong in the end: requests and urllib3 wrap it in sentences of their own."""
    inner = next((one for one in (getattr(error, "reason", None), *error.args) if isinstance(one, BaseException)), None)
    return error if inner is None else _cause(inner)


def _detail(answer: Any) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"answered {answer.status_code}"


def remote_options(function: Function) -> Function:
    """`--url` and `--token-file`."""
    function = click.option(
        "--token-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File with a bearer token. Default: what ALERTKIT_TOKEN_FILE names.",
    )(function)
    return click.option("--url", metavar="URL", help="The receiver. Default: what ALERTKIT_URL says, or http://127.0.0.1:9087.")(
        function
    )
