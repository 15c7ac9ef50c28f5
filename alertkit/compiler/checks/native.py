"""Alertmanager's own receivers: complete, allowed, with files for secrets, read by the target. And intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from alertkit.compiler.checks import calendars
from alertkit.compiler.checks.lookup import unknown
from alertkit.compiler.checks.routes import written_routes
from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.routes import native
from alertkit.compiler.scope import Data, Scope

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_NOT_OPTIONS = ("name", "type", "mirror")


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Receivers, intervals and the names by which routes refer to them."""
    routing = data.get("routing", {})
    for index, receiver in enumerate(routing.get("receivers", [])):
        yield from _receiver(receiver, ("routing", "receivers", index), scope)
    for index, interval in enumerate(routing.get("intervals", [])):
        yield from _interval(interval, ("routing", "intervals", index))
    for section in ("receivers", "intervals"):
        yield from _repeated(routing.get(section, []), ("routing", section))
    yield from _references(routing)
    if scope.is_platform:
        yield from _project(routing, scope)


def _receiver(receiver: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    name, kind = receiver["name"], receiver.get("type")
    if kind is None:
        yield Finding(path, "AK202", f"missing key 'type' in receiver {name!r}", f"one of {', '.join(native.NEEDED)}")
        return
    needed, optional = native.NEEDED[kind], native.OPTIONAL[kind]
    for key in needed:
        if key not in receiver:
            yield Finding(path, "AK310", f"receiver {name!r}: a receiver of type {kind} needs {key!r}")
    for key in receiver:
        if key not in (*_NOT_OPTIONS, *needed, *optional):
            useful = ", ".join((*needed, *optional))
            message = f"receiver {name!r}: {key!r} does nothing for a receiver of type {kind}"
            yield Finding((*path, key), "AK311", message, f"its keys: {useful}", on_key=True)
    if kind == "email" and not scope.project.alertmanager.smtp_host:
        message = f"receiver {name!r}: the project names no mail server for Alertmanager"
        yield Finding(path, "AK610", message, "ask the platform team to add alertmanager.smtp to alertkit.yaml")
    yield from _secrets(receiver, path, scope)
    if isinstance(receiver.get("url"), str):
        yield from _url(receiver, path, scope)


def _secrets(receiver: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    target = scope.project.targets.alertmanager
    for key, value in receiver.items():
        if not isinstance(value, dict):
            continue
        if not scope.project.alertmanager.secrets_dir:
            message = f"secret {value['secret']!r} has no file: the project does not say where Alertmanager's secrets are"
            yield Finding(
                (*path, key), "AK610", message, "ask the platform team to set alertmanager.secrets_dir in alertkit.yaml"
            )
        field, since = native.FIELD_SINCE.get((receiver["type"], key), ("", (0, 0)))
        if target < since:
            message = (
                f"receiver {receiver['name']!r}: {field} needs Alertmanager {_dotted(since)}; the target is {_dotted(target)}"
            )
            hint = "raise targets.alertmanager; a secret is never written into the configuration"
            yield Finding((*path, key), "AK611", message, hint)


def _url(receiver: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    if receiver["type"] == "slack":
        message = f"receiver {receiver['name']!r}: the URL of a Slack webhook lets anyone post, so it is a secret"
        yield Finding((*path, "url"), "AK312", message, "write url: {secret: <id>}")
        return
    host = _host(receiver["url"])
    if host is None:
        message = f"receiver {receiver['name']!r}: Alertmanager cannot read this URL, and would refuse the whole configuration"
        yield Finding((*path, "url"), "AK312", message, "write it as https://host[:port]/path, with % only before two digits")
    elif not scope.is_platform and host not in scope.webhook_hosts:
        message = f"receiver {receiver['name']!r}: the project does not allow webhooks to {host!r}"
        hint = "ask the platform team to add the host to webhook_hosts in alertkit.yaml"
        yield Finding((*path, "url"), "AK312", message, hint)


def _host(url: str) -> str | None:
    """The host that Alertmanager connects to; None for a URL that Go does not read, or that readers could read differently."""
    try:
        parts = urlsplit(url)
        in_order = parts.port != 0 and "@" not in parts.netloc and _BAD_ESCAPE.search(url) is None
    except ValueError:
        return None
    return parts.hostname if in_order else None


def _interval(interval: Data, path: Path) -> Iterator[Finding]:
    yield from calendars.check_zone(interval, path)
    if "times" not in interval and "dates" not in interval:
        yield Finding(path, "AK609", f"interval {interval['name']!r} has neither times nor dates", "add times: or dates:")
    for index, day in enumerate(interval.get("dates", [])):
        yield from calendars.check_date(day, (*path, "dates", index))


def _repeated(entries: Iterable[Data], path: Path) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        first = seen.setdefault(entry["name"], index)
        if first != index:
            message = f"{path[-1]}: name {entry['name']!r} stands twice, as number {first + 1} and number {index + 1}"
            yield Finding((*path, index, "name"), "AK302", message, "names are unique in a tenant")


def _references(routing: Data) -> Iterator[Finding]:
    receivers = {one["name"] for one in routing.get("receivers", [])}
    intervals = {one["name"] for one in routing.get("intervals", [])}
    if "notify" in routing:
        yield from unknown("receiver", routing["notify"], receivers, ("routing", "notify"))
    for route, path in written_routes(routing):
        if "notify" in route:
            yield from unknown("receiver", route["notify"], receivers, (*path, "notify"))
        for key in ("mute", "active"):
            for place, name in enumerate(route.get(key, [])):
                yield from unknown("interval", name, intervals, (*path, key, place))


def _project(routing: Data, scope: Scope) -> Iterator[Finding]:
    """What stands in the project file beside the platform's definition."""
    target, receivers = scope.project.alertmanager, {one["name"] for one in routing.get("receivers", [])}
    for key, name in (("health", target.health), ("watchdog", target.watchdog)):
        if name:
            yield from unknown("receiver", name, receivers, ("alertmanager", key))
    if target.smtp_password and not target.secrets_dir:
        message = "the mail server's password has no file: alertmanager.secrets_dir is missing"
        yield Finding(("alertmanager", "smtp", "password"), "AK610", message, "say where Alertmanager's secrets are")
    version = scope.project.targets.alertmanager
    if version < native.OLDEST:
        message = f"alertkit writes for Alertmanager {_dotted(native.OLDEST)} and later; the target is {_dotted(version)}"
        yield Finding(("targets", "alertmanager"), "AK611", message, "raise it, and Alertmanager")


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
