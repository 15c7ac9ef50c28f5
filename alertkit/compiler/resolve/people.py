"""People, teams and channels: who is told, where, and after how long."""

from __future__ import annotations

from typing import Final

from alertkit import names
from alertkit.compiler.resolve.definition import Definition, Home
from alertkit.compiler.scope import Data
from alertkit.model.oncall import Contact, Person, Team
from alertkit.model.policy import ChannelSettings
from alertkit.model.quantity import Duration

_CONTACT_KINDS: Final = ("slack", "email")
_OPTIONS: Final = ("url", "host", "port", "from", "user")
_SECRETS: Final = ("token", "signing_secret", "webhook_url", "routing_key", "password")


def people(definition: Definition) -> dict[str, Person]:
    """People by id."""
    return {home.key(entry["id"]): _person(definition, home, entry) for home, entry in definition.entries("people")}


def _person(definition: Definition, home: Home, entry: Data) -> Person:
    return Person(
        name=entry["name"],
        locale=home.said(entry, "locale"),
        timezone=home.said(entry, "timezone"),
        contact=_contacts(definition, home, entry),
        slack=entry.get("slack", ""),
        role=entry.get("role", "responder"),
    )


def teams(definition: Definition) -> dict[str, Team]:
    """Teams by name."""
    return {home.key(entry["name"]): _team(definition, home, entry) for home, entry in definition.entries("teams")}


def _team(definition: Definition, home: Home, entry: Data) -> Team:
    rooms: Data = {kind: entry[kind] for kind in _CONTACT_KINDS if kind in entry}
    return Team(
        locale=home.said(entry, "locale"),
        timezone=home.said(entry, "timezone"),
        contact=_contacts(definition, home, rooms),
        members=tuple(map(home.key, entry.get("members", []))),
    )


def _contacts(definition: Definition, home: Home, entry: Data) -> tuple[Contact, ...]:
    written = entry.get("contact") or [kind for kind in _CONTACT_KINDS if kind in entry]
    contacts = []
    for item in written:
        kind, after = (item, "0s") if isinstance(item, str) else (item["by"], item.get("after", "0s"))
        channel = _channel_for(definition, home, kind)
        if channel:
            contacts.append(_contact(channel, entry[kind], home, after))
    return tuple(contacts)


def _channel_for(definition: Definition, home: Home, kind: str) -> str:
    """Name of the channel that serves a kind of address: somebody of the platform is reached by the platform's."""
    if not home.lent:
        found = definition.scope.channel_of_type(definition.data, kind)
        return found[0] if found else ""
    return next((home.key(channel["name"]) for channel in home.data.get("channels", []) if channel["type"] == kind), "")


def _contact(channel: str, address: str | Data, home: Home, after: str) -> Contact:
    seconds = Duration.parse(after).ms // 1_000
    if isinstance(address, str):
        return Contact(channel, address=address, after=seconds)
    return Contact(channel, address_secret=names.secret(home.owner, address["secret"]), after=seconds)


def channels(definition: Definition) -> dict[str, ChannelSettings]:
    """Channels by name."""
    return {home.key(entry["name"]): _channel(home, entry) for home, entry in definition.entries("channels")}


def _channel(home: Home, entry: Data) -> ChannelSettings:
    options = {key: entry[key] for key in _OPTIONS if key in entry} | entry.get("options", {})
    secrets = {key: entry[key] for key in _SECRETS if key in entry} | entry.get("secrets", {})
    return ChannelSettings(
        type=entry["type"],
        options=options,
        secrets={key: names.secret(home.owner, value["secret"]) for key, value in secrets.items()},
    )
