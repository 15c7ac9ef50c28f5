"""The message as each recipient reads it: the seam between who is told and the words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from alertkit import names, resources
from alertkit.model.message import Message
from alertkit.model.notification import Event, EventKind
from alertkit.model.policy import AlertText, TenantPolicy
from alertkit.oncall import Moment, Page

Word = Callable[[Moment, Page], Message | None]
"""The message of one page; None when nothing can be put into words here."""


def wording(
    policy: TenantPolicy, text: AlertText | None, labels: Mapping[str, str], opened: dt.datetime, overrides: Path | None
) -> Word | None:
    """How pages of this incident read; None when the packages for it are not installed."""
    try:
        from alertkit.messages import Words
        from alertkit.messages.samples import sample
    except ModuleNotFoundError:
        return None
    words = Words(resources.root() / "templates", overrides)
    told = text or AlertText(alert=labels.get("alertname", "…"))

    def word(moment: Moment, page: Page) -> Message:
        about = sample(policy, told, labels, "firing", page.at)
        value = "" if text is None else about.alerts[0].value
        alert = replace(about.alerts[0], labels={**about.alerts[0].labels, **labels}, starts_at=opened, value=value)
        event = Event(_event(moment), page.at, targets=(name_of(policy, page.recipient),))
        notified = (name_of(policy, page.recipient),)
        about = replace(about, alerts=(alert,), opened_at=opened, event=event, notified=notified)
        return words.message(about, page.locale, page.timezone, page.at)

    return word


def name_of(policy: TenantPolicy, recipient: str) -> str:
    """What a recipient is called by people."""
    kind, _, name = recipient.partition("/")
    person = policy.people.get(name) if kind == "person" else None
    return person.name if person else name.removeprefix(names.lent(""))


def _event(moment: Moment) -> EventKind:
    if moment.kind == "reminder":
        return "reminder"
    return "opened" if (moment.cycle, moment.step) == (0, 0) else "escalated"
