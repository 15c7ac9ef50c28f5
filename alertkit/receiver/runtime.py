"""What the parts of one running receiver share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from alertkit.receiver.metrics import Metrics
from alertkit.receiver.policies import Policies
from alertkit.receiver.settings import Settings
from alertkit.receiver.tracing import Tracer
from alertkit.stores.base import Store


@dataclass(frozen=True)
class Runtime:
    """`clock` gives the time in UTC: whatever decides by the time asks it, so that a test can tell it the time."""

    settings: Settings
    store: Store
    policies: Policies
    metrics: Metrics
    tracer: Tracer
    clock: Callable[[], dt.datetime]
