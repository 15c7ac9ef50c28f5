"""What Alertmanager says about alerts that are open here → which are over, which nobody is to be paged for. Pure.

The resolve of an alert that is silenced, inhibited or muted when it ends is never sent, nor is one that Alertmanager forgot in a
restart. Absence alone proves nothing: a peer that cannot be asked, or that has just started, may not know the alert yet. So an
alert is over when every peer is reachable and has been up for SETTLED, and none of them knew it in POLLS polls in a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from alertkit.model.incident import Incident, Occurrence
from alertkit.stores.base import OpenAlerts

SETTLED: Final = dt.timedelta(minutes=10)
"""After a start Alertmanager knows only what Prometheus has sent again."""
POLLS: Final = 3

Seen = Mapping[tuple[int, Occurrence], int]
"""In how many polls in a row an occurrence of an incident was absent."""


class View(msgspec.Struct, frozen=True):
    """One Alertmanager: since when it runs, and by fingerprint of each alert it has why it keeps it back; empty: it does not."""

    started: dt.datetime
    alerts: Mapping[str, str]


class Verdict(msgspec.Struct, frozen=True):
    """What follows from one poll.

    `over` are occurrences to end, by incident. `muted` are incidents whose alerts are all kept back, and why; `active` those of
    which a peer would tell an alert. `stale` are incidents with an alert that no reachable peer knows, which go on as before.
    `absent` is for the next poll.
    """

    over: Mapping[int, tuple[Occurrence, ...]]
    muted: Mapping[int, str]
    active: frozenset[int]
    stale: frozenset[int]
    absent: Seen


def judge(found: Sequence[OpenAlerts], views: Sequence[View | None], before: Seen, now: dt.datetime) -> Verdict:
    """Judge every open incident by the views of all configured peers; None is one that did not answer."""
    known = [view for view in views if view is not None]
    certain = bool(views) and len(known) == len(views) and all(now - view.started >= SETTLED for view in known)
    over: dict[int, tuple[Occurrence, ...]] = {}
    muted: dict[int, str] = {}
    active: set[int] = set()
    stale: set[int] = set()
    absent: dict[tuple[int, Occurrence], int] = {}
    for one in found:
        reasons = [_kept_back(occurrence.fingerprint, known) for occurrence in one.alerts]
        missing = [occurrence for occurrence, reason in zip(one.alerts, reasons, strict=True) if reason is None] if known else []
        polls = {(one.incident.id, o): before.get((one.incident.id, o), 0) + 1 for o in missing} if certain else {}
        gone = tuple(occurrence for (_, occurrence), count in polls.items() if count >= POLLS)
        absent.update(polls)
        if gone:
            over[one.incident.id] = gone
        if len(gone) < len(missing):
            stale.add(one.incident.id)
        if "" in reasons:
            active.add(one.incident.id)
        elif reasons and _rests(one.incident, reasons, certain=certain):
            muted[one.incident.id] = next(filter(None, reasons), one.incident.suppressed_reason)
    return Verdict(over, muted, frozenset(active), frozenset(stale), absent)


def _rests(incident: Incident, reasons: Sequence[str | None], *, certain: bool) -> bool:
    """All alerts are kept back; or they were, and those that have gone since are most likely over: no reason to page now."""
    return None not in reasons or (certain and incident.state == "suppressed")


def _kept_back(fingerprint: str, views: Sequence[View]) -> str | None:
    """Why an alert is kept back; empty when a peer would tell it, None when no peer knows it."""
    found = [view.alerts[fingerprint] for view in views if fingerprint in view.alerts]
    return None if not found else "" if "" in found else found[0]
