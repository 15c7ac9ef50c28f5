"""Running servers that read their files again: asked to, and checked that they did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import requests

from alertkit.errors import AlertkitError, UsageError

_HASH = re.compile(r"^alertmanager_config_hash(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


class RefusedError(AlertkitError):
    """A server does not take its files, or cannot be asked to."""


class Reloadable(Protocol):
    """A server that reads its files again when it is asked to."""

    def reload(self) -> None:
        """Ask it; raises RefusedError."""
        ...

    def check(self, files: Iterable[Path]) -> None:
        """Ask whether it is well and works with these files now; raises RefusedError."""
        ...


class _Server(msgspec.Struct, frozen=True):
    """An address, and how many seconds each question may take."""

    url: str
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise UsageError(f"{self.url!r} is no address of a server such as http://127.0.0.1:9090")

    def reload(self) -> None:
        """Ask the server to read its files.

        Raises:
            RefusedError: it does not take them, or does not answer; its own words are in the message.
        """
        self._ask("POST", "/-/reload")

    def _ask(self, method: str, path: str) -> requests.Response:
        try:
            answer = requests.request(method, self.url.rstrip("/") + path, timeout=self.timeout)
        except requests.RequestException as error:
            raise RefusedError(f"{self.url} does not answer: {type(error).__name__}") from error
        if not answer.ok:
            said = " ".join(answer.text.split())[:2_000]
            hint = "; start Prometheus with --web.enable-lifecycle" if "Lifecycle API is not enabled" in said else ""
            raise RefusedError(f"{self.url}{path} answers {answer.status_code}: {said}{hint}")
        return answer


class PrometheusServer(_Server, frozen=True):
    """A Prometheus that was started with --web.enable-lifecycle."""

    def check(self, files: Iterable[Path]) -> None:
        """See that it is healthy and that every rule file with groups is loaded, by the file's name.

        Raises:
            RefusedError: it is not.
        """
        self._ask("GET", "/-/healthy")
        try:
            groups = self._ask("GET", "/api/v1/rules").json()["data"]["groups"]
            loaded = {Path(group["file"]).name for group in groups}
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(f"{self.url} does not tell its rules as Prometheus does") from error
        missing = sorted(file.name for file in files if file.name not in loaded and b"\n  - name:" in file.read_bytes())
        if missing:
            raise RefusedError(f"{self.url} has not loaded {', '.join(missing)}; its rule_files name another folder")


class AlertmanagerServer(_Server, frozen=True):
    """An Alertmanager."""

    def check(self, files: Iterable[Path]) -> None:
        """See that it is healthy and runs this very configuration, by the hash that it exposes.

        The hash is Alertmanager's own, of its md5HashAsMetricValue: the first 48 bits of the file's MD5, little-endian.

        Raises:
            RefusedError: it is not.
        """
        self._ask("GET", "/-/healthy")
        found = _HASH.search(self._ask("GET", "/metrics").text)
        for file in files:
            if found and float(found[1]) != config_hash(file.read_bytes()):
                raise RefusedError(f"{self.url} runs another configuration than {file}; its --config.file is another one")


def config_hash(data: bytes) -> float:
    """What Alertmanager exposes as `alertmanager_config_hash` of a configuration."""
    return float(int.from_bytes(hashlib.md5(data, usedforsecurity=False).digest()[:6], "little"))
