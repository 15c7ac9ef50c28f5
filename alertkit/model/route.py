"""Alertmanager's configuration as values: matchers, routes, receivers and inhibit rules."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from alertkit.model.oncall import Restriction
from alertkit.model.quantity import Duration

Operator = Literal["=", "!=", "=~", "!~"]


class Matcher(msgspec.Struct, frozen=True, order=True, gc=False):
    """One condition on one label; a missing label counts as empty."""

    name: str
    op: Operator
    value: str


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node of the routing tree. None and empty mean: as the parent; time intervals alone are not inherited."""

    matchers: tuple[Matcher, ...] = ()
    receiver: str | None = None
    group_by: tuple[str, ...] = ()
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    follow: bool = False
    """`continue`: siblings after a match are tried as well."""
    routes: tuple[Route, ...] = ()


class WebhookReceiver(msgspec.Struct, frozen=True):
    """A receiver that posts to alertkit: `credentials_file` (its token) and those of `tls` lie on Alertmanager's machine."""

    name: str
    url: str
    credentials_file: str
    max_alerts: int
    tls: dict[str, str] = {}


NativeKind = Literal["slack", "email", "pagerduty", "opsgenie", "webhook"]
Setting = str | int | bool | dict[str, "Setting"]


class NativeReceiver(msgspec.Struct, frozen=True):
    """A receiver of Alertmanager's own. `settings` are in Alertmanager's words; secrets are paths of files."""

    name: str
    kind: NativeKind
    settings: dict[str, Setting]
    address: str = ""
    """Where it leads, as people say it: a channel, a mail address, a host."""


class TimeInterval(msgspec.Struct, frozen=True):
    """Times at which native receivers are muted or active: any of the `hours`, and all of the `dates`, in `timezone`."""

    name: str
    timezone: str
    hours: tuple[Restriction, ...] = ()
    dates: tuple[dt.date, ...] = ()


class InhibitRule(msgspec.Struct, frozen=True):
    """While a source fires, targets with the same values of the `equal` labels are muted."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]


class Fragment(msgspec.Struct, frozen=True):
    """One tenant's part of Alertmanager's configuration."""

    tenant: str
    routes: tuple[Route, ...]
    receivers: tuple[WebhookReceiver | NativeReceiver, ...]
    inhibit: tuple[InhibitRule, ...] = ()
    intervals: tuple[TimeInterval, ...] = ()
