"""A post and what is known → what changes. Pure; the rules for duplicates, order and missing resolves are all here.

Alertmanager delivers at least once, from several peers, without order between them. So nothing is concluded from arrival:
(fingerprint, startsAt) happens once, an end is final for everything that began before it, and absence means nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from alertkit.model.incident import Before, Changes, Ending, Event, Fold, Held, Incident, Occurrence, Post, Seen, Sighting, Step
from alertkit.receiver.lifecycle import close, first_steps, page_again

FLAPPING_WITHIN = dt.timedelta(minutes=10)
"""An incident that fires again within this time of its end has flapped."""
FLAPS_HELD = 2
"""After that many times in a row it is held open, and pages nobody anew, until it has been quiet for FLAPPING_WITHIN."""
REFRESH_AFTER = dt.timedelta(seconds=1)
"""Messages are rewritten this long after the first of several posts, once for all of them."""
REPEAT_KEPT_AFTER = dt.timedelta(minutes=5)
"""A post that changes nothing is a peer's duplicate or a re-send within this time, and the group's repetition after it."""


def fold(post: Post, seen: Seen) -> Fold:
    """Decide what a post does to its group's incident, and to others in which some of its alerts are still open."""
    alerts: Sequence[Sighting] = post.alerts
    parts: list[tuple[int, Changes]] = []
    if seen.elsewhere:
        alerts, moved = _divide(alerts, seen)
        parts = [(held.incident.id, changes) for held, part in moved if (changes := _join(post, part, held)) is not None]
    current = seen.current
    changes = _open(post, alerts, seen.before) if current is None else _join(post, alerts, current)
    if changes is not None:
        parts.append((current.incident.id if current else 0, changes))
    return Fold(tuple(parts), keep=not parts and current is not None and _is_repeat(post, current))


def _divide(alerts: Sequence[Sighting], seen: Seen) -> tuple[list[Sighting], list[tuple[Held, list[Sighting]]]]:
    mine: list[Sighting] = []
    moved: dict[int, tuple[Held, list[Sighting]]] = {}
    for alert in alerts:
        held = seen.elsewhere.get(alert.fingerprint)
        if held is None:
            mine.append(alert)
        else:
            moved.setdefault(held.incident.id, (held, []))[1].append(alert)
    return mine, list(moved.values())


def _open(post: Post, alerts: Sequence[Sighting], before: Before) -> Changes | None:
    """A resolve of something unknown opens nothing, nor does a firing alert that is over (it was late)."""
    over = before.ended
    begun = tuple([_occurrence(a) for a in alerts if a.ends is None and not (over and _is_over(a, over))])
    if not begun:
        return None
    incident = Incident(
        id=0,
        tenant=post.tenant,
        policy=post.policy,
        group=post.group,
        escalation=post.escalation,
        state="firing",
        severity=_worst(begun, post.severities),
        opened=post.received,
        began=post.received,
        trace=post.trace,
        flaps=before.flaps + 1 if _has_flapped(before, post.received) else 0,
    )
    return Changes(incident=incident, begun=begun, steps=first_steps(post.escalation, post.received))


def _has_flapped(before: Before, at: dt.datetime) -> bool:
    return before.resolved is not None and not before.by_hand and at - before.resolved <= FLAPPING_WITHIN


def _join(post: Post, alerts: Sequence[Sighting], held: Held) -> Changes | None:
    begun, ended = _news(alerts, held)
    if not begun and not ended and not _is_all_over(held, alerts):
        return None
    changes = _consequence(post, held, begun, ended)
    return replace(changes, begun=tuple(begun), ended=tuple(ended))


def _consequence(post: Post, held: Held, begun: Sequence[Occurrence], ended: Sequence[Ending]) -> Changes:
    """A truncated post never closes: firing alerts may hide behind those it shows."""
    if not post.truncated and not _left(held, begun, ended):
        return end(held.incident, post.received)
    changes = _go_on(post, held, begun)
    if held.incident.held_until is None or not begun:
        return changes
    fires = replace(changes.incident or held.incident, held_until=None)
    return replace(changes, incident=fires, cancel=changes.cancel | {"hold"})


def end(incident: Incident, at: dt.datetime) -> Changes:
    """Over, unless it has come back soon after each of its last ends."""
    if incident.flaps < FLAPS_HELD:
        return close(incident, at)
    until = at + FLAPPING_WITHIN
    return Changes(incident=replace(incident, held_until=until), cancel=frozenset({"hold"}), steps=(Step("hold", until),))


def _go_on(post: Post, held: Held, begun: Sequence[Occurrence]) -> Changes:
    severity = _worst(begun, post.severities, held.incident.severity)
    raised = severity != held.incident.severity
    if begun and _pages_again(held, begun, raised=raised):
        worse = replace(held.incident, severity=severity)
        return page_again(worse, post.received, Event("alerts_joined", post.received, count=len(begun)))
    if begun and held.incident.state == "suppressed":
        # Whether what is new is held back as well is the planner's to say, which knows what is.
        worse = replace(held.incident, severity=severity)
        return Changes(incident=worse, cancel=frozenset({"wake"}), steps=(Step("wake", post.received),))
    incident = replace(held.incident, severity=severity) if raised else None
    return Changes(incident=incident, steps=(Step("refresh", post.received + REFRESH_AFTER),))


def _news(alerts: Sequence[Sighting], held: Held) -> tuple[list[Occurrence], list[Ending]]:
    begun: list[Occurrence] = []
    ended: list[Ending] = []
    was_open, over = held.open.get, (held.ended, held.before.ended)
    anything_over = any(over)
    for alert in alerts:
        known = was_open(alert.fingerprint)
        if alert.ends is not None:
            if known is not None:
                ended.append(Ending(alert.fingerprint, through=max(alert.starts, alert.ends), ends=alert.ends))
        elif known is None:
            if not (anything_over and any(_is_over(alert, ends) for ends in over)):
                begun.append(_occurrence(alert))
        elif alert.starts > known.starts:
            # Nobody has said when what was known of it ended: at the latest when it came back.
            ended.append(Ending(alert.fingerprint, through=known.starts, ends=alert.starts))
            begun.append(_occurrence(alert))
    return begun, ended


def _is_over(alert: Sighting, ended: Mapping[str, dt.datetime]) -> bool:
    end = ended.get(alert.fingerprint)
    return end is not None and alert.starts <= end


def _left(held: Held, begun: Sequence[Occurrence], ended: Sequence[Ending]) -> int:
    gone = sum(1 for ending in ended if held.open[ending.fingerprint].starts <= ending.through)
    return len(held.open) - gone + len(begun)


def _is_all_over(held: Held, alerts: Sequence[Sighting]) -> bool:
    """An incident that a truncated post left without open alerts ends with the next whole one."""
    return not held.open and held.incident.held_until is None and all(alert.ends is not None for alert in alerts)


def _pages_again(held: Held, begun: Sequence[Occurrence], *, raised: bool) -> bool:
    """Somebody who took an incident on knows the alerts of that moment; what is new must find a person again."""
    if held.incident.state == "snoozed":
        return raised
    if held.incident.state != "acknowledged":
        return False
    return raised or any(o.fingerprint not in held.open and o.fingerprint not in held.ended for o in begun)


def _occurrence(alert: Sighting) -> Occurrence:
    return Occurrence(alert.fingerprint, alert.starts, alert.severity)


def _worst(begun: Sequence[Occurrence], order: Sequence[str], *known: str) -> str:
    """The worst by the tenant's order; a severity that the tenant does not know comes last."""
    seen = dict.fromkeys([*known, *[o.severity for o in begun]])
    if len(seen) == 1:
        return next(iter(seen))
    return min(seen, key=lambda s: order.index(s) if s in order else len(order) + (s == ""))


def _is_repeat(post: Post, held: Held) -> bool:
    return post.received - held.heard >= REPEAT_KEPT_AFTER and any(a.fingerprint in held.open for a in post.alerts)
