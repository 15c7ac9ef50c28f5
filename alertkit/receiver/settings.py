"""How the receiver runs. The only place that reads the environment: `ALERTKIT_<NAME>` for what the command line leaves open."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from alertkit.errors import UsageError
from alertkit.model.quantity import Duration

SPANS: Final = frozenset({"retention"})
"""Written as Prometheus writes durations, such as 90d."""
_SHORTEST_RETENTION: Final = 3_600.0


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are and how patient the receiver is. docs/reference/settings.md is made from this list."""

    policies: Path
    """Folder of compiled policies, `<tenant>.json`."""
    database: str
    """`sqlite:///alertkit.db`, or the `postgresql://` URL of a database that several receivers share."""
    secrets: Path
    """Folder with a file per secret, `<owner>/<id>`."""
    tokens: Path
    """File with the digests of bearer tokens."""
    listen: str = "127.0.0.1:9087"
    """Where connections are accepted."""
    overrides: Path | None = None
    """Folder with own sentences and layouts."""
    private_networks: bool = False
    """Let webhooks of tenants go to http and to addresses that are not public."""
    slack_api: str = ""
    """Another address of Slack's Web API, for tests."""
    alertmanager: tuple[str, ...] = ()
    """URLs of all Alertmanagers that post here: they are asked what they have."""
    alertmanager_token_file: Path | None = None
    """File with the bearer token to ask them with."""
    alertmanager_user: str = ""
    """User to ask them as, instead."""
    alertmanager_password_file: Path | None = None
    """File with that user's password."""
    alertmanager_ca: Path | None = None
    """PEM file of the authorities by which they are trusted."""
    reconcile_interval: float = 60.0
    """Seconds from one time they are asked to the next."""
    expect_watchdog: tuple[str, ...] = ()
    """Sources of a Watchdog and how long each may stay away: `platform/watchdog=10m`."""
    heartbeat_url: str = ""
    """Asked for while the receiver is well."""
    heartbeat_interval: float = 60.0
    """Seconds from one such request to the next."""
    retention: float = 90 * 86_400.0
    """How long an incident is kept that is closed, such as `90d`; an hour at the least."""
    tidy_interval: float = 600.0
    """Seconds from one look for what is to be forgotten to the next."""
    tls_certificate: Path | None = None
    """PEM file of the receiver's certificate; with it TLS is spoken."""
    tls_key: Path | None = None
    """PEM file of its key."""
    tls_client_ca: Path | None = None
    """PEM file of authorities: every client has to show a certificate that one of them has signed."""
    otlp_endpoint: str = ""
    """URL that spans are posted to; OpenTelemetry's own variables hold too."""
    readers: Annotated[int, msgspec.Meta(ge=0, le=64)] | None = None
    """Processes that read webhooks for the one that stores them. Left out: one, or two from four processors on; none on one
    processor, with TLS or with spans.
    """
    body_limit: int = 4 * 1024 * 1024
    """Bytes of a webhook's body at the most."""
    alert_limit: int = 2_000
    """Alerts of a webhook at the most."""
    label_limit: int = 128
    """Labels of an alert at the most."""
    concurrency: int = 256
    """Messages that leave at a time at the most."""
    lease: float = 60.0
    """Seconds for which a message belongs to whoever sends it; then another receiver may."""
    give_up_after: float = 3_600.0
    """Seconds for which a message is tried again."""
    largest_wait: float = 1.0
    """Seconds after which what is due is looked for again, though nothing was known to be."""
    reload_interval: float = 2.0
    """Seconds from one look at the files to the next."""
    drain: float = 10.0
    """Seconds that messages under way may take when the receiver stops."""


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
        if field.name in SPANS and isinstance(values.get(field.name), str):
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
