"""What a definition is checked against: its project, and what the platform lends to every tenant."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from alertkit import names
from alertkit.compiler.rules.guard import Guard
from alertkit.errors import Problem
from alertkit.model.pack import Pack
from alertkit.model.tenant import Project

Data = dict[str, Any]
"""A definition as plain data, valid by its JSON Schema."""


class PackReading(Protocol):
    """A pack, or None when one of its problems is an error."""

    @property
    def pack(self) -> Pack | None:
        """The pack."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with its file."""
        ...


class Packs(Protocol):
    """Finds packs by name; what is found does not change."""

    def find(self, name: str) -> PackReading | None:
        """The pack of that name, None when there is none."""
        ...

    def names(self) -> list[str]:
        """The names of all packs."""
        ...


OWN_ROOMS: Final = ("#{tenant}", "#{tenant}-*", "U*", "W*")
"""What a tenant may address through the platform's Slack, unless the project says it: rooms that bear its name, and people."""


class Scope(msgspec.Struct, frozen=True):
    """`platform` holds the platform's sections as written; `guard` is the tenant's own.

    `slack_rooms` are patterns of what a tenant may address through the platform's Slack. `builders` are dashboards of the
    project's and the tenant's own by name, with the file of each; `trusted` lets them run.
    """

    project: Project
    tenant: str
    platform: Data
    guard: Guard
    packs: Packs
    webhook_hosts: frozenset[str] = frozenset()
    builders: dict[str, Path] = {}
    trusted: bool = False
    mail_hosts: frozenset[str] = frozenset()
    slack_rooms: tuple[str, ...] = OWN_ROOMS

    @property
    def is_platform(self) -> bool:
        """True for the reserved tenant, which may read everything."""
        return self.tenant == names.PLATFORM

    def lent(self, section: str) -> list[Data]:
        """The platform's entries of a section that a tenant may name."""
        return [] if self.is_platform else self.platform.get(section, [])

    def channel_named(self, data: Data, name: str) -> tuple[str, Data] | None:
        """A channel by name, the tenant's own first, with the name it has in the compiled policy."""
        return self._channel(data, lambda channel: channel["name"] == name)

    def channel_of_type(self, data: Data, kind: str) -> tuple[str, Data] | None:
        """The first channel of a type, the tenant's own first, with the name it has in the compiled policy."""
        return self._channel(data, lambda channel: channel["type"] == kind)

    def _channel(self, data: Data, wanted: Any) -> tuple[str, Data] | None:
        for channel in data.get("channels", []):
            if wanted(channel):
                return channel["name"], channel
        for channel in self.lent("channels"):
            if wanted(channel):
                return names.lent(channel["name"]), channel
        return None


def new_guard(project: Project, tenant: str) -> Guard:
    """The guard of a tenant. The platform watches shared infrastructure and reads everything."""
    isolate = project.enforce == "selectors" and tenant != names.PLATFORM
    return Guard(project.label, tenant, project.shared_metrics, isolate=isolate, target=project.targets.prometheus)
