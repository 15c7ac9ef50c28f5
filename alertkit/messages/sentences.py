"""alertkit's own sentences, whole ones, one per state and event: what translators translate.

Nothing is put together from words, and no word has to agree with one that is filled in. `ours(say)` of a language that has no
catalog answers in English, which is written here.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from alertkit import names
from alertkit.messages.formats import Formats
from alertkit.messages.translations import Say
from alertkit.model.message import Action, ActionKind, Choice, Confirm, LinkKind, State
from alertkit.model.notification import Event
from alertkit.model.text import one_line

SNOOZES = (1_800, 3_600, 4 * 3_600, 8 * 3_600)
"""Seconds for which a reader may snooze an incident."""

OFFERED: dict[State, tuple[ActionKind, ...]] = {
    "firing": ("acknowledge", "resolve", "snooze", "escalate"),
    "acknowledged": ("resolve", "snooze", "escalate"),
    "snoozed": ("acknowledge", "resolve", "escalate"),
    "suppressed": ("resolve",),
    "resolved": (),
}
"""What a reader may do to an incident in each state."""

_NAME = 80


def badge(say: Say, state: State, severity: str) -> str:
    """The state in a word; while the incident fires and nobody has taken it, its severity."""
    match state:
        case "acknowledged":
            return say.pgettext("state of an incident", "Acknowledged")
        case "snoozed":
            return say.pgettext("state of an incident", "Snoozed")
        case "suppressed":
            return say.pgettext("state of an incident", "Muted")
        case "resolved":
            return say.pgettext("state of an incident", "Resolved")
        case _:
            return severity_word(say, severity)


def severity_word(say: Say, severity: str) -> str:
    """What an incident of this severity is; a severity of the tenant's own stays as it is written."""
    match severity:
        case "critical":
            return say.pgettext("severity of an incident", "Critical")
        case "warning":
            return say.pgettext("severity of an incident", "Warning")
        case "info":
            return say.pgettext("severity of an incident", "Info")
        case _:
            return one_line(severity.capitalize(), _NAME) or say.pgettext("severity of an incident", "Alert")


def severity_value(say: Say, severity: str) -> str:
    """What stands after "Severity:", and may have to agree with that word."""
    match severity:
        case "critical":
            return say.pgettext("after 'Severity:'", "Critical")
        case "warning":
            return say.pgettext("after 'Severity:'", "Warning")
        case "info":
            return say.pgettext("after 'Severity:'", "Info")
        case _:
            return one_line(severity.capitalize(), _NAME)


def event_sentence(say: Say, formats: Formats, event: Event, opened_at: dt.datetime, severity: str, now: dt.datetime) -> str:
    """What has just changed, as one sentence that stands alone in the incident's thread."""
    who = one_line(event.actor, _NAME)
    if event.kind in ("acknowledged", "resolved", "snoozed", "escalated", "reopened") and who:
        return _somebody(say, formats, event, who, now)
    if event.kind in ("reminder", "exhausted", "escalated", "acknowledgement_expired", "snooze_ended"):
        return _still(say, formats, event, opened_at, now)
    return _by_itself(say, formats, event, severity, now)


def _somebody(say: Say, formats: Formats, event: Event, who: str, now: dt.datetime) -> str:
    targets = formats.names(one_line(name, _NAME) for name in event.targets)
    match event.kind:
        case "acknowledged":
            return say.gettext("{person} is on it.", person=who)
        case "resolved":
            return say.gettext("{person} closed the incident.", person=who)
        case "snoozed" if event.until:
            return say.gettext("{person} snoozed the incident until {time}.", person=who, time=formats.when(event.until, now))
        case "snoozed":
            return say.gettext("{person} snoozed the incident.", person=who)
        case "escalated" if targets:
            return say.gettext("{person} escalated the incident. Now paging: {people}.", person=who, people=targets)
        case "escalated":
            return say.gettext("{person} escalated the incident.", person=who)
        case _:
            return say.gettext("{person} reopened the incident.", person=who)


def _still(say: Say, formats: Formats, event: Event, opened_at: dt.datetime, now: dt.datetime) -> str:
    """Why the incident pages (again) although nobody did anything."""
    targets = formats.names(one_line(name, _NAME) for name in event.targets)
    match event.kind:
        case "reminder":
            return say.gettext("Still firing, and nobody has acknowledged it. It began {ago}.", ago=formats.ago(opened_at, now))
        case "exhausted":
            return say.gettext("Everyone on the escalation policy has been paged, and nobody has acknowledged.")
        case "acknowledgement_expired":
            return say.gettext("Acknowledged a while ago but still firing: paging again.")
        case "snooze_ended":
            return say.gettext("The snooze is over and the alert is still firing: paging again.")
        case _ if targets:
            return say.gettext("No acknowledgement so far. Now paging: {people}.", people=targets)
        case _:
            return say.gettext("No acknowledgement so far: escalating to the next step.")


def _by_itself(say: Say, formats: Formats, event: Event, severity: str, now: dt.datetime) -> str:
    match event.kind:
        case "acknowledged":
            return say.gettext("The incident was acknowledged.")
        case "snoozed" if event.until:
            return say.gettext("The incident is snoozed until {time}.", time=formats.when(event.until, now))
        case "snoozed":
            return say.gettext("The incident is snoozed.")
        case "suppressed" | "suppression_ended":
            return _muted(say, formats, event, now)
        case "alerts_joined" | "alerts_ended":
            return _counted(say, formats, event)
        case "severity_raised":
            return say.gettext("It has become worse. New severity: {severity}.", severity=severity_value(say, severity))
        case "reopened":
            return say.gettext("The alert is firing again: the incident is open again.")
        case "resolved":
            return say.gettext("All alerts have ended: the incident is resolved.")
        case _:
            return say.gettext("A new incident has opened.")


def _muted(say: Say, formats: Formats, event: Event, now: dt.datetime) -> str:
    if event.kind == "suppression_ended":
        return say.gettext("The incident is no longer muted: paging again.")
    why = reason(say, event.reason)
    if event.until and why:
        until = formats.when(event.until, now)
        return say.gettext("Nobody is paged until {time}. Reason: {reason}", time=until, reason=why)
    if event.until:
        return say.gettext("Nobody is paged until {time}.", time=formats.when(event.until, now))
    if why:
        return say.gettext("The incident is muted and nobody is paged. Reason: {reason}", reason=why)
    return say.gettext("The incident is muted: nobody is paged.")


def reason(say: Say, stored: str) -> str:
    """Why nobody is paged: Alertmanager's reasons in the reader's words, a person's in their own."""
    match stored:
        case names.REASON_SILENCED:
            return say.pgettext("why nobody is paged", "silenced in Alertmanager")
        case names.REASON_INHIBITED:
            return say.pgettext("why nobody is paged", "inhibited in Alertmanager by another alert")
        case names.REASON_MUTED:
            return say.pgettext("why nobody is paged", "muted in Alertmanager by a time interval")
        case _:
            return one_line(stored, 200)


def _counted(say: Say, formats: Formats, event: Event) -> str:
    number = formats.count(event.count)
    if event.kind == "alerts_joined":
        return say.ngettext("{count} more alert is firing.", "{count} more alerts are firing.", event.count, count=number)
    return say.ngettext("{count} alert has ended.", "{count} alerts have ended.", event.count, count=number)


def firing(say: Say, formats: Formats, count: int) -> str:
    """How many alerts are firing."""
    return say.ngettext("{count} firing", "{count} firing", count, count=formats.count(count))


def ended(say: Say, formats: Formats, count: int) -> str:
    """How many alerts have ended."""
    return say.ngettext("{count} ended", "{count} ended", count, count=formats.count(count))


def more(say: Say, formats: Formats, count: int) -> str:
    """How many alerts a message does not show."""
    return say.ngettext("… and {count} more alert", "… and {count} more alerts", count, count=formats.count(count))


def left_out(say: Say, formats: Formats, count: int) -> str:
    """How many alerts Alertmanager did not pass on."""
    return say.ngettext(
        "{count} more alert was left out by Alertmanager.",
        "{count} more alerts were left out by Alertmanager.",
        count,
        count=formats.count(count),
    )


def actions(say: Say, formats: Formats, state: State, incident: str) -> tuple[Action, ...]:
    """The buttons that an incident has in a state, each with what is asked before it acts."""
    buttons = _buttons(say, formats, state)
    return tuple([Action(kind, text, incident, choices, confirm) for kind, text, choices, confirm in buttons])


class _Button(NamedTuple):
    kind: ActionKind
    text: str
    choices: tuple[Choice, ...] = ()
    confirm: Confirm | None = None


@lru_cache(maxsize=1024)
def _buttons(say: Say, formats: Formats, state: State) -> tuple[_Button, ...]:
    """What buttons say, the same in every message to a reader."""
    return tuple(_button(say, formats, kind) for kind in OFFERED[state])


def _button(say: Say, formats: Formats, kind: ActionKind) -> _Button:
    match kind:
        case "acknowledge":
            return _Button(kind, say.pgettext("button", "Acknowledge"))
        case "snooze":
            choices = tuple(Choice(formats.length(seconds), seconds) for seconds in SNOOZES)
            return _Button(kind, say.pgettext("button", "Snooze"), choices)
        case "resolve":
            text = say.pgettext("button", "Resolve")
            return _Button(kind, text, confirm=_closing(say, text))
        case "escalate":
            text = say.pgettext("button", "Escalate")
            return _Button(kind, text, confirm=_escalating(say, text))


def _closing(say: Say, yes: str) -> Confirm:
    return Confirm(
        say.gettext("Resolve this incident?"),
        say.gettext("Nobody will be paged for it any more, even while its alerts are still firing."),
        yes,
        say.pgettext("button", "Cancel"),
    )


def _escalating(say: Say, yes: str) -> Confirm:
    return Confirm(
        say.gettext("Escalate now?"),
        say.gettext("Whoever is next on the escalation policy will be paged right away."),
        yes,
        say.pgettext("button", "Cancel"),
    )


def link_text(say: Say, kind: LinkKind) -> str:
    """The words of a link out."""
    match kind:
        case "runbook":
            return say.pgettext("link", "Runbook")
        case "dashboard":
            return say.pgettext("link", "Dashboard")
        case "silence":
            return say.pgettext("link", "Silence")
        case "source":
            return say.pgettext("link", "Show query")
