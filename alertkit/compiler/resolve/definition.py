"""What is resolved: a checked definition, what it was checked against, and where its entries stand."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alertkit import names
from alertkit.compiler.finding import Places
from alertkit.compiler.scope import Data, Scope
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source


class Home(msgspec.Struct, frozen=True):
    """Whose an entry is: the tenant's own, or one that the platform lends."""

    data: Data
    lent: bool

    @property
    def owner(self) -> str:
        """The tenant that secrets of the entry belong to."""
        owner: str = self.data["tenant"]
        return owner

    def key(self, name: str) -> str:
        """The name under which an entry of this home stands in the compiled policy."""
        return names.lent(name) if self.lent else name

    def said(self, entry: Data, key: str) -> str:
        """What the entry says, or else its home."""
        value: str = entry[key] if key in entry else self.data[key]
        return value


class Definition(msgspec.Struct, frozen=True):
    """`places` tells where a path of the definition stands in its files."""

    data: Data
    scope: Scope
    places: Places

    @property
    def locale(self) -> str:
        """The tenant's language."""
        locale: str = self.data["locale"]
        return locale

    @property
    def own(self) -> Home:
        """The home of the tenant's own entries."""
        return Home(self.data, lent=False)

    def written(self, section: str) -> Iterator[tuple[Data, Source]]:
        """The tenant's own entries of a section, each with its place."""
        for index, entry in enumerate(self.data.get(section, [])):
            yield entry, self.places((section, index))

    def entries(self, section: str) -> Iterator[tuple[Home, Data]]:
        """The tenant's own entries of a section, then those that are lent."""
        platform = Home(self.scope.platform, lent=True)
        yield from ((self.own, entry) for entry in self.data.get(section, []))
        yield from ((platform, entry) for entry in self.scope.lent(section))

    def key(self, section: str, name: str) -> str:
        """The name under which a team or schedule stands in the compiled policy: the tenant's own, or one that is lent."""
        return name if any(entry["name"] == name for entry in self.data.get(section, [])) else names.lent(name)


def duration(text: str | None) -> Duration | None:
    """A span that may be left out."""
    return None if text is None else Duration.parse(text)
