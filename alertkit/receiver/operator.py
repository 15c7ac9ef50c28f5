"""Trouble of alertkit's own becomes an incident of the platform's: told, escalated and acknowledged like any other."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import structlog

from alertkit import names
from alertkit.messages import Trouble, Words
from alertkit.model.incident import Incident, Post, identity
from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver.facts import open_labels
from alertkit.receiver.incidents import fold
from alertkit.receiver.payload import sightings
from alertkit.receiver.runtime import Runtime
from alertkit.stores.base import StoreError

AGAIN: Final = dt.timedelta(minutes=10)
"""The same trouble is told at most once in this time."""
_REMEMBERED: Final = 1_000
_ENGLISH: Final = "en"
_FIRING: Final = dt.datetime(1, 1, 1, tzinfo=dt.UTC)

_log = structlog.get_logger(__name__)


class Operator:
    """Tells the platform's policy `unrouted`. Trouble in telling that is only logged, so that it feeds on nothing."""

    def __init__(self, runtime: Runtime, words: Words, woken: Callable[[], None] = lambda: None) -> None:
        self._words = words
        self._store = runtime.store
        self._policies = runtime.policies
        self._metrics = runtime.metrics
        self._clock = runtime.clock
        self._told: dict[tuple[str, str, str], dt.datetime] = {}
        self._passed: set[tuple[str, str, str]] = set()
        self._standing: dict[str, frozenset[tuple[str, str]]] = {}
        self.woken = woken

    async def tell(self, name: str, tenant: str, subject: str, trouble: Trouble) -> None:
        """Open or join the incident of this trouble of a tenant. `subject` tells its cases apart: a policy, a channel."""
        now = self._clock()
        told = self._told.get((name, tenant, subject))
        if told is not None and abs(now - told) < AGAIN:
            return
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told[name, tenant, subject] = now
        self._passed.discard((name, tenant, subject))
        said = self._words.trouble(trouble, now)
        summary = said[_ENGLISH]
        post = self._post(name, tenant, subject, said, now)
        try:
            self._metrics.folded(post, await self._store.ingest(post, fold))
        except StoreError as error:
            del self._told[name, tenant, subject]
            _log.error("the operator could not be told", trouble=name, tenant=tenant, summary=summary, reason=str(error))
            return
        self.woken()

    async def over(self, name: str, tenant: str, subject: str) -> None:
        """This trouble has passed; nothing happens when it never was, or is known to be over already."""
        now = self._clock()
        self._told.pop((name, tenant, subject), None)
        if (name, tenant, subject) in self._passed:
            return
        post = self._post(name, tenant, subject, {}, now, over=True)
        try:
            self._metrics.folded(post, await self._store.ingest(post, fold))
        except StoreError as error:
            _log.error("the operator could not be told that it is over", trouble=name, tenant=tenant, reason=str(error))
            return
        self._passed.add((name, tenant, subject))
        self.woken()

    async def stands(self, name: str, found: Mapping[tuple[str, str], Trouble]) -> None:
        """All trouble of one name there is, by tenant and subject: what was told before, by whichever process, and is not among
        it any more has passed.
        """
        try:
            before = self._standing[name] if name in self._standing else await self._told_before(name)
        except StoreError as error:
            _log.error("what the operator was told before is not known", trouble=name, reason=str(error))
            before = frozenset()
        for (tenant, subject), trouble in found.items():
            await self.tell(name, tenant, subject, trouble)
        for tenant, subject in before - found.keys():
            await self.over(name, tenant, subject)
        self._standing[name] = frozenset(found)

    async def _told_before(self, name: str) -> frozenset[tuple[str, str]]:
        own = [one.incident for one in await self._store.open_alerts() if is_own(one.incident)]
        told = [await self._store.alerts(incident.id) for incident in own if incident.group.get("alertname") == name]
        labels = [labels for alerts in told for labels in open_labels(alerts)]
        return frozenset((one.get(names.LABEL_AFFECTED, ""), one.get(names.LABEL_SUBJECT, "")) for one in labels)

    def _post(
        self, name: str, tenant: str, subject: str, said: Mapping[str, str], now: dt.datetime, *, over: bool = False
    ) -> Post:
        to_tenant, to_policy, escalation, known = self._policies.unrouted()
        label = known.tenant_label if known else names.DEFAULT_TENANT_LABEL
        group = {"alertname": name, label: names.PLATFORM, names.LABEL_AFFECTED: tenant}
        alert = _alert(group | {names.LABEL_SEVERITY: names.SEVERITIES[0], names.LABEL_SUBJECT: subject}, said, now, over=over)
        webhook = Webhook("4", "", alert.status, names.receiver(to_tenant, to_policy), group, [alert])
        return Post(
            tenant=to_tenant,
            policy=to_policy,
            group=group,
            key=identity(to_tenant, to_policy, group),
            alerts=sightings(webhook.alerts),
            truncated=False,
            body=msgspec.json.encode(webhook),
            received=now,
            escalation=escalation,
            severities=known.severities if known else names.SEVERITIES,
        )


def _alert(labels: dict[str, str], said: Mapping[str, str], now: dt.datetime, *, over: bool) -> Alert:
    """The annotation without a language is English: for whoever reads none of the others."""
    told = msgspec.json.encode(labels, order="sorted")
    return Alert(
        status="resolved" if over else "firing",
        labels=labels,
        starts_at=now,
        ends_at=now if over else _FIRING,
        fingerprint=hashlib.blake2b(told, digest_size=8).hexdigest(),
        annotations={names.ANNOTATION_SUMMARY: said.get(_ENGLISH, "")}
        | {f"{names.ANNOTATION_SUMMARY}_{language}": sentence for language, sentence in said.items()},
    )


def is_own(incident: Incident) -> bool:
    """True for an incident that `Operator.tell` opened: a tenant's labels may bear the same names."""
    group = incident.group
    return incident.tenant == names.PLATFORM and group.get("alertname") in names.TROUBLES and names.LABEL_AFFECTED in group
