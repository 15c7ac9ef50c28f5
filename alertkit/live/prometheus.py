"""A running Prometheus, asked and never changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.util.retry import Retry

from alertkit.errors import AlertkitError, UsageError


class UnreachableError(AlertkitError):
    """Prometheus does not answer, or not what was asked. The message never contains the token."""


class Prometheus:
    """Instant queries and the state of rules. `timeout` is seconds for each question."""

    def __init__(self, url: str, token: str = "", timeout: float = 10.0) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise UsageError(f"{url!r} is no address of a Prometheus such as http://127.0.0.1:9090")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url, self._headers, self._timeout = url.rstrip("/"), headers, timeout
        retry = Retry(total=2, backoff_factor=0.2, status_forcelist=[502, 503, 504])
        self._client = PrometheusConnect(self._url, headers=headers, retry=retry, timeout=timeout)

    def value(self, query: str) -> float:
        """The value of a query that returns one series at most; 0 when it returns none.

        Raises:
            UnreachableError: there is no answer.
        """
        found = self._ask(query)
        return float(found[0]["value"][1]) if found else 0.0

    def values_of(self, label: str, query: str) -> tuple[str, ...]:
        """The values of a label among the series of a query, sorted."""
        return tuple(sorted({entry["metric"].get(label, "") for entry in self._ask(query)}))

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its group's name and interval, and how its last evaluation went.

        Raises:
            UnreachableError: there is no answer.
        """
        try:
            answer = requests.get(f"{self._url}/api/v1/rules", headers=self._headers, timeout=self._timeout)
            answer.raise_for_status()
            groups = answer.json()["data"]["groups"]
        except (requests.RequestException, ValueError, KeyError) as error:
            raise UnreachableError(f"{self._url} does not tell its rules: {type(error).__name__}") from error
        return [{**rule, "group": group["name"], "interval": group["interval"]} for group in groups for rule in group["rules"]]

    def _ask(self, query: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self._client.custom_query(query, params={"timeout": f"{self._timeout:g}s"})
        except (requests.RequestException, PrometheusApiClientException, ValueError, KeyError) as error:
            raise UnreachableError(f"{self._url} does not answer {query!r}: {type(error).__name__}") from error
        return found
