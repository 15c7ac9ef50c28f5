"""A page that will never arrive → whom to tell instead, at once. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from alertkit.model.incident import Changes, Event, Held, Note, Place, Step, Thread
from alertkit.model.oncall import Contact
from alertkit.model.policy import TenantPolicy
from alertkit.receiver.lifecycle import announce
from alertkit.stores.base import Outgoing


def fall_back(
    policy: TenantPolicy | None, outgoing: Outgoing, held: Held, threads: Sequence[Thread], at: dt.datetime, reason: str
) -> Changes:
    """A person is told by their next contact, a team through its members; when that was all, the next step is taken now."""
    refused = outgoing.thread.place
    event = Event("refused", at, targets=(refused.recipient,), reason=reason)
    if outgoing.kind != "page" or held.incident.state != "firing":
        return Changes(events=(event,))
    told = {(thread.place.channel, thread.place.address) for thread in threads}
    for place in _instead(policy, refused, {thread.place.recipient for thread in threads}):
        if (place.channel, place.address) not in told:
            again = Event("escalated", at, targets=(place.recipient,))
            others = [thread for thread in threads if thread.id != outgoing.thread.id]
            return Changes(events=(event, again), notes=(Note("page", place, at, again), *announce(others, at, None)))
    if any(not thread.refused and thread.id != outgoing.thread.id for thread in threads):
        return Changes(events=(event,))
    return replace(_next_step(held, at), events=(event,))


def _next_step(held: Held, at: dt.datetime) -> Changes:
    """Nobody has been reached: what comes next comes now, and what follows keeps its distance to it."""
    incident = held.incident
    steps = incident.escalation.steps
    if incident.position >= len(steps):
        return Changes()
    began = at - dt.timedelta(seconds=steps[incident.position].after)
    step = Step("escalate", at, incident.position)
    return Changes(incident=replace(incident, began=began), cancel=frozenset({"escalate"}), steps=(step,))


def _instead(policy: TenantPolicy | None, refused: Place, told: set[str]) -> Iterator[Place]:
    """Other ways to the recipient of a page, best first; of a team, through members who have not been told themselves."""
    if policy is None:
        return
    kind, _, name = refused.recipient.partition("/")
    people: tuple[str, ...] = (name,) if kind == "person" else ()
    if kind == "team" and name in policy.teams:
        people = tuple(member for member in policy.teams[name].members if f"person/{member}" not in told)
    for person in people:
        known = policy.people.get(person)
        for contact in sorted(known.contact, key=lambda contact: contact.after) if known else ():
            if contact.channel in policy.channels and known is not None:
                yield place_of(contact, f"person/{person}", known.locale, known.timezone)


def place_of(contact: Contact, recipient: str, locale: str, timezone: str) -> Place:
    """Where a contact leads."""
    address = contact.address or contact.address_secret
    return Place(contact.channel, address, not contact.address and bool(contact.address_secret), recipient, locale, timezone)
