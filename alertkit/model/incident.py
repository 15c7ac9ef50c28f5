"""An incident as the receiver keeps it, and what one decision changes about it.

Deciding is pure: a decision reads a Held incident and returns Changes; a store writes them in one transaction. Instants
are aware and UTC.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from alertkit.model import notification
from alertkit.model.message import State
from alertkit.model.oncall import EscalationPolicy

StepKind = Literal["escalate", "contact", "refresh", "closed", "acknowledge_timeout", "wake", "hold"]
"""What falls due.

`escalate` runs a step of the pinned policy; `contact` a later personal contact; `refresh` rewrites what was sent before;
`closed` tells that it is over; `acknowledge_timeout` pages again after an acknowledgement without a resolve; `wake` ends a
snooze or a suppression; `hold` closes an incident that flapped and has been quiet since.
"""

EventKind = notification.EventKind | Literal["unreachable", "refused", "vanished"]
"""What happened to an incident. `unreachable`: a step found nobody to tell; `refused`: a channel will never take a message;
`vanished`: alerts ended because no Alertmanager knew them any more.
"""

NoteKind = Literal["page", "note", "refresh"]
"""`page` must be seen, `note` adds to what was sent, `refresh` rewrites it with the newest state."""

PAGING: frozenset[StepKind] = frozenset({"escalate", "contact"})


class Sighting(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a post says of one alert. `ends` is None while it fires."""

    fingerprint: str
    starts: dt.datetime
    ends: dt.datetime | None
    severity: str


class Occurrence(msgspec.Struct, frozen=True, gc=False):
    """One alert from its start until its end: (fingerprint, starts) happens once."""

    fingerprint: str
    starts: dt.datetime
    severity: str


class Ending(msgspec.Struct, frozen=True, gc=False):
    """All open occurrences of a fingerprint that began at `through` or earlier are over."""

    fingerprint: str
    through: dt.datetime
    ends: dt.datetime


class Incident(msgspec.Struct, frozen=True, gc=False):
    """One row. `id` is 0 until the store gives one; `escalation` is pinned when the incident opens.

    `flaps` counts how often in a row the group fired again soon after it had ended; `held_until` is when an incident without open
    alerts ends that would otherwise flap. `began` is when the present cycle of steps began (a step is due `after` seconds later),
    `position` the step that is next and `cycle` how often the steps have begun again by themselves. `severity` is the worst so
    far. `paged` is when somebody was first told since it opened, or since it last began to page again. `trace` is the
    W3C traceparent of the webhook that opened it. `stale_since`: since then no Alertmanager that answers knows one of its alerts,
    for a while already, and yet it is not certain that it is over.
    """

    id: int
    tenant: str
    policy: str
    group: dict[str, str]
    escalation: EscalationPolicy
    state: State
    severity: str
    opened: dt.datetime
    began: dt.datetime
    position: int = 0
    cycle: int = 0
    acknowledged: dt.datetime | None = None
    acknowledged_by: str = ""
    snoozed_until: dt.datetime | None = None
    resolved: dt.datetime | None = None
    resolved_by: str = ""
    suppressed_until: dt.datetime | None = None
    suppressed_reason: str = ""
    flaps: int = 0
    held_until: dt.datetime | None = None
    paged: dt.datetime | None = None
    trace: str = ""
    stale_since: dt.datetime | None = None


class Step(msgspec.Struct, frozen=True, gc=False):
    """Something that falls due. `position` is the policy's step, `person` and `after` choose personal contacts."""

    kind: StepKind
    due: dt.datetime
    position: int = 0
    person: str = ""
    after: int = 0


class Event(msgspec.Struct, frozen=True, gc=False):
    """A line of the timeline. `actor` is a person's id, or empty when alertkit itself acted.

    `targets` are the recipients whom a step told, `until` ends a snooze or a suppression, `count` is how many alerts joined,
    `reason` is why pages are held back or refused.
    """

    kind: EventKind
    at: dt.datetime
    actor: str = ""
    targets: tuple[str, ...] = ()
    until: dt.datetime | None = None
    count: int = 0
    reason: str = ""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an incident is told: one thread per (channel, address).

    `recipient` is `person/<id>`, `team/<id>` or `channel/<name>`; `secret` means that `address` is a secret's full name.
    """

    channel: str
    address: str
    secret: bool
    recipient: str
    locale: str
    timezone: str


class Thread(msgspec.Struct, frozen=True, gc=False):
    """A place that has been chosen. `opened` is None until the first message is out; `reference` finds that message again.

    `refused`: the last page there will never arrive.
    """

    id: int
    place: Place
    opened: dt.datetime | None = None
    reference: str = ""
    refused: bool = False


class Note(msgspec.Struct, frozen=True, gc=False):
    """A message to send: the words are found when it leaves, from the incident's newest state and `event`."""

    kind: NoteKind
    place: Place
    due: dt.datetime
    event: Event | None = None


class Changes(msgspec.Struct, frozen=True, gc=False):
    """What one decision writes about one incident, in one transaction.

    `incident` is the new row, or None when no column changes; `cancel` drops pending steps of these kinds before `steps` are
    added; `quiet` drops pages that have not left yet. `ran` are the positions of the policy's steps that were run: to be counted,
    not to be kept.
    """

    incident: Incident | None = None
    begun: tuple[Occurrence, ...] = ()
    ended: tuple[Ending, ...] = ()
    cancel: frozenset[StepKind] = frozenset()
    steps: tuple[Step, ...] = ()
    events: tuple[Event, ...] = ()
    notes: tuple[Note, ...] = ()
    quiet: bool = False
    ran: tuple[int, ...] = ()


class Before(msgspec.Struct, frozen=True, gc=False):
    """How the group's last closed incident ended: its alerts, when, whether people closed it, and how often it had flapped."""

    ended: Mapping[str, dt.datetime] = {}
    resolved: dt.datetime | None = None
    by_hand: bool = False
    flaps: int = 0


class Held(msgspec.Struct):
    """An open incident in the store's hands.

    `open` holds the latest open occurrence of each fingerprint, `ended` when the latest one that is over ended, `before` the
    end of the group's previous incident; `heard` is when the last post that was kept came; `refreshing` says that a step to
    refresh is waiting already.
    """

    key: bytes
    incident: Incident
    open: dict[str, Occurrence]
    ended: dict[str, dt.datetime]
    before: Before
    heard: dt.datetime
    refreshing: bool = False


class DutyOverride(msgspec.Struct, frozen=True):
    """From `begins` until `ends` `person` (an id of `owner`'s) is on call for `owner`'s schedule, whatever the calendar says.

    `owner` is a tenant or `platform`, `made_by` a token's name; `id` is 0 until the store gives one. The latest one holds.
    """

    owner: str
    schedule: str
    begins: dt.datetime
    ends: dt.datetime
    person: str
    made_by: str
    made: dt.datetime
    id: int = 0


class Post(msgspec.Struct, frozen=True, gc=False):
    """One accepted webhook: where it belongs, what it says, and its bytes as they came."""

    tenant: str
    policy: str
    group: dict[str, str]
    key: bytes
    alerts: list[Sighting]
    truncated: bool
    body: bytes
    received: dt.datetime
    escalation: EscalationPolicy
    severities: tuple[str, ...]
    trace: str = ""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What the store knows when a post comes in.

    `current` is the group's open incident; `before` says how the incident before it ended; `elsewhere`
    holds the incident in which a fingerprint is open under the same policy, since an open occurrence stays where it is when
    grouping changes.
    """

    current: Held | None
    before: Before
    elsewhere: Mapping[str, Held]


class Fold(msgspec.Struct, frozen=True, gc=False):
    """A post's effect. `changes` belong to an incident's id (0: a new one); `keep` stores the body although nothing changes."""

    changes: tuple[tuple[int, Changes], ...]
    keep: bool = False


def identity_text(group: Mapping[str, str]) -> str:
    """Group labels as JSON that is the same text whenever they are the same labels."""
    return msgspec.json.encode(group, order="deterministic").decode()


def identity(tenant: str, policy: str, group: Mapping[str, str]) -> bytes:
    """16 bytes that stand for (tenant, policy, group labels). Not groupKey: that changes when a route is edited."""
    return hashlib.blake2b(f"{tenant}/{policy}/{identity_text(group)}".encode(), digest_size=16).digest()
