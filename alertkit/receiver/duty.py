"""Who is on call, with what was said while the receiver runs: an override beats the calendar. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from alertkit import names, oncall
from alertkit.model.incident import DutyOverride
from alertkit.model.policy import TenantPolicy


def on_call(policy: TenantPolicy, schedule: str, overrides: Iterable[DutyOverride], now: dt.datetime) -> str:
    """The person on call for a schedule as the tenant calls it and them; empty when nobody is.

    An override of a schedule that the platform lends holds for every tenant that it is lent to. It is passed over where it names
    somebody whom the tenant's policy does not know: the calendar still knows somebody.
    """
    owner, name = owner_of(policy.tenant, schedule)
    found = ""
    for override in overrides:
        if (override.owner, override.schedule) == (owner, name) and override.begins <= now < override.ends:
            person = override.person if owner == policy.tenant else names.lent(override.person)
            found = person if person in policy.people else found
    return found or oncall.on_call(policy.schedules[schedule], now) or ""


def owner_of(tenant: str, schedule: str) -> tuple[str, str]:
    """Whose schedule it is and what they call it."""
    if names.is_lent(schedule):
        return names.PLATFORM, schedule.removeprefix(names.lent(""))
    return tenant, schedule
