"""What Alertmanager would post about a broken tenant, for a machine without Alertmanager."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from alertkit import names
from alertkit.demo.cast import POLICY, Player
from alertkit.model.rules import AlertingRule

_NEVER = "0001-01-01T00:00:00Z"


def post(player: Player, rule: AlertingRule, started: dt.datetime, ended: dt.datetime | None = None) -> dict[str, Any]:
    """The body of a notification about one alert of one tenant; `ended` resolves it."""
    labels = {"alertname": rule.alert, **rule.labels}
    group = {name: labels[name] for name in (names.DEFAULT_TENANT_LABEL, "alertname", names.LABEL_SERVICE)}
    known = (names.ANNOTATION_RULE, names.ANNOTATION_UNIT)
    annotations = {name: rule.annotations[name] for name in known if name in rule.annotations}
    status = "resolved" if ended else "firing"
    alert = {
        "status": status,
        "labels": labels,
        "annotations": {**annotations, names.ANNOTATION_VALUE: str(player.broken)},
        "startsAt": started.isoformat(),
        "endsAt": ended.isoformat() if ended else _NEVER,
        "fingerprint": hashlib.blake2b(repr(sorted(labels.items())).encode(), digest_size=8).hexdigest(),
    }
    return {
        "version": "4",
        "groupKey": f"{{}}:{group}",
        "status": status,
        "receiver": names.receiver(player.tenant, POLICY),
        "groupLabels": group,
        "alerts": [alert],
    }
