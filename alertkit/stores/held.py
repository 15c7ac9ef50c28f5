"""Open incidents in memory, so that folding a post needs no SELECT: of a store with one writer all of them, written through; of a
transaction on PostgreSQL those that it has locked.

Every change is noted with what it replaced: a transaction that fails is undone here as the database undoes it there, and with it
what went ahead of its end.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

from alertkit.model.incident import Before, Changes, Ending, Held, Incident, Post, Seen
from alertkit.model.message import State
from alertkit.stores.base import OpenAlerts

K = TypeVar("K")
V = TypeVar("V")
ENDED: Final = 2_000
"""Endings that an open incident remembers at most: enough for whatever comes late, and no more however long it stays open."""

_NOBODY: Final[Mapping[str, Held]] = {}


class _Undo:
    """What one transaction has replaced, and the groups whose incident it has closed."""

    __slots__ = ("closed", "entries", "fields")

    def __init__(self) -> None:
        self.entries: list[tuple[dict[Any, Any], Collection[Any], dict[Any, Any]]] = []
        self.fields: list[tuple[Held, str, Any]] = []
        self.closed: set[bytes] = set()

    def apply(self) -> None:
        """Put it back."""
        for entries, keys, before in reversed(self.entries):
            for key in keys:
                entries.pop(key, None)
            entries.update(before)
        for held, field, value in reversed(self.fields):
            setattr(held, field, value)


class OpenIncidents:
    """Incidents by group key and by id, and which incident holds an open fingerprint of a policy."""

    def __init__(self) -> None:
        self._by_key: dict[bytes, Held] = {}
        self._by_id: dict[int, Held] = {}
        self._holders: dict[tuple[str, str], dict[str, Held]] = {}
        self._present, self._sent = _Undo(), _Undo()

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, key: bytes) -> bool:
        return key in self._by_key

    def is_closing(self, key: bytes) -> bool:
        """Has an incident of that group been closed by a transaction that is not durable yet?"""
        return key in self._present.closed or key in self._sent.closed

    def load(self, held: Held) -> None:
        """Take in an incident that the database already has."""
        self._by_key[held.key] = held
        self._by_id[held.incident.id] = held
        for fingerprint in _oldest(held.ended):
            del held.ended[fingerprint]
        holders = self._holders.setdefault((held.incident.tenant, held.incident.policy), {})
        holders.update(dict.fromkeys(held.open, held))

    def get(self, incident: int) -> Held | None:
        """The open incident of that id."""
        return self._by_id.get(incident)

    def counts(self) -> Counter[tuple[str, State]]:
        """How many there are, by tenant and state."""
        return Counter((held.incident.tenant, held.incident.state) for held in self._by_id.values())

    def alerts(self) -> list[OpenAlerts]:
        """All of them with what is open of their alerts."""
        return [OpenAlerts(held.incident, tuple(held.open.values())) for held in self._by_id.values()]

    def seen(self, post: Post, before: Callable[[bytes], Before]) -> Seen:
        """What a fold wants to know; `before` reads how the group's last incident ended and is asked only for a new one."""
        current = self._by_key.get(post.key)
        holders = self._holders.get((post.tenant, post.policy), _NOBODY)
        elsewhere = {
            alert.fingerprint: holder
            for alert in post.alerts
            if (holder := holders.get(alert.fingerprint)) is not None and holder is not current
        }
        return Seen(current, before(post.key) if current is None else current.before, elsewhere)

    def opened(self, key: bytes, incident: Incident, before: Before, at: dt.datetime) -> Held:
        """A new incident, with its id; `before` says how the group's last one ended."""
        held = Held(key, incident, {}, {}, before, at)
        self._put(self._by_key, {key: held})
        self._put(self._by_id, {incident.id: held})
        return held

    def apply(self, held: Held, changes: Changes) -> None:
        """Follow what is being written about an incident."""
        holders = self._holders.setdefault((held.incident.tenant, held.incident.policy), {})
        if changes.begun:
            begun = {occurrence.fingerprint: occurrence for occurrence in changes.begun}
            self._put(held.open, begun)
            self._put(holders, dict.fromkeys(begun, held))
        if changes.ended:
            ended = {ending.fingerprint: ending.through for ending in changes.ended if _is_over(held, ending)}
            self._drop(held.open, ended)
            self._drop(holders, ended)
            self._put(held.ended, ended)
            self._drop(held.ended, _oldest(held.ended))
        if changes.incident is not None:
            self._assign(held, "incident", changes.incident)
            if changes.incident.state == "resolved":
                self._closed(held, holders)

    def heard(self, held: Held, at: dt.datetime) -> None:
        """A post about the incident is being kept."""
        self._assign(held, "heard", at)

    def refreshing(self, held: Held, waiting: bool) -> None:
        """A step to refresh the incident's messages waits, or has been taken."""
        self._assign(held, "refreshing", waiting)

    def sent(self) -> None:
        """The database is being told; what comes now belongs to the next transaction."""
        self._present, self._sent = _Undo(), self._present

    def commit(self) -> None:
        """The database has it."""
        self._sent = _Undo()

    def rollback(self) -> None:
        """The database has not: neither what was sent nor what came after it."""
        self._present.apply()
        self._sent.apply()
        self._present, self._sent = _Undo(), _Undo()

    def _closed(self, held: Held, holders: dict[str, Held]) -> None:
        self._present.closed.add(held.key)
        self._drop(self._by_key, (held.key,))
        self._drop(self._by_id, (held.incident.id,))
        self._drop(holders, [fingerprint for fingerprint in held.open if holders.get(fingerprint) is held])

    def _assign(self, held: Held, field: str, value: object) -> None:
        self._present.fields.append((held, field, getattr(held, field)))
        setattr(held, field, value)

    def _put(self, entries: dict[K, V], new: Mapping[K, V]) -> None:
        self._present.entries.append((entries, new, {key: entries[key] for key in new if key in entries}))
        entries.update(new)

    def _drop(self, entries: dict[K, V], keys: Collection[K]) -> None:
        if keys:
            self._present.entries.append((entries, (), {key: entries.pop(key) for key in keys if key in entries}))


def _is_over(held: Held, ending: Ending) -> bool:
    known = held.open.get(ending.fingerprint)
    return known is not None and known.starts <= ending.through


def _oldest(ended: Mapping[str, dt.datetime]) -> list[str]:
    """What to forget of too many: half of them at once, so that sorting is rare."""
    return sorted(ended, key=ended.__getitem__)[: len(ended) - ENDED // 2] if len(ended) > ENDED else []
