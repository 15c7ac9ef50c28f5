"""What `explain` answers, as values: the same for the drawn tree and for JSON.

Instants are aware and in the zone that the reader reads: the tenant's, and for a page the recipient's.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from alertkit.model.message import Message
from alertkit.routing.explain import Outcome


class RouteView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One route and what became of it. `origin` is `file:line`, or what alertkit makes the route for.

    A refused route names the matcher that `decided`, its `label` and the value that was `found`; one that is not reached
    names the receiver of the one that took the alert before.
    """

    outcome: Outcome
    matchers: tuple[str, ...]
    receiver: str
    origin: str = ""
    decided: str = ""
    label: str = ""
    found: str = ""
    taken_before_by: str = ""
    copies: bool = False
    routes: tuple[RouteView, ...] = ()


class Timing(msgspec.Struct, frozen=True):
    """When Alertmanager speaks: `first` after the alert arrives, then every `changes` if something changed, else `repeats`.

    Durations are as Prometheus writes them. Alerts with the same `group` share a notification.
    """

    first: str
    changes: str
    repeats: str
    group: dict[str, str]
    first_at: dt.datetime


class Silence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why nobody is told, or would not be: `until` ends it, where that is known.

    maintenance  a dated window of the definition
    interval     an interval of Alertmanager's
    simulate     messages are rendered and logged, none is sent
    """

    kind: Literal["maintenance", "interval", "simulate"]
    reason: str
    until: dt.datetime | None = None


class Inhibitor(msgspec.Struct, frozen=True, omit_defaults=True):
    """While an alert that all of `while_firing` hold for fires, this one is muted; `equal` are the values it must share.

    `alerts` are those of the tenant's own that surely qualify.
    """

    while_firing: tuple[str, ...]
    equal: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    """Labels that the rule needs and the asked labels lack; with any the rule mutes nothing."""
    alerts: tuple[str, ...] = ()


class PageView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message to one recipient. `on_call_for` is the schedule that put the person on call."""

    at: dt.datetime
    recipient: str
    name: str
    channel: str
    kind: str
    address: str
    locale: str
    timezone: str
    on_call_for: str = ""
    message: Message | None = None


class StepView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A moment of the escalation, `after` the first notification. `cycle` and `step` count from 1."""

    at: dt.datetime
    after: str
    kind: Literal["paged", "reminder", "unreachable", "suppressed"]
    cycle: int = 1
    step: int = 1
    pages: tuple[PageView, ...] = ()
    waited_for: dt.datetime | None = None
    nobody: tuple[str, ...] = ()
    until: dt.datetime | None = None
    reason: str = ""


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one route does with the alert: a policy of alertkit's receiver, or a receiver of Alertmanager's own (`native`)."""

    receiver: str
    timing: Timing
    policy: str = ""
    native: str = ""
    address: str = ""
    silences: tuple[Silence, ...] = ()
    steps: tuple[StepView, ...] = ()
    ends: str = ""
    """What happens after the last step, in words."""


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole answer. `worded` is false when the packages that put messages into words are not installed."""

    tenant: str
    title: str
    at: dt.datetime
    timezone: str
    labels: dict[str, str]
    route: RouteView
    deliveries: tuple[Delivery, ...]
    inhibitors: tuple[Inhibitor, ...] = ()
    rule: str = ""
    hold: str = ""
    """`for` of the rule: how long its condition must hold before the alert fires."""
    worded: bool = True
