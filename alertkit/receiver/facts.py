"""What is stored about an incident → the facts that words are made of. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from alertkit import names
from alertkit.model import notification
from alertkit.model.incident import Event, Incident
from alertkit.model.notification import Links, Notification, silence_url
from alertkit.model.policy import TenantPolicy
from alertkit.model.webhook import Alert, Webhook
from alertkit.stores.base import Alerts, Recorded, Story, Told

_WEBHOOK = msgspec.json.Decoder(Webhook)
_NOT_TOLD = ("failed", "skipped")


def notification_of(policy: TenantPolicy, incident: Incident, alerts: Alerts, story: Story, event: Event | None) -> Notification:
    """The incident as it stands. What a mention, a link or a name says comes from configuration or is checked later."""
    taken = _taken(incident, story)
    posts = {number: _WEBHOOK.decode(body) for number, body in alerts.posts.items()}
    latest = posts[max(posts)] if posts else None
    return Notification(
        tenant=policy.tenant,
        title=policy.title,
        incident=str(incident.id),
        reference=reference(incident),
        state=incident.state,
        severity=incident.severity,
        opened_at=incident.opened,
        alerts=_alerts(policy, alerts, posts),
        event=_event(policy, event),
        resolved_at=incident.resolved,
        acknowledged_by=person_name(policy, taken.actor) if taken else "",
        acknowledged_at=taken.at if taken else None,
        snoozed_until=incident.snoozed_until,
        suppressed_reason=incident.suppressed_reason,
        stale_since=incident.stale_since,
        notified=tuple(_recipient(policy, recipient) for recipient in paged(story.told)),
        links=Links(silence=silence_url(latest.external_url, incident.group)) if latest else Links(),
        truncated=latest.truncated_alerts if latest else 0,
        mentions=_mentions(policy, event),
        severities=policy.severities,
        tenant_label=policy.tenant_label,
    )


def reference(incident: Incident) -> str:
    """What people call it: `ACME-142`."""
    return f"{incident.tenant.upper()}-{incident.id}"


def paged(told: Iterable[Told]) -> list[str]:
    """Whoever has been paged, first to last: not by a message that failed or was held back."""
    reached = (one.place.recipient for one in told if one.kind == "page" and one.state not in _NOT_TOLD)
    return list(dict.fromkeys(reached))


def _taken(incident: Incident, story: Story) -> Event | None:
    """The acknowledgement that holds, or, once it is over, the last one: an incident forgets it when it is resolved."""
    if incident.state not in ("acknowledged", "resolved"):
        return None
    return next((event for event in reversed(story.events) if event.kind == "acknowledged"), None)


def person_name(policy: TenantPolicy, person: str) -> str:
    """A person's name for others to read; whoever is not configured keeps the name they acted under."""
    known = policy.people.get(person)
    return known.name if known else person


def _event(policy: TenantPolicy, event: Event | None) -> notification.Event | None:
    if event is None or event.kind == "unreachable" or event.kind == "refused" or event.kind == "vanished":
        return None
    return notification.Event(
        kind=event.kind,
        at=event.at,
        actor=person_name(policy, event.actor),
        targets=tuple(_recipient(policy, target) for target in event.targets),
        until=event.until,
        count=event.count,
        reason=event.reason,
    )


def open_labels(alerts: Alerts) -> list[dict[str, str]]:
    """The labels of every alert that is open."""
    firing = {one.occurrence.fingerprint for one in alerts.recorded if one.ends is None}
    newest: dict[str, dict[str, str]] = {}
    for number in sorted(alerts.posts):
        newest.update((alert.fingerprint, alert.labels) for alert in _WEBHOOK.decode(alerts.posts[number]).alerts)
    return [labels for fingerprint, labels in newest.items() if fingerprint in firing]


def _recipient(policy: TenantPolicy, recipient: str) -> str:
    kind, _, name = recipient.partition("/")
    return person_name(policy, name) if kind == "person" else name.removeprefix(names.lent(""))


def _mentions(policy: TenantPolicy, event: Event | None) -> tuple[str, ...]:
    """Slack ids, from configuration, of the people who are told now: a room shows whom it concerns."""
    told = (target.partition("/") for target in (event.targets if event else ()))
    people = (policy.people.get(name) for kind, _, name in told if kind == "person")
    return tuple(dict.fromkeys(person.slack for person in people if person and person.slack))


def _alerts(policy: TenantPolicy, alerts: Alerts, posts: dict[int, Webhook]) -> tuple[notification.Alert, ...]:
    """The latest occurrence of each alert, with the words of the latest post that shows it."""
    newest: dict[str, Alert] = {}
    for number in sorted(posts):
        newest.update((alert.fingerprint, alert) for alert in posts[number].alerts)
    latest: dict[str, Recorded] = {one.occurrence.fingerprint: one for one in alerts.recorded}
    return tuple(
        notification.Alert.read(
            newest[fingerprint].labels,
            newest[fingerprint].annotations,
            policy.texts,
            starts_at=one.occurrence.starts,
            ends_at=one.ends,
        )
        for fingerprint, one in latest.items()
    )
