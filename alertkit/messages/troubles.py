"""Trouble of alertkit's own, in a sentence: what its platform's people are told, each in their own language.

Names, addresses and what another program said stay as they are; they are cut and escaped wherever they are shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from alertkit.messages.translations import Say

Trouble = Callable[[Say], str]
"""The sentence in a language."""


def refused(recipient: str, channel: str, reason: str) -> Trouble:
    """A channel will never deliver a message."""
    return lambda say: say.gettext(
        "A message to {recipient} by {channel} will not arrive: {reason}", recipient=recipient, channel=channel, reason=reason
    )


def unreachable(incident: str, policy: str, targets: str) -> Trouble:
    """A step found nobody."""
    return lambda say: say.gettext(
        "{incident}: a step of {policy} found nobody to tell ({targets})", incident=incident, policy=policy, targets=targets
    )


def not_planned(incident: str, policy: str, reason: str) -> Trouble:
    """A step is put off, because its tenant's policy is gone or cannot be worked with."""
    return lambda say: say.gettext(
        "{incident}: a step of {policy} cannot be taken and is tried again later: {reason}",
        incident=incident,
        policy=policy,
        reason=reason,
    )


def overdue(minutes: int) -> Trouble:
    """Steps or messages are late."""
    return lambda say: say.ngettext(
        "Steps or messages have been due for {minutes} minute",
        "Steps or messages have been due for {minutes} minutes",
        minutes,
        minutes=str(minutes),
    )


def foreign(tenant: str, count: int) -> Trouble:
    """Alerts of another tenant came under this one's name."""
    return lambda say: say.ngettext(
        "{count} alert of another tenant was posted as {tenant}'s and dropped",
        "{count} alerts of another tenant were posted as {tenant}'s and dropped",
        count,
        count=str(count),
        tenant=tenant,
    )


def policy_refused(tenant: str, problem: str) -> Trouble:
    """A compiled policy cannot be used."""
    return lambda say: say.gettext(
        "The compiled policy of {tenant} was refused, the last good one stays: {problem}", tenant=tenant, problem=problem
    )


def policies_missing(problem: str) -> Trouble:
    """There are none at all."""
    return lambda say: say.gettext(
        "No compiled policies are found, those that were loaded stay in force: {problem}", problem=problem
    )


def override_refused(path: str, problem: str) -> Trouble:
    """Somebody's own sentences or layout cannot be used."""
    return lambda say: say.gettext(
        "{path} cannot be used, the shipped one stands in for it: {problem}", path=path, problem=problem
    )


def watchdog_missing(source: str, heard: dt.datetime) -> Trouble:
    """The alert that always fires has stayed away."""
    return lambda say: say.gettext(
        "No Watchdog has come for {source} since {time}: what should reach us may not reach us",
        source=source,
        time=f"{heard:%Y-%m-%d %H:%M} UTC",
    )
