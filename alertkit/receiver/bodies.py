"""What the API takes: the bodies of its requests. What it answers is in `views`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec


class ActionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an action needs: `seconds` for a snooze (0: an hour), either `person` or `team` for a reassignment."""

    seconds: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    person: str = ""
    team: str = ""


class OverrideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `begins` until `ends` `person` is on call for `schedule` of `tenant` (or of `platform`)."""

    tenant: str
    schedule: str
    person: str
    ends: Annotated[dt.datetime, msgspec.Meta(tz=True)]
    begins: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None
