"""Channels have what their type needs, and everyone who is told can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from alertkit import names, paths
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.reading.merge import REMOVE
from alertkit.compiler.scope import Data, Scope

NEEDED = {
    "slack": ("token",),
    "slack-webhook": ("webhook_url",),
    "email": ("host", "from"),
    "pagerduty": ("routing_key",),
    "webhook": ("url", "signing_secret"),
    "log": (),
}
OPTIONAL = {"slack": ("signing_secret",), "email": ("port", "user", "password")}
KINDS = ("slack", "email")
"""Kinds of address that a person or a team can have."""


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """What a channel lacks or has for nothing; addresses that no channel serves; people and teams without any."""
    for index, channel in enumerate(data.get("channels", [])):
        yield from _options(channel, ("channels", index), scope)
    for index, person in enumerate(data.get("people", [])):
        yield from _contact(person, ("people", index), data, scope)
    for index, team in enumerate(data.get("teams", [])):
        yield from _rooms(team, ("teams", index), data, scope)
    yield from _channel_targets(data, scope)


def _options(channel: Data, path: Path, scope: Scope) -> Iterator[Finding]:
    kind = channel["type"]
    brought = scope.project.channel_types
    if kind not in NEEDED and kind not in brought:
        message = f"channel {channel['name']!r}: there is no type {kind!r}"
        hint = did_you_mean(kind, (*NEEDED, *brought)) + "; one that a package brings stands in channel_types of alertkit.yaml"
        yield Finding((*path, "type"), "AK314", message, hint)
        return
    for key in NEEDED.get(kind, ()):
        if key not in channel:
            yield Finding(path, "AK310", f"channel {channel['name']!r}: a channel of type {kind} needs {key!r}")
    known = (*NEEDED[kind], *OPTIONAL.get(kind, ())) if kind in NEEDED else ("options", "secrets")
    for key in channel:
        if key not in ("name", "type", REMOVE, *known):
            useful = ", ".join(known) or "none"
            message = f"channel {channel['name']!r}: {key!r} does nothing for a channel of type {kind}"
            yield Finding((*path, key), "AK311", message, f"its keys: {useful}", on_key=True)
    if kind == "email" and "host" in channel and not scope.is_platform and channel["host"] not in scope.mail_hosts:
        message = f"channel {channel['name']!r}: the project does not allow mail through {channel['host']!r}"
        yield Finding((*path, "host"), "AK315", message, "ask the platform team to add the host to mail_hosts in alertkit.yaml")
    if kind == "webhook" and "url" in channel and not scope.is_platform:
        host = urlsplit(channel["url"]).hostname or ""
        if host not in scope.webhook_hosts:
            message = f"channel {channel['name']!r}: the project does not allow webhooks to {host!r}"
            yield Finding(
                (*path, "url"), "AK312", message, "ask the platform team to add the host to webhook_hosts in alertkit.yaml"
            )


def _contact(person: Data, path: Path, data: Data, scope: Scope) -> Iterator[Finding]:
    for index, entry in enumerate(person.get("contact", [])):
        kind = entry if isinstance(entry, str) else entry["by"]
        place = (*path, "contact", index)
        if kind not in person:
            yield Finding(
                place,
                "AK306",
                f"person {person['id']!r} is contacted by {kind} but has no {kind!r}",
                f"add {kind}: to the person",
            )
        elif scope.channel_of_type(data, kind) is None:
            message = (
                f"person {person['id']!r} is contacted by {kind}, but neither tenant nor platform has a channel of type {kind}"
            )
            yield Finding(place, "AK306", message, f"add one to channels:, or remove {kind} here")
    if "contact" not in person and not any(kind in person and scope.channel_of_type(data, kind) for kind in KINDS):
        message = f"person {person['id']!r} cannot be reached: no address that a channel of the tenant or the platform serves"
        yield Finding(path, "AK306", message, "add slack: or email:, and a channel of that type")
    yield from _room_of_others(person, f"person {person['id']!r}", path, data, scope)


def _rooms(team: Data, path: Path, data: Data, scope: Scope) -> Iterator[Finding]:
    yield from _room_of_others(team, f"team {team['name']!r}", path, data, scope)
    for kind in KINDS:
        if kind in team and scope.channel_of_type(data, kind) is None:
            message = f"team {team['name']!r} has {kind!r}, but neither tenant nor platform has a channel of type {kind}"
            yield Finding((*path, kind), "AK306", message, "add one to channels:")
    if not any(kind in team for kind in KINDS) and not team.get("members"):
        message = f"team {team['name']!r} cannot be reached: it has no room and no members"
        yield Finding(path, "AK306", message, "add slack:, email: or members:")


def _room_of_others(told: Data, called: str, path: Path, data: Data, scope: Scope) -> Iterator[Finding]:
    """The platform's Slack reaches the whole workspace: a tenant's definition may name what the project allows it."""
    found = scope.channel_of_type(data, "slack")
    if "slack" not in told or scope.is_platform or found is None or not names.is_lent(found[0]):
        return
    allowed = [pattern.replace("{tenant}", scope.tenant) for pattern in scope.slack_rooms]
    if not any(fnmatchcase(told["slack"], pattern) for pattern in allowed):
        message = f"{called}: the project does not allow {told['slack']!r} through the platform's Slack"
        hint = f"allowed: {', '.join(allowed) or 'nothing'}; the platform team can add to slack_rooms in {paths.PROJECT_FILE}"
        yield Finding((*path, "slack"), "AK316", message, hint)


def _channel_targets(data: Data, scope: Scope) -> Iterator[Finding]:
    for index, policy in enumerate(data.get("escalation", [])):
        for place, step in enumerate(policy["steps"]):
            for turn, target in enumerate(step["notify"]):
                found = scope.channel_named(data, target.get("channel", ""))
                if found and found[1]["type"] in KINDS:
                    path = ("escalation", index, "steps", place, "notify", turn)
                    message = f"channel {target['channel']!r} is of type {found[1]['type']} and needs an address"
                    yield Finding(path, "AK313", message, "notify a team, a person or a schedule instead")
