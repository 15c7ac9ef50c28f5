"""What one reader is told about one incident: already in their language, not yet in any channel's format.

Text here may come from alerts and tenants. It is plain text: a channel escapes all of it for where it goes, and takes
mentions only from `mentions`, which hold addresses from configuration.
"""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["firing", "acknowledged", "snoozed", "suppressed", "resolved"]
ActionKind = Literal["acknowledge", "resolve", "snooze", "escalate"]
LinkKind = Literal["runbook", "dashboard", "silence", "source"]


class Fact(msgspec.Struct, frozen=True):
    """A short name and its value, as in `Service: royalties`."""

    name: str
    value: str


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alert of the incident: a sentence, whether it has ended, and the labels that tell it from its siblings."""

    sentence: str
    resolved: bool = False
    detail: str = ""


class Action(msgspec.Struct, frozen=True):
    """A button. `text` is localized; `value` identifies incident and action and comes back with the click."""

    kind: ActionKind
    text: str
    value: str


class Link(msgspec.Struct, frozen=True):
    """A link out. `url` is http(s), checked and bounded."""

    kind: LinkKind
    text: str
    url: str


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """The words of a notification.

    `headline` is one line; `summary` one plain-text line that stands alone (notification bar, screen reader, SMS);
    `entries` the alerts, worst first; `more` says how many are not shown, in words; `event` is what has just changed
    ("Amélie a pris l'incident en charge"), used alone as a reply in the incident's thread.
    """

    locale: str
    state: State
    severity: str
    headline: str
    summary: str
    entries: tuple[Entry, ...] = ()
    more: str = ""
    facts: tuple[Fact, ...] = ()
    event: str = ""
    actions: tuple[Action, ...] = ()
    links: tuple[Link, ...] = ()
    mentions: tuple[str, ...] = ()
