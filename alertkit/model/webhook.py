"""What Alertmanager posts (webhook version 4, all fields up to 0.34). Unknown fields are ignored.

The shape of the body; its JSON Schema is schemas/webhook.schema.json and a test keeps the two equal.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

Status = Literal["firing", "resolved"]
Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
Fingerprint = Annotated[str, msgspec.Meta(min_length=16, max_length=16)]


class Alert(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One alert of a group. `ends_at` is the year 1 while it fires; `fingerprint` is a hash of the labels alone."""

    status: Status
    labels: dict[str, str]
    starts_at: Instant
    ends_at: Instant
    fingerprint: Fingerprint
    annotations: dict[str, str] = {}
    generator_url: str = msgspec.field(default="", name="generatorURL")


class Webhook(msgspec.Struct, frozen=True, rename="camel"):
    """One notification of one group.

    `truncated_alerts` > 0: the view is partial, nothing follows from absence. `common_*` are computed after truncation and
    `external_url` differs between the peers of a pair, so neither identifies anything.
    """

    version: Literal["4"]
    group_key: str
    status: Status
    receiver: str
    group_labels: dict[str, str]
    alerts: list[Alert]
    truncated_alerts: Annotated[int, msgspec.Meta(ge=0)] = 0
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    external_url: str = msgspec.field(default="", name="externalURL")
    notification_reason: str = msgspec.field(default="", name="notification_reason")
    route_labels: dict[str, str] = {}
