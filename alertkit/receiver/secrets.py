"""Secrets by full name, `<owner>/<id>`: files below one folder. A tenant reads its own and the platform's."""

from __future__ import annotations

import re
from pathlib import Path

from alertkit import names
from alertkit.errors import AlertkitError

_NAME = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/([A-Za-z0-9][A-Za-z0-9._-]{0,126})", re.ASCII)
_LARGEST = 64 * 1024


class SecretError(AlertkitError):
    """A secret cannot be had. The message names it and never holds any of its text."""


class Secrets:
    """The secrets folder. Files are read when a message is sent, so that a new secret holds at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, tenant: str) -> str:
        """The secret's text without its last newline, for a tenant.

        Raises:
            SecretError: it belongs to another tenant, is missing, or is no text.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise SecretError(f"{name!r} is not the name of a secret, <owner>/<id>")
        if match[1] not in (tenant, names.PLATFORM):
            raise SecretError(f"secret {name} belongs to {match[1]}, not to {tenant}")
        try:
            with (self._folder / match[1] / match[2]).open("rb") as file:
                text = file.read(_LARGEST).decode()
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"secret {name} cannot be read: {type(error).__name__}") from None
        return text.removesuffix("\n").removesuffix("\r")
