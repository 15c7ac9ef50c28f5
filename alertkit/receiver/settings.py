"""How the receiver runs. The only place that reads the environment: `ALERTKIT_<NAME>` for what the command line leaves open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from alertkit.errors import UsageError
from alertkit.model.quantity import Duration

_SPANS: Final = frozenset({"retention"})
"""Written as Prometheus writes durations, such as 90d."""
_SHORTEST_RETENTION: Final = 3_600.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are and how patient the receiver is.

    `policies` holds `<tenant>.json` files, `secrets` a file per secret at `<owner>/<id>`, `tokens` the digests of bearer
    tokens. `database` is `sqlite:///path`. Durations are seconds, sizes bytes. `overrides` holds tenants' own sentences.
    `slack_api` is another address of Slack's Web API, for tests. `private_networks` lets webhooks of tenants go to http and
    to addresses that are not public. `alertmanager` are the URLs of all Alertmanagers that post here, asked with the token
    in `alertmanager_token_file`, or as `alertmanager_user` with the password in `alertmanager_password_file`, trusting the
    authorities in `alertmanager_ca`. `expect_watchdog` are sources of a Watchdog, `platform/watchdog=10m`; `heartbeat_url`
    is asked for while the receiver is well; what was closed longer than `retention` ago is forgotten. `tls_certificate` and
    `tls_key` are PEM files; with `tls_client_ca` every client has to show a certificate that one of its authorities has
    signed. `readers` are processes that read webhooks for the one that stores them; by default one, or two where there are four
    processors, and none on one processor, with TLS or with `otlp_endpoint`, the URL that spans are posted to.
    """

    policies: Path
    database: str
    secrets: Path
    tokens: Path
    listen: str = "127.0.0.1:9087"
    overrides: Path | None = None
    slack_api: str = ""
    private_networks: bool = False
    alertmanager: tuple[str, ...] = ()
    alertmanager_token_file: Path | None = None
    alertmanager_user: str = ""
    alertmanager_password_file: Path | None = None
    alertmanager_ca: Path | None = None
    reconcile_interval: float = 60.0
    expect_watchdog: tuple[str, ...] = ()
    retention: float = 90 * 86_400.0
    tidy_interval: float = 600.0
    otlp_endpoint: str = ""
    heartbeat_url: str = ""
    heartbeat_interval: float = 60.0
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    reload_interval: float = 2.0
    largest_wait: float = 1.0
    lease: float = 60.0
    give_up_after: float = 3_600.0
    drain: float = 10.0
    concurrency: int = 256
    body_limit: int = 4 * 1024 * 1024
    alert_limit: int = 2_000
    label_limit: int = 128
    readers: Annotated[int, msgspec.Meta(ge=0, le=64)] | None = None


def read(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from what is given, then from the environment, then by default.

    Raises:
        UsageError: something required is missing, or a value is not what it should be.
    """
    values: dict[str, Any] = {k: v for k, v in given.items() if v is not None and v != ()}
    for field in msgspec.structs.fields(Settings):
        variable = f"ALERTKIT_{field.name.upper()}"
        if field.name not in values and variable in environment:
            text = environment[variable]
            values[field.name] = text.replace(",", " ").split() if field.type == tuple[str, ...] else text
        if field.name in _SPANS and isinstance(values.get(field.name), str):
            values[field.name] = _seconds(field.name, values[field.name])
        if field.name not in values and field.required:
            raise UsageError(f"--{field.name} is missing; give it, or set {variable}")
    values.setdefault("otlp_endpoint", _traces_endpoint(environment))
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise UsageError(f"settings: {error}") from error


def _traces_endpoint(environment: Mapping[str, str]) -> str:
    """Where spans go, by OpenTelemetry's own variables: https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return ""
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/")
    return environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "") or (f"{base}/v1/traces" if base else "")


def _seconds(name: str, text: str) -> float:
    try:
        span = Duration.parse(text).seconds
    except ValueError as error:
        raise UsageError(f"--{name}: {error}") from error
    if span < _SHORTEST_RETENTION:
        raise UsageError(f"--{name} {text}: an hour is the shortest")
    return span


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise TypeError(f"expected a path, found {type(value).__name__}")


def address(listen: str) -> tuple[str, int]:
    """Split `127.0.0.1:9087` or `[::1]:9087`.

    Raises:
        UsageError: there is no port.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise UsageError(f"--listen {listen!r} is not host:port, such as 127.0.0.1:9087")
    return host.strip("[]"), int(port)


class Server(msgspec.Struct, frozen=True):
    """A receiver to talk to: its URL, and the text of a bearer token.

    `authority` is a file of those that may have signed its certificate, empty for the machine's; `certificate` and `key` are
    files of what it is shown, empty for nothing.
    """

    url: str
    token: str
    authority: str = ""
    certificate: str = ""
    key: str = ""


def server(url: str | None, token_file: Path | None, environment: Mapping[str, str] = os.environ) -> Server:
    """The receiver that a command talks to: as given, else `ALERTKIT_URL` and `ALERTKIT_TOKEN_FILE`.

    `ALERTKIT_CA_FILE`, `ALERTKIT_CERT_FILE` and `ALERTKIT_KEY_FILE` are for a receiver with certificates of one's own.

    Raises:
        UsageError: there is no token, or a file cannot be read.
    """
    path = token_file or (Path(environment["ALERTKIT_TOKEN_FILE"]) if "ALERTKIT_TOKEN_FILE" in environment else None)
    if path is None:
        raise UsageError("--token-file is missing; give it, or set ALERTKIT_TOKEN_FILE (alertkit token makes one)")
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file {path} cannot be read: {error}") from error
    if not token.isascii() or not token.isprintable():
        raise UsageError(f"--token-file {path} holds no token")
    files = [environment.get(f"ALERTKIT_{name}_FILE", "") for name in ("CA", "CERT", "KEY")]
    if missing := [file for file in files if file and not Path(file).is_file()]:
        raise UsageError(f"{missing[0]} is not there; ALERTKIT_CA_FILE, ALERTKIT_CERT_FILE and ALERTKIT_KEY_FILE name PEM files")
    return Server((url or environment.get("ALERTKIT_URL", "http://127.0.0.1:9087")).rstrip("/"), token, *files)
