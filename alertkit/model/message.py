"""What one reader is told about one incident: already in their language, not yet in any channel's format.

Text here may come from alerts and tenants. It is plain text: a channel escapes all of it for where it goes, and takes
mentions only from `mentions`, which hold addresses from configuration. `alertkit.messages.Words` makes these from a
`Notification`; a channel draws them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["firing", "acknowledged", "snoozed", "suppressed", "resolved"]
ActionKind = Literal["acknowledge", "resolve", "snooze", "escalate"]
LinkKind = Literal["runbook", "dashboard", "silence", "source"]


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A short name and its value; `line` has both in one line as the language writes that (`Service : royalties`)."""

    name: str
    value: str
    line: str = ""

    def __str__(self) -> str:
        return self.line or f"{self.name}: {self.value}"


class Entry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One alert of the incident.

    A sentence, whether the alert has ended, its value where the sentence does not say it, the labels that tell it from its
    siblings, and (where there is one alert only) its description, which may have several lines.
    """

    sentence: str
    resolved: bool = False
    value: str = ""
    detail: str = ""
    description: str = ""


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One length of a snooze, in seconds and in words."""

    text: str
    seconds: int


class Confirm(msgspec.Struct, frozen=True, gc=False):
    """What is asked before an action that would be hard to take back."""

    title: str
    text: str
    yes: str
    no: str


class Action(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A button. `text` is localized; `value` identifies the incident and comes back with the click.

    An action with `choices` is a menu (for how long to snooze).
    """

    kind: ActionKind
    text: str
    value: str
    choices: tuple[Choice, ...] = ()
    confirm: Confirm | None = None


class Link(msgspec.Struct, frozen=True, gc=False):
    """A link out. `url` is http(s), checked and bounded."""

    kind: LinkKind
    text: str
    url: str


class Message(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The words of a notification.

    `headline` is one line and names the state; `subject` is the same without the state, so that it stays while the incident
    lives (mail threads need that); `badge` is the state or severity in a word; `summary` is one line that stands alone
    (notification bar, screen reader, SMS). `entries` are the alerts, worst first; `more` says how many are not shown, in
    words. `event` is what has just changed ("Amélie Durand takes care of it."), used alone as a reply in the incident's
    thread. `origin` says which tenant and incident this is. `mentions` are addresses that the channel shall ring.
    """

    locale: str
    state: State
    severity: str
    headline: str
    summary: str
    subject: str = ""
    badge: str = ""
    entries: tuple[Entry, ...] = ()
    more: str = ""
    facts: tuple[Fact, ...] = ()
    event: str = ""
    actions: tuple[Action, ...] = ()
    links: tuple[Link, ...] = ()
    mentions: tuple[str, ...] = ()
    origin: str = ""
